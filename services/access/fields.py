"""Types of the values in files and requests of the directory. Pure."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.domain.identifiers import parse_employer_id, parse_enterprise_number, parse_ssin
from shared.domain.rights import MessageType, Right

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _enterprise_number(value: str) -> str:
    if (number := parse_enterprise_number(value)) is None:
        raise PydanticCustomError("invalid_structure", "not an enterprise number")
    return number


def _employer_id(value: int) -> int:
    if (number := parse_employer_id(value)) is None:
        raise PydanticCustomError("invalid_structure", "neither an NSSO number nor a provisional one")
    return number


def _ssin(value: str) -> str:
    if (number := parse_ssin(value)) is None:
        raise PydanticCustomError("invalid_structure", "not a number of a person")
    return number


def _day(value: object) -> object:
    """Return a date, or a text YYYY-MM-DD, unchanged for pydantic to parse.

    Refuse other texts and numbers, because pydantic accepts some of them as days.
    """
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "a day is written YYYY-MM-DD")


EnterpriseNumber = Annotated[str, AfterValidator(_enterprise_number)]
EmployerId = Annotated[int, Field(strict=True), AfterValidator(_employer_id)]
Flag = Annotated[bool, Field(strict=True)]
Ssin = Annotated[str, AfterValidator(_ssin)]
Day = Annotated[date, BeforeValidator(_day)]
Quarter = Annotated[str, Field(pattern=r"^[0-9]{4}Q[1-4]$")]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,100}$")]
RedirectUri = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*:[!$-~]+$")]
SubEntity = Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
SubEntities = Annotated[tuple[SubEntity, ...], Field(min_length=1, max_length=10_000)]
#: One printable line: the database and the e-Box accept nothing else.
Text = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, Field(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:.-]{1,128}$")]
Category = Annotated[str, Field(pattern=r"^[0-9]{3}$")]
ApplicationGroup = Annotated[str, Field(pattern=r"^[a-z][A-Za-z_]{0,40}$")]


class Language(StrEnum):
    """The language of letters to an organization."""

    FRENCH = "fr"
    DUTCH = "nl"
    GERMAN = "de"


class MandataryKind(StrEnum):
    """The kind of a mandatary (decision D34)."""

    APPROVED_SECRETARIAT = "approved_secretariat"
    SERVICE_PROVIDER = "service_provider"


class MandateStatus(StrEnum):
    """Status of a mandate; only an `active` one gives rights."""

    PENDING = "pending"  #: prepared; neither side has validated it
    TO_FINALIZE = "to_finalize"  #: one side has validated it, the other has not
    ACTIVE = "active"
    CLOSED = "closed"
    REFUSED = "refused"


class Row(BaseModel):
    """Base class of the objects in files and requests: names in camelCase, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        hide_input_in_errors=True,
    )


class Input(Row):
    """Base class of the bodies of requests.

    An optional property may be absent. It may be null only if it is in `NULLABLE`.
    """

    NULLABLE: ClassVar[frozenset[str]] = frozenset()  #: names of the properties that the value null removes

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: object, info: ValidationInfo) -> object:
        if value is None and info.field_name not in cls.NULLABLE:
            raise PydanticCustomError("null", "leave a property out instead of null")
        return value


class GivenRight(Row):
    """One right. Only the right to read the e-Box may have a type of message; None means all types."""

    right: Right
    message_type: MessageType | None = None

    @model_validator(mode="after")
    def _type_of_the_ebox(self) -> Self:
        if self.message_type is not None and self.right is not Right.EBOX:
            raise PydanticCustomError("invalid_input", "only the right to read the e-Box is for one type")
        return self
