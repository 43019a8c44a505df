"""Changes of periods against quotas: use that moves, stays or shrinks, and rows that begin or end."""

from __future__ import annotations

from datetime import date, timedelta

from services.personnel_file.relation.rules import Period
from services.personnel_file.settlement.rules.quota import Usage, UsageBook, find_excesses
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals
from shared.domain.features import HORECA
from tests.unit.builders import ENTERPRISE, NISS, PERIOD
from tests.unit.services.personnel_file.settlement import cases

DAY = timedelta(days=1)


def horeca(day: date, last: date | None = None) -> PeriodUse:
    return PeriodUse("EXT", HORECA, day, last or day, 0)


def test_a_change_that_takes_no_more_is_not_refused() -> None:
    """A blocking quota does not refuse a smaller use; a warning remains while the use is beyond."""
    over = PeriodUse("O17", "XXX", date(2026, 1, 1), date(2026, 3, 31), 120)
    alone = Usage(UsageTotals.of([over]), UsageTotals())
    assert find_excesses(over._replace(hours=110), over, alone) == ()
    assert [each.amount for each in find_excesses(over._replace(hours=121), over, alone)] == [21]
    student = PeriodUse("STU", "XXX", date(2026, 1, 1), date(2026, 3, 31), 700)
    (found,) = find_excesses(
        student._replace(hours=690), student, Usage(UsageTotals.of([student]), UsageTotals())
    )
    assert found.amount == 40


def moved(
    before: tuple[int, int], after_: tuple[int, int], shared: int | None = None
) -> list[tuple[str, int]]:
    """Move a Horeca period within January of a worker with 49 other days, from February on.

    On the day `shared` of January, which is one of the 49, another period has work too.
    """
    first = [horeca(date(2026, 1, shared))] if shared is not None else []
    others = [*first, *(horeca(date(2026, 2, 1) + n * DAY) for n in range(49 - len(first)))]
    use_before, use = (horeca(*(date(2026, 1, day) for day in days)) for days in (before, after_))
    totals = UsageTotals.of([*others, use_before])
    found = find_excesses(use, use_before, Usage(totals, UsageTotals()))
    return [(each.quota_type, each.amount) for each in found]


def test_a_day_that_only_the_period_used_is_free_when_it_moves() -> None:
    assert moved((1, 1), (3, 3)) == []
    assert moved((1, 1), (3, 4)) == [("HORECA_WORKER", 1)]


def test_a_day_that_another_period_uses_too_is_not_free_when_it_moves() -> None:
    assert moved((1, 2), (3, 3), shared=2) == []
    assert moved((1, 2), (3, 4), shared=2) == [("HORECA_WORKER", 1)]


def test_a_row_that_begins_in_the_second_year_of_a_period_counts() -> None:
    """200 Horeca days of the employer from 2016 on."""
    worked = UsageTotals.of(horeca(date(2016, 1, 2) + n * DAY) for n in range(200))
    night = horeca(date(2015, 12, 31), date(2016, 1, 1))
    found = find_excesses(night, None, Usage(UsageTotals(), worked))
    assert [(each.quota_type, each.amount) for each in found] == [("HORECA_EMPLOYER", 1)]


def test_an_equal_use_beyond_a_quota_that_blocks_is_not_refused() -> None:
    beyond = PeriodUse("O17", "XXX", date(2026, 3, 1), date(2026, 3, 1), 10)
    totals = UsageTotals.of([beyond, PeriodUse("O17", "XXX", date(2026, 3, 2), date(2026, 3, 2), 95)])
    more = beyond._replace(hours=11)
    assert find_excesses(beyond, beyond, Usage(totals, UsageTotals())) == ()
    assert [each.amount for each in find_excesses(more, beyond, Usage(totals, UsageTotals()))] == [6]


def test_the_days_of_an_account_follow_its_periods() -> None:
    """A day that a period leaves has one period fewer; a student uses no day of the employer."""
    book = UsageBook()
    first, later = (
        Period(PERIOD, cases.span(*days), cases.HORECA) for days in (("02-21", "02-22"), ("02-22", "02-23"))
    )
    days = [(ENTERPRISE, date(2026, 2, day)) for day in (21, 22, 23)]
    book.add_change(ENTERPRISE, NISS, None, first)
    assert [book.account_days[day] for day in days] == [1, 1, 0]
    book.add_change(ENTERPRISE, NISS, first, later)
    assert [book.account_days[day] for day in days] == [0, 1, 1]
    book.add_change(ENTERPRISE, NISS, None, Period(PERIOD + 1, first.span, cases.STU, 8))
    assert [book.account_days[day] for day in days] == [0, 1, 1]
    assert set(book.accounts) == {ENTERPRISE}
    assert set(book.account_days) == set(days)
