"""The declarations of a worker, as they were known at an instant.

A period is rebuilt from its own events, whichever relation it belonged to. So a replaced NISS, which moves
periods between relations, changes nothing that was known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.personnel_file.relation.rules import (
    DayRegistered,
    OfDay,
    OfPeriod,
    Period,
    PeriodJoined,
    PeriodOpened,
    day_after,
    period_after,
)
from shared.domain.daily import DailyRegistration


@dataclass(frozen=True, slots=True)
class Declared:
    """An accepted declaration about a period: its event, and its reception with and without our outage.

    `late_after` is earlier than `received_at` if the declaration waited through an outage of ours (ADR 7).
    """

    event: OfPeriod | OfDay
    received_at: datetime
    late_after: datetime

    @classmethod
    def of(cls, event: OfPeriod | OfDay, received_at: datetime, late_after: datetime | None) -> Declared:
        """Return a declaration with the instant at which it would have been received without our outage.

        The event of an IN has this instant. For other declarations only the list of late ones has it.

        Args:
            event: The event of the declaration.
            received_at: Reception.
            late_after: The instant in the list of late declarations; None if the declaration is not in it.
        """
        if isinstance(event, PeriodOpened) and event.late_after is not None:
            late_after = event.late_after
        return cls(event, received_at, late_after or received_at)


Clock = Callable[[Declared], datetime]


def by_reception(declared: Declared) -> datetime:
    """Return the instant at which a declaration was received."""
    return declared.received_at


def without_outages(declared: Declared) -> datetime:
    """Return the instant at which a declaration would have been received without outages of ours."""
    return declared.late_after


@dataclass(frozen=True, slots=True)
class Known:
    """A period that is not canceled, and its registered days, as they were known at an instant."""

    employer: str  #: enterprise number
    period: Period
    days: Sequence[DailyRegistration]


@dataclass(frozen=True, slots=True)
class PeriodDeclarations:
    """All declarations about one period, in the order in which they were settled, with its employer."""

    id: int
    employer: str  #: enterprise number
    declarations: Sequence[Declared]
    _found: dict[tuple[datetime, Clock], Known | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def known(self, at: datetime, clock: Clock) -> Known | None:
        """Return the knowledge about the period at an instant; None if it was not declared, or canceled."""
        if (at, clock) not in self._found:  # a file of wages has one instant for all its days
            self._found[at, clock] = self._known(at, clock)
        return self._found[at, clock]

    def _known(self, at: datetime, clock: Clock) -> Known | None:
        period: Period | None = None
        days: dict[int, DailyRegistration] = {}
        for declared in self.declarations:
            event = declared.event
            if clock(declared) > at:
                continue
            if isinstance(event, OfDay):
                if isinstance(event, DayRegistered) or event.registration_id in days:
                    days[event.registration_id] = day_after(days.get(event.registration_id), event)
            elif (period is None) == isinstance(event, PeriodOpened | PeriodJoined):
                period = period_after(period, event)
        if period is None or period.canceled:
            return None
        return Known(self.employer, period, tuple(days.values()))
