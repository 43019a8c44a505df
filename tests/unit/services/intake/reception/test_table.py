"""Intake's rule table: for every row a declaration that raises it, and a similar one that does not."""

from __future__ import annotations

import pytest

from services.intake.reception.rules.table import PERIOD_UNKNOWN, RULES
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import Kind
from tests.unit.rows import Row
from tests.unit.services.intake.reception import (
    rows_of_dates,
    rows_of_employers,
    rows_of_features,
    rows_of_fields,
    rows_of_hours,
    rows_of_neighbors,
    rows_of_numbers,
    rows_of_particulars,
    rows_of_plans,
    rows_of_workers,
)

EVERY_ROW = [
    *rows_of_numbers.ROWS,
    *rows_of_fields.ROWS,
    *rows_of_employers.ROWS,
    *rows_of_workers.ROWS,
    *rows_of_features.ROWS,
    *rows_of_neighbors.ROWS,
    *rows_of_dates.ROWS,
    *rows_of_plans.ROWS,
    *rows_of_hours.ROWS,
    *rows_of_particulars.ROWS,
]
IDS = [row.name for row in EVERY_ROW]


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, row.path) in row.raised_by.anomalies()


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_is_not_raised(row: Row) -> None:
    assert row.code not in [found for found, _ in row.silent_for.anomalies()]


def test_every_row_of_the_table_is_tested() -> None:
    every = {(rule.anomaly.code, rule.anomaly.path) for rules in RULES.values() for rule in rules}
    every |= {(rule.anomaly.code, rule.anomaly.path) for rule in PERIOD_UNKNOWN.values()}
    assert {(row.code, row.path) for row in EVERY_ROW} == every


@pytest.mark.parametrize("kind", sorted(RULES))
def test_a_row_applies_to_the_kinds_of_the_glossary(kind: Kind) -> None:
    assert [rule.anomaly.code for rule in RULES[kind] if kind not in ANOMALIES[rule.anomaly.code].kinds] == []
