"""The parties that may contest a notification, and their deadline (decision D30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import Final
from uuid import UUID

from shared.domain.calendar import local_date
from shared.messages import Result


@dataclass(frozen=True, slots=True)
class Notified:
    """The part of a notification that contestations need."""

    id: UUID
    number: int  #: of the declaration
    employer: str | None  #: None if the notification does not name the employer
    addressee: str
    result: Result
    deadline: date | None  #: last day to contest; None on a provisional one

    def concerns(self, enterprise_number: str) -> bool:
        """Return whether this enterprise is a party: the addressee, or the employer."""
        return enterprise_number in {self.addressee, self.employer}


class Refusal(Enum):
    """The reason why a notification cannot be contested."""

    UNKNOWN = auto()  #: also for a notification of others, so that its existence stays hidden
    PROVISIONAL = auto()
    LATE = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused contestation, with the facts that its party may know."""

    why: Refusal
    deadline: date | None
    open_case: UUID | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    notified: Notified
    party: str
    open_cases: frozenset[str]  #: parties that have a case open on it
    today: date


#: In this order: an enterprise that is no party learns nothing else.
_REFUSALS: Final[Mapping[Refusal, Callable[[_Attempt], bool]]] = {
    Refusal.UNKNOWN: lambda attempt: not attempt.notified.concerns(attempt.party),
    Refusal.PROVISIONAL: lambda attempt: attempt.notified.deadline is None,
    Refusal.LATE: lambda attempt: (
        attempt.notified.deadline is not None and attempt.today > attempt.notified.deadline
    ),
    Refusal.OPEN: lambda attempt: attempt.party in attempt.open_cases,
}


def refusal(
    notified: Notified | None, party: str, open_cases: frozenset[str], received_at: datetime
) -> Refusal | None:
    """Return why a party cannot contest a notification; None if it can.

    Args:
        notified: the notification; None if it does not exist.
        party: enterprise number of the party.
        open_cases: parties with an open case on this notification.
        received_at: when the contestation is stored.
    """
    if notified is None:
        return Refusal.UNKNOWN
    attempt = _Attempt(notified, party, open_cases, local_date(received_at))
    return next((refusal for refusal, applies in _REFUSALS.items() if applies(attempt)), None)


def decision_number(year: int, serial: int) -> str:
    """Return the number of a new decision; its form differs from a Dimona number."""
    return f"C{year}-{serial:06}"
