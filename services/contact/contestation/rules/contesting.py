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
    """The facts about a notification that decide whether a party may contest it."""

    id: UUID
    number: int  #: Dimona number of the declaration
    employer: str | None  #: None if the notification does not name the employer
    addressee: str
    result: Result
    deadline: date | None  #: last day to contest; None for a provisional notification

    def concerns(self, enterprise_number: str) -> bool:
        """Return whether this enterprise is a party: the addressee, or the employer."""
        return enterprise_number in {self.addressee, self.employer}


class Refusal(Enum):
    """The reason why a notification cannot be contested."""

    UNKNOWN = auto()  #: no such notification, or one of other parties: the reason hides that it exists
    PROVISIONAL = auto()  #: only final notifications can be contested
    LATE = auto()  #: the deadline is past
    OPEN = auto()  #: a contestation of this party is open


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused contestation: the reason, and the facts for the reply to its party."""

    why: Refusal
    deadline: date | None  #: last day to contest; None if the notification is provisional or does not exist
    open_case: UUID | None  #: the open contestation of this party; None if it has none


@dataclass(frozen=True, slots=True)
class _Attempt:
    notified: Notified
    party: str
    open_cases: frozenset[str]  #: parties with an open contestation of this notification
    today: date


#: The test for each reason, in the order of the tests. UNKNOWN comes first, so that an enterprise that is not
#: a party gets no other fact about the notification.
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
    """Return the first reason why a party cannot contest a notification; None if the party can.

    Args:
        notified: the notification; None if it does not exist.
        party: enterprise number of the party.
        open_cases: parties with an open case on this notification.
        received_at: the instant at which the contestation is stored.
    """
    if notified is None:
        return Refusal.UNKNOWN
    attempt = _Attempt(notified, party, open_cases, local_date(received_at))
    return next((refusal for refusal, applies in _REFUSALS.items() if applies(attempt)), None)


def decision_number(year: int, serial: int) -> str:
    """Return the number of a new decision, such as C2026-000042.

    The C in it distinguishes it from a Dimona number.
    """
    return f"C{year}-{serial:06}"
