"""Daily registrations and their declarations as typed values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from enum import IntEnum

from shared.domain.declaration import Span, given_date, given_hour
from shared.domain.declared import DeclaredDailyRegistration


class DailyStatus(IntEnum):
    """The effect of a declaration on a daily registration (zone 00110)."""

    CREATE = 0
    MODIFY = 1
    CANCEL = 3


@dataclass(frozen=True, slots=True)
class DailyRegistration:
    """The current state of a registered day of a period."""

    id: int  #: the Dimona number of the declaration that registered it
    period_id: int
    span: Span
    canceled: bool = False


@dataclass(frozen=True, slots=True)
class CreateDaily:
    """A declaration that registers a day. Its Dimona number becomes the number of the registration."""

    period_id: int
    span: Span


@dataclass(frozen=True, slots=True)
class ModifyDaily:
    """A declaration that changes a registered day; None leaves a value unchanged."""

    registration_id: int
    start: date | None = None
    end: date | None = None
    start_hour: time | None = None
    end_hour: time | None = None

    def applied_to(self, span: Span) -> Span:
        """Return the span of the registered day after this change."""
        return replace(
            span,
            start=self.start or span.start,
            end=self.end or span.end,
            start_hour=self.start_hour or span.start_hour,
            end_hour=self.end_hour or span.end_hour,
        )


@dataclass(frozen=True, slots=True)
class CancelDaily:
    """A declaration that cancels a daily registration permanently."""

    registration_id: int


Daily = CreateDaily | ModifyDaily | CancelDaily


def typed_daily(declared: DeclaredDailyRegistration) -> Daily:
    """Return the typed value of a daily registration that intake admitted."""
    assert declared.attestation_status is not None, "a registration without status is refused"
    status = DailyStatus(declared.attestation_status)
    start, end = given_date(declared.start_date), given_date(declared.end_date)
    start_hour, end_hour = given_hour(declared.start_hour), given_hour(declared.end_hour)
    if status is DailyStatus.CREATE:
        assert declared.period_id is not None, "a registration without period is refused"
        assert start is not None, "a registration without start is refused"
        return CreateDaily(declared.period_id, Span(start, end, start_hour, end_hour))
    assert declared.daily_registration_id is not None, "a change without registration is refused"
    if status is DailyStatus.CANCEL:
        return CancelDaily(declared.daily_registration_id)
    return ModifyDaily(declared.daily_registration_id, start, end, start_hour, end_hour)
