"""The quotas that enterprises have on a day, and their JSON."""

from __future__ import annotations

from datetime import date

import pytest

from services.personnel_file.consultation.channels.quotas import quota
from services.personnel_file.consultation.rules import UsedQuota, quotas_of_enterprises


@pytest.mark.parametrize(
    ("day", "limit", "days"),
    [
        (date(2026, 11, 30), 200, (date(2026, 1, 1), date(2026, 12, 31))),
        (date(2016, 1, 1), 200, (date(2016, 1, 1), date(2016, 12, 31))),
        (date(2015, 6, 30), 100, (date(2015, 1, 1), date(2015, 6, 30))),
        (date(2015, 7, 1), 100, (date(2015, 7, 1), date(2015, 12, 31))),
        (date(2013, 10, 1), 100, (date(2013, 10, 1), date(2013, 12, 31))),
    ],
)
def test_an_enterprise_has_one_quota_on_a_day(day: date, limit: int, days: tuple[date, date]) -> None:
    """Rule R67: in 2015 the quota of an enterprise changed in the middle of the year."""
    ((row, found),) = quotas_of_enterprises(day)
    assert (row.limit, found) == (limit, days)


def test_before_the_law_there_is_none() -> None:
    assert quotas_of_enterprises(date(2013, 9, 30)) == []


@pytest.mark.parametrize(("used", "left"), [(0, 200), (12, 188), (200, 0), (210, 0)])
def test_the_days_left_are_never_less_than_none(used: int, left: int) -> None:
    ((row, days),) = quotas_of_enterprises(date(2026, 11, 30))
    assert quota(UsedQuota(row, days, used)) == {
        "quotaType": "HORECA_EMPLOYER", "workerType": "EXT", "jointCommissionNumber": "302",
        "startDate": "2026-01-01", "endDate": "2026-12-31",
        "limitDays": 200, "usedDays": used, "remainingDays": left,
    }  # fmt: skip
