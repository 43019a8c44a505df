"""The reasons of agents to look at the data of a person, and the day from which the person sees a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum, auto
from typing import Final


class Reason(StrEnum):
    """The reason of an agent to look at all data of a person; the agent adds words to it."""

    REQUEST = "request"  #: the person has asked, at a counter or by telephone
    DECEASED = "deceased"  #: a request about a deceased person
    REPORT = "report"  #: the examination of a reported error
    INQUIRY = "inquiry"  #: an inquiry of the authority, a judge or the police


class Unasked(Enum):
    """The obstacle to a look at the data of a person."""

    NOT_DECEASED = auto()  #: the register knows no death of this person
    DECEASED = auto()  #: requests about a deceased person have a reason of their own
    NO_INQUIRY = auto()  #: only an inquiry can be covert
    NO_COVER = auto()  #: no rule in force on this day allows so long a cover


#: The obstacles that tell whether the register knows a death of the person.
TELLING: Final = frozenset({Unasked.NOT_DECEASED, Unasked.DECEASED})


@dataclass(frozen=True, slots=True)
class Person:
    """A person with the NISS in force, the former ones, and whether the register knows a death."""

    ssin: str
    former_ssins: tuple[str, ...] = ()
    is_deceased: bool = False

    @property
    def ssins(self) -> list[str]:
        """All numbers of the person, the one in force first."""
        return [self.ssin, *self.former_ssins]


@dataclass(frozen=True, slots=True)
class Purpose:
    """The reason of an agent in words, and for a covert inquiry the day from which the person sees it."""

    reason: Reason
    words: str
    shown_from: date | None = None


def longest_cover(day: date, rules: Mapping[date, int]) -> int:
    """Return for how many days an inquiry that begins on this day may be covert.

    `rules` are days of cover by the first day of a rule, which holds until the next one. No published source
    fixes a term, so without a rule the result is 0.
    """
    begun = [since for since in rules if since <= day]
    return rules[max(begun)] if begun else 0


def obstacle(person: Person, purpose: Purpose, today: date, rules: Mapping[date, int]) -> Unasked | None:
    """Return the reason why an agent cannot look for this purpose; None if the agent can.

    A deceased person is looked at for this reason or for an inquiry. The cover is judged first, so that its
    obstacles tell nothing about the person.
    """
    return _obstacle_to_cover(purpose, today, rules) or _obstacle_in_register(person, purpose)


def _obstacle_in_register(person: Person, purpose: Purpose) -> Unasked | None:
    if purpose.reason is Reason.DECEASED and not person.is_deceased:
        return Unasked.NOT_DECEASED
    if person.is_deceased and purpose.reason not in (Reason.DECEASED, Reason.INQUIRY):
        return Unasked.DECEASED
    return None


def _obstacle_to_cover(purpose: Purpose, today: date, rules: Mapping[date, int]) -> Unasked | None:
    if purpose.shown_from is None:
        return None
    if purpose.reason is not Reason.INQUIRY:
        return Unasked.NO_INQUIRY
    return Unasked.NO_COVER if purpose.shown_from > today + timedelta(longest_cover(today, rules)) else None
