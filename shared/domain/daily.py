"""Daily registrations as typed values: a registered day of a period, and what a declaration does to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from enum import IntEnum

from shared.domain.declaration import Span, given_date, given_hour
from shared.domain.declared import DeclaredDailyRegistration


class DailyStatus(IntEnum):
    """Zone 00110: what a declaration does to a registration."""

    CREATE = 0
    MODIFY = 1
    CANCEL = 3


@dataclass(frozen=True, slots=True)
class DailyRegistration:
    """A registered day of a period, as it is now."""

    id: int  #: the Dimona number of the declaration that registered it
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


def typed_daily(declared: DeclaredDailyRegistration) -> Daily:
    """The declaration as a typed value. Only for one that intake admitted: its form is right."""
    start, end = given_date(declared.start_date), given_date(declared.end_date)
    start_hour, end_hour = given_hour(declared.start_hour), given_hour(declared.end_hour)
    if declared.attestation_status == DailyStatus.CREATE:
        assert declared.period_id is not None, "a registration without period is refused"
        assert start is not None, "a registration without start is refused"
        return CreateDaily(declared.period_id, Span(start, end, start_hour, end_hour))
    assert declared.daily_registration_id is not None, "a change without registration is refused"
    if declared.attestation_status == DailyStatus.CANCEL:
        return CancelDaily(declared.daily_registration_id)
    return ModifyDaily(declared.daily_registration_id, start, end, start_hour, end_hour)
