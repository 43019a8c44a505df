"""The tables of contestations: parties, deadlines, and the days for an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.contact.case.rules import due_on
from services.contact.contestation.rules.contesting import Notified, Refusal, decision_number, refusal
from shared.messages import Result

EMPLOYER, SECRETARIAT, STRANGER = "0477472701", "0993141527", "0990101368"
LAST = date(2026, 2, 27)
FINAL = Notified(UUID(int=1), 605198621444, EMPLOYER, SECRETARIAT, Result.ACCEPTED, LAST)
OF_NOBODY = Notified(UUID(int=2), 605198621444, None, SECRETARIAT, Result.REFUSED, LAST)
PROVISIONAL = Notified(UUID(int=3), 605198621444, EMPLOYER, SECRETARIAT, Result.PROVISIONAL, None)
DURING = datetime(2026, 2, 24, 9, 30, tzinfo=UTC)
#: In Belgium it is an hour later: the last instant of the last day, and the first of the next.
LAST_INSTANT = datetime(2026, 2, 27, 22, 59, 59, 999999, tzinfo=UTC)
NEXT_DAY = datetime(2026, 2, 27, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("notified", "party", "open_cases", "at", "expected"),
    [
        (FINAL, EMPLOYER, (), DURING, None),
        (FINAL, SECRETARIAT, (), DURING, None),
        (FINAL, EMPLOYER, (SECRETARIAT,), DURING, None),
        (FINAL, EMPLOYER, (EMPLOYER,), DURING, Refusal.OPEN),
        (FINAL, STRANGER, (), DURING, Refusal.UNKNOWN),
        (OF_NOBODY, SECRETARIAT, (), DURING, None),
        (OF_NOBODY, EMPLOYER, (), DURING, Refusal.UNKNOWN),
        (None, EMPLOYER, (), DURING, Refusal.UNKNOWN),
        (PROVISIONAL, EMPLOYER, (), DURING, Refusal.PROVISIONAL),
        (PROVISIONAL, STRANGER, (), DURING, Refusal.UNKNOWN),
        (FINAL, EMPLOYER, (), LAST_INSTANT, None),
        (FINAL, EMPLOYER, (), NEXT_DAY, Refusal.LATE),
        (FINAL, STRANGER, (), NEXT_DAY, Refusal.UNKNOWN),
        (FINAL, EMPLOYER, (EMPLOYER,), NEXT_DAY, Refusal.LATE),
    ],
)
def test_parties_that_may_contest(
    notified: Notified | None, party: str, open_cases: tuple[str, ...], at: datetime, expected: Refusal | None
) -> None:
    assert refusal(notified, party, frozenset(open_cases), at) is expected


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (datetime(2026, 2, 24, 9, 30, tzinfo=UTC), date(2026, 3, 17)),
        # Easter Monday is no working day, nor is the first of May.
        (datetime(2026, 4, 2, 12, tzinfo=UTC), date(2026, 4, 24)),
        (datetime(2026, 4, 20, 12, tzinfo=UTC), date(2026, 5, 12)),
        # Late in the evening of Greenwich it is the next day in Belgium.
        (datetime(2026, 2, 24, 23, 30, tzinfo=UTC), date(2026, 3, 18)),
    ],
)
def test_an_answer_is_due_on_the_fifteenth_working_day(opened: datetime, expected: date) -> None:
    assert due_on(opened) == expected


def test_a_decision_has_a_number() -> None:
    assert [decision_number(2026, serial) for serial in (1, 1234567)] == ["C2026-000001", "C2026-1234567"]
