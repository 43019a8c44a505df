"""Daily registrations: the declaration as it is sent, and as typed values (wire-contract.md §4, proposal I).

They are a kind of their own, attached to a period; no channel offers them yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from enum import IntEnum

from shared.domain.declaration import Span
from shared.domain.declared import DateText, Declared, Integer, Text


class DailyStatus(IntEnum):
    """Zone 00110: what a declaration does to a registration."""

    CREATE = 0
    MODIFY = 1
    CANCEL = 3


class DeclaredDailyRegistration(Declared):
    """`dimonaDailyRegistration`: the id for 1 and 3, the period for 0."""

    attestation_status: Integer | None = None
    daily_registration_id: Integer | None = None
    period_id: Integer | None = None
    start_date: DateText | None = None
    start_hour: Text | None = None
    end_date: DateText | None = None
    end_hour: Text | None = None


@dataclass(frozen=True, slots=True)
class DailyRegistration:
    """A registered day of a period, as it is now."""

    id: int
    period_id: int
    span: Span
    canceled: bool = False


@dataclass(frozen=True, slots=True)
class CreateDaily:
    """Registers a day; the number of the declaration is that of the registration."""

    period_id: int
    span: Span


@dataclass(frozen=True, slots=True)
class ModifyDaily:
    """Changes what it gives."""

    registration_id: int
    start: date | None = None
    end: date | None = None
    start_hour: time | None = None
    end_hour: time | None = None

    def applied_to(self, span: Span) -> Span:
        """The span as it would be after this change."""
        return replace(
            span,
            start=self.start or span.start,
            end=self.end or span.end,
            start_hour=self.start_hour or span.start_hour,
            end_hour=self.end_hour or span.end_hour,
        )


@dataclass(frozen=True, slots=True)
class CancelDaily:
    """Cancels a registration for good."""

    registration_id: int


Daily = CreateDaily | ModifyDaily | CancelDaily
