"""The bodies of requests of the data protection officer."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.contact.officer.rules import Period, first_fault
from services.contact.person.channels import number_of_person, text
from shared.runtime.inputs import NOT_NULL


class _OfficerRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    words: Annotated[str, text(2000)]  #: the reason, which the audit keeps


class LooksRequest(_OfficerRequest):
    """The body of a search for looks: a person, a reader, or both, in a period.

    A reader is the id of a user, a client or an institution, or the login of an operator.
    """

    since: AwareDatetime
    until: AwareDatetime
    ssin: Annotated[Annotated[str, AfterValidator(number_of_person)] | None, NOT_NULL] = None
    reader: Annotated[Annotated[str, text(200)] | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _complete(self) -> LooksRequest:
        if self.ssin is None and self.reader is None:
            raise PydanticCustomError("required_input", "a person or a reader")
        if self.until <= self.since:
            raise PydanticCustomError("invalid_input", "until is after since")
        return self


class UnusualRequest(_OfficerRequest):
    """The body of a request for unusual readers and organizations: days, and the lowest number to show."""

    first_day: date
    last_day: date
    least: Annotated[int, Field(ge=1, le=1_000_000)] = 50

    @model_validator(mode="after")
    def _bounded(self) -> UnusualRequest:
        if fault := first_fault(self.period):
            raise PydanticCustomError("invalid_input", fault)
        return self

    @property
    def period(self) -> Period:
        """Return the days."""
        return Period(self.first_day, self.last_day)
