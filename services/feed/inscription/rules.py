"""An inscription, and the lines of a file of inscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.feed.event.rules import Ssin

#: A reference has at most ten digits, because a NISS in it (`N85010112345`) would stand in URLs.
REFERENCE: Final = r"^[A-Za-z][A-Za-z_.-]*([0-9][A-Za-z_.-]*){0,10}$"
REFERENCE_LENGTH: Final = 40


class Inscription(BaseModel):
    """The file of a worker at an institution: a capacity, a first day, and perhaps a last day."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    ssin: Ssin
    capacity: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
    begins_on: date
    ends_on: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on is not None and self.ends_on < self.begins_on:
            raise PydanticCustomError("invalid_period", "the end lies before the begin")
        return self


class ReferencedInscription(Inscription):
    """An inscription with the reference of its file at the institution, as a line of a file has it."""

    reference: Annotated[str, Field(pattern=REFERENCE, max_length=REFERENCE_LENGTH)]


def read_lines(body: bytes) -> tuple[Sequence[ReferencedInscription], int | None]:
    """Return the inscriptions of a file of JSON lines, and the number of the first wrong line, from 1.

    The inscriptions are those before the wrong line. A reference that comes twice counts as its last line.
    """
    found: dict[str, ReferencedInscription] = {}
    for number, line in enumerate(body.splitlines(), 1):
        try:
            one = ReferencedInscription.model_validate_json(line)
        except ValidationError:
            return tuple(found.values()), number
        found[one.reference] = one
    return tuple(found.values()), None
