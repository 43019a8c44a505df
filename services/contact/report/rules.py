"""The days of a report: an answer within one month, or word of the delay on that day (GDPR article 12)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from services.contact.case.rules import State
from shared.domain.calendar import local_date

#: GDPR article 12(3): one month, which may be extended by two further months.
ANSWER_MONTHS: Final = 1
FURTHER_MONTHS: Final = 2


@dataclass(frozen=True, slots=True)
class Report:
    """A reported error with its case; `period_id` is None for other data than a period."""

    id: UUID
    ssin: str
    period_id: int | None
    said: str
    state: State
    opened_at: datetime
    due_on: date
    delay_told_at: datetime | None = None
    answer: str | None = None
    ended_at: datetime | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A change of the reported period since the report, with the notified enterprises."""

    recorded_at: datetime
    declaration_id: int | None  #: None for a change by a register or an agent
    event: Mapping[str, Any]
    recipients: Sequence[Mapping[str, str]] = ()


def first_correction(corrections: Sequence[Correction]) -> datetime | None:
    """Return the instant of the first correction; None without one."""
    return min((each.recorded_at for each in corrections), default=None)


def answer_due_on(opened_at: datetime) -> date:
    """Return the day by which the answer to a report is due; the last day of a shorter month."""
    return _months_after(local_date(opened_at), ANSWER_MONTHS)


def extended(due_on: date) -> date:
    """Return the last day for an answer after word of the delay."""
    return _months_after(due_on, FURTHER_MONTHS)


def _months_after(day: date, count: int) -> date:
    years, month = divmod(day.month - 1 + count, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def body(
    report: Report,
    is_locked: bool | None,
    corrections: Sequence[Correction],
    institutions: Sequence[tuple[str, datetime]] = (),
) -> dict[str, Any]:
    """Return a report as its person sees it.

    Args:
        report: the report.
        is_locked: whether the period is locked, so that the employer cannot change it; None without a period.
        corrections: the changes of the period since the report.
        institutions: those that got an event about the person since the first correction, each with the last
            instant.
    """
    optional = {
        "periodId": report.period_id,
        "isPeriodLocked": is_locked,
        "answer": report.answer,
        "endedAt": report.ended_at.isoformat() if report.ended_at else None,
        "delay": None
        if report.delay_told_at is None
        else {
            "toldAt": report.delay_told_at.isoformat(),
            "answerDueOn": str(extended(report.due_on)),
        },
    }
    return {
        "reportId": str(report.id),
        "state": report.state,
        "description": report.said,
        "receivedAt": report.opened_at.isoformat(),
        "answerDueOn": str(report.due_on),
        **{name: value for name, value in optional.items() if value is not None},
        "corrections": [_correction(each) for each in corrections],
        "institutions": [{"institution": id_, "toldAt": at.isoformat()} for id_, at in institutions],
    }


def _correction(correction: Correction) -> dict[str, Any]:
    number = correction.declaration_id
    return {
        "recordedAt": correction.recorded_at.isoformat(),
        **({} if number is None else {"declarationId": number}),
        "change": correction.event,
        "recipients": list(correction.recipients),
    }
