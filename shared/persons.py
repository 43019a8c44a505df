"""A worker as the registers tell of him, in the messages that carry him."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Value(BaseModel):
    """Base of what messages are made of: frozen, camelCase on the wire, tolerant of newer senders."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class Person(Value):
    """A worker as the person register knows him. Dates of birth may be partial: 1985-00-00."""

    ssin: str
    family_name: str
    given_name: str
    birth_date: str
    gender: int  #: 0 not given, 1 man, 2 woman
    nationality: int  #: NIS country code
    former_ssins: tuple[str, ...] | None = None  #: numbers that `ssin` has replaced; None when there are none

    @property
    def ssins(self) -> frozenset[str]:
        """Every number that is or was this person's."""
        return frozenset((self.ssin, *(self.former_ssins or ())))


class RegisteredAddress(Value):
    """Where somebody lives, as far as the person register tells."""

    street: str | None = None
    post_code: str | None = None
    municipality: int | None = None  #: NIS code


class RegisterEntry(Person):
    """All that the person register tells of somebody; only identification knows it."""

    replaced_by: str | None = None  #: the NISS that has taken the place of this one
    deceased_on: str | None = None  #: YYYY-MM-DD
    address: RegisteredAddress | None = None


class Career(Value):
    """What the register of careers tells of one quarter of somebody's."""

    ssin: str
    quarter: str = Field(pattern=r"^[0-9]{4}Q[1-4]$")  #: written 2026Q1
    #: whether it opens flexi-jobs three quarters later (R62); None takes back what was told before
    flexi: bool | None = None
