"""Validators and limits for the inputs of APIs."""

from __future__ import annotations

from typing import Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

#: The highest number that a bigint of the database can hold.
HIGHEST: Final = 2**63 - 1


def _refuse_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("null_value", "leave the property out instead of null")
    return value


#: For an optional property: it may be absent, but not null (Belgif jsn-null). A default is not validated.
NOT_NULL: Final = BeforeValidator(_refuse_null)
