"""Who may contest what until when, and when what was notified is final (seed 003, decision D30). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Final
from uuid import UUID

from shared.domain.calendar import local_date
from shared.messages import Result


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification as far as contesting it goes."""

    id: UUID
    number: int  #: of the declaration
    employer: str | None  #: None where the sender was told nothing about him
    addressee: str
    result: Result
    deadline: date | None  #: last day to contest; None on a provisional one

    def concerns(self, enterprise_number: str) -> bool:
        """Whether this enterprise is a party: the addressee, or the employer it is about."""
        return enterprise_number in {self.addressee, self.employer}


class Refusal(Enum):
    """Why there is nothing to contest."""

    UNKNOWN = auto()  #: also what is somebody else's: whether it exists is not told
    PROVISIONAL = auto()
    LATE = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Refused:
    """A contestation that is none, and what its party may know about it."""

    why: Refusal
    deadline: date | None
    open_case: UUID | None


@dataclass(frozen=True, slots=True)
class _Wish:
    notified: Notified
    party: str
    open_cases: frozenset[str]  #: parties that have a case open on it
    today: date


#: In this order: whoever is no party learns nothing else.
_REFUSALS: Final[Mapping[Refusal, Callable[[_Wish], bool]]] = MappingProxyType(
    {
        Refusal.UNKNOWN: lambda wish: not wish.notified.concerns(wish.party),
        Refusal.PROVISIONAL: lambda wish: wish.notified.deadline is None,
        Refusal.LATE: lambda wish: wish.notified.deadline is not None and wish.today > wish.notified.deadline,
        Refusal.OPEN: lambda wish: wish.party in wish.open_cases,
    }
)


def refusal(
    notified: Notified | None, party: str, open_cases: frozenset[str], received_at: datetime
) -> Refusal | None:
    """Why this party cannot contest it at this instant; None when it can."""
    if notified is None:
        return Refusal.UNKNOWN
    wish = _Wish(notified, party, open_cases, local_date(received_at))
    return next((refusal for refusal, applies in _REFUSALS.items() if applies(wish)), None)


def decision_number(year: int, serial: int) -> str:
    """The number of a new decision: it can be quoted, and is no Dimona number."""
    return f"C{year}-{serial:06}"
