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
#: Open reports of one person, so that one person cannot fill the list of the agents.
MOST_OPEN: Final = 20


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
    is_restriction_asked: bool = False  #: the person asks that the employer cannot change the period


@dataclass(frozen=True, slots=True)
class Correction:
    """A change of the reported period since the report, with the notified enterprises."""

    recorded_at: datetime
    declaration_id: int | None  #: None for a change by a register or an agent
    event: Mapping[str, Any]
    recipients: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """The recipients of the data of a person, as JSON, as far as a correction matters to them."""

    institutions: Sequence[Mapping[str, str]] = ()  #: that got an event since the first correction
    not_yet: Sequence[Mapping[str, str]] = ()  #: that got the data before it, and nothing since then


def told(
    institutions: Sequence[tuple[str, datetime | None, datetime | None]],
    enterprises: Sequence[tuple[str, str, datetime]],
    corrections: Sequence[Correction],
) -> Told:
    """Return the recipients of the first correction, and the recipients without it.

    Args:
        institutions: each institution, with the last instant since the correction and before it.
        enterprises: number and name of each enterprise that had a notification before, with the last instant.
        corrections: the corrections, with the enterprises that got them.
    """
    corrected = {each["enterpriseNumber"] for correction in corrections for each in correction.recipients}
    return Told(
        [{"institution": id_, "toldAt": since.isoformat()} for id_, since, _ in institutions if since],
        [
            *(
                {"institution": id_, "toldAt": before.isoformat()}
                for id_, since, before in institutions
                if since is None and before is not None
            ),
            *(
                {"enterpriseNumber": number, "name": name, "toldAt": at.isoformat()}
                for number, name, at in enterprises
                if number not in corrected
            ),
        ],
    )


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
    recipients: Told,
) -> dict[str, Any]:
    """Return a report as its person sees it.

    Args:
        report: the report.
        is_locked: whether the period is locked, so that the employer cannot change it; None without a period.
        corrections: the changes of the period since the report.
        recipients: those that got the correction, and those that did not.
    """
    optional = {
        "periodId": report.period_id,
        "isPeriodLocked": is_locked,
        "isRestrictionAsked": report.is_restriction_asked or None,
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
        "institutions": list(recipients.institutions),
        "notYetTold": list(recipients.not_yet),
    }


def _correction(correction: Correction) -> dict[str, Any]:
    number = correction.declaration_id
    return {
        "recordedAt": correction.recorded_at.isoformat(),
        **({} if number is None else {"declarationId": number}),
        "change": correction.event,
        "recipients": list(correction.recipients),
    }
