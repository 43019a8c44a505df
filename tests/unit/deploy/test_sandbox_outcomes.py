"""The outcomes in the table of scenarios follow from the rules, on days that are hard for dates.

`tests/integration/sandbox` plays the table on the real system, on the day of the test.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest

from deploy.local.sandbox.data import sandbox
from deploy.local.sandbox.scenarios import Scenario, scenarios
from tests.unit.deploy.judging import Judge, own_employer

#: The last day of a year, the end of a quarter, and a day with less than a fortnight left in its quarter.
DAYS: Final = (date(2026, 12, 31), date(2027, 3, 31), date(2027, 6, 17))


def judged(row: Scenario) -> list[str]:
    """Return the outcomes that the rules decide: without the S before them."""
    return [step.result.removeprefix("S ") for step in row.steps]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_rules_give_each_outcome(day: date) -> None:
    """A locked period is a person's act: no rule locks it."""
    data = sandbox(day, 1)
    judge = Judge.on(data)
    wrong = {
        row.name: (found, judged(row))
        for row in scenarios().values()
        if not row.locked and (found := judge.play(row, own_employer(data))) != judged(row)
    }
    assert wrong == {}
