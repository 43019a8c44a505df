"""Workers, careers, employers and enterprises of the registers, as parts of messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

#: A part of full time: 0.8 is four fifths. Decimal, because sums are compared with four fifths.
Share = Annotated[Decimal, Field(ge=0, lt=10, decimal_places=4)]


class Value(BaseModel):
    """Base class of messages and their parts: immutable, names in camelCase, unknown fields ignored.

    Unknown fields come from newer senders.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class Person(Value):
    """A worker of the person register. A birth date may be partial: 1985-00-00."""

    ssin: str
    family_name: str
    given_name: str
    birth_date: str
    gender: int  #: 0 not given, 1 man, 2 woman
    nationality: int  #: NIS country code
    former_ssins: tuple[str, ...] | None = None  #: numbers that `ssin` has replaced; None when there are none

    @property
    def ssins(self) -> frozenset[str]:
        """Return the current NISS and all former NISS of the person."""
        return frozenset((self.ssin, *(self.former_ssins or ())))


class RegisteredAddress(Value):
    """The address of a person in the person register."""

    street: str | None = None
    post_code: str | None = None
    municipality: int | None = None  #: NIS code


class RegisterEntry(Person):
    """A full row of the person register; only the service identification stores it."""

    replaced_by: str | None = None  #: the NISS that replaces this one
    deceased_on: str | None = None  #: YYYY-MM-DD
    address: RegisteredAddress | None = None


class Career(Value):
    """The work and the pension of a worker in one quarter, as the register of careers has them."""

    ssin: str
    quarter: str = Field(pattern=r"^[0-9]{4}Q[1-4]$")  #: written 2026Q1
    share: Share | None = None  #: with all employers; None when unknown, or to withdraw the earlier value
    foreign_share: Share | None = None  #: worked abroad, as an agent entered it in the register
    pensioner: bool = False  #: whether the worker had a pension in this quarter


class EmployerNumbers(Value):
    """The numbers of an employer: enterprise number (10 digits), and NSSO or provisional number."""

    enterprise_number: str
    employer_id: int


class Enterprise(Value):
    """A row of the register of enterprises, as the Crossroads Bank for Enterprises has it."""

    enterprise_number: str = Field(pattern=r"^[01][0-9]{9}$")
    name: str = Field(min_length=1)
    representatives: tuple[str, ...]  #: NISS of the persons that represent the enterprise
    ended_on: date | None = None  #: last day of the enterprise
