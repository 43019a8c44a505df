"""The rows of settlement: each with a declaration that raises it, and a similar one that does not."""

from __future__ import annotations

import pytest

from services.personnel_file.settlement.rules.change import UPDATE_ROWS
from services.personnel_file.settlement.rules.settle import SettlementCase, refuse_overlap, settle
from tests.unit.builders import OTHER_NISS, PERIOD, RECEIVED, a_change, an_in, received
from tests.unit.rows import Row
from tests.unit.services.personnel_file.settlement import rows_of_changes, rows_of_neighbors, rows_of_plans
from tests.unit.services.personnel_file.settlement.cases import (
    AT_HORECA,
    CANCELED,
    CLOSED,
    DAY_AFTER,
    OPEN,
    STX,
    TWO,
    UPDATE,
    Case,
    day_of_extra,
    of,
    span,
    update,
)

ROWS: list[Row] = [
    Row(
        code="90017-151",
        path="worker",
        raised_by=Case(None, "in", identified=False),
        silent_for=Case(None, "in"),
    ),
    Row(
        code="00024-347",
        path="worker.ssin",
        raised_by=Case(OPEN, "out", {"worker": {"ssin": OTHER_NISS}}),
        silent_for=Case(OPEN, "out"),
    ),
    *(
        row
        for kind, given in (("out", {}), ("update", {"startDate": "2026-02-20"}), ("cancel", {}))
        for path in (f"dimona{kind.capitalize()}.periodId",)
        for row in (
            Row(
                code="00913-354",
                path=path,
                raised_by=Case(None, kind, given),
                silent_for=Case(OPEN, kind, given),
            ),
            Row(
                code="00913-355",
                path=path,
                raised_by=Case(CANCELED, kind, given),
                silent_for=Case(OPEN, kind, given),
            ),
            Row(
                code="00913-357",
                path=path,
                raised_by=Case(None, kind, given, in_refused=True),
                silent_for=Case(None, kind, given),
            ),
            Row(
                code="00913-362",
                path=path,
                raised_by=Case(of(span("02-21"), locked=True), kind, given),
                silent_for=Case(OPEN, kind, given),
            ),
        )
    ),
    Row(
        code="00913-356",
        path="dimonaOut.periodId",
        raised_by=Case(CLOSED, "out"),
        silent_for=Case(OPEN, "out"),
    ),
    Row(
        code="00913-181",
        path=f"{UPDATE}.periodId",
        raised_by=update(of(span("2013-02-01", "2013-02-02"), STX), endDate="2013-02-03"),
        silent_for=Case(of(span("2013-02-01", "2013-02-02"), STX), "cancel"),
    ),
    # rule R24
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-23"),
        silent_for=day_of_extra("2026-02-24"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-23", "2026-02-24"),
        silent_for=day_of_extra("2026-02-24", "2026-02-25"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-20"),
        silent_for=day_of_extra("2026-02-19"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("1920-01-01", "2035-12-31"),
        silent_for=day_of_extra("1920-01-01"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-20", startHour="1700", endHour="2100"),
        silent_for=day_of_extra("2026-02-19", "2026-02-20", startHour="2000", endHour="0200"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-02-23"),
        silent_for=day_of_extra("2026-02-23", None, "144"),
    ),
    Row(
        code="00910-459",
        path="dimonaIn.startDate",
        raised_by=day_of_extra("2026-03-01", "2026-03-03"),
        silent_for=day_of_extra("2026-03-01"),
    ),
    Row(
        code="00910-459",
        path=f"{UPDATE}.startDate",
        raised_by=update(DAY_AFTER, startDate="2026-02-22", endDate="2026-02-22"),
        silent_for=update(DAY_AFTER, startDate="2026-02-20", endDate="2026-02-20"),
    ),
    # rules R32, R33
    Row(
        code="90373-333",
        path="dimonaIn",
        raised_by=Case(OPEN, "in"),
        silent_for=Case(OPEN, "in", {"features": {"workerType": "DWD"}}),
    ),
    Row(
        code="90373-333",
        path="dimonaIn",
        raised_by=Case(CLOSED, "in", {"endDate": "2026-03-31"}),
        silent_for=Case(CLOSED, "in", {"endDate": "2026-03-30"}),
    ),
    Row(
        code="90373-334",
        path="dimonaIn",
        raised_by=Case(CLOSED, "in", {"startDate": "2026-03-31"}),
        silent_for=Case(CLOSED, "in", {"startDate": "2026-04-01"}),
    ),
    Row(
        code="90373-334",
        path="dimonaIn",
        raised_by=Case(OPEN, "in", {"endDate": "2026-02-25"}),
        silent_for=Case(CANCELED, "in"),
    ),
    Row(
        code="90378-333",
        path=UPDATE,
        raised_by=update(TWO, startDate="2026-03-01", endDate="2026-03-31"),
        silent_for=update(TWO, startDate="2026-02-20"),
    ),
    Row(
        code="90378-334",
        path=UPDATE,
        raised_by=update(TWO, endDate="2026-03-01"),
        silent_for=update(TWO, endDate="2026-02-27"),
    ),
]
EVERY_ROW = [*ROWS, *rows_of_changes.ROWS, *rows_of_plans.ROWS, *rows_of_neighbors.ROWS]
IDS = [row.name for row in EVERY_ROW]


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, row.path) in row.raised_by.anomalies()


@pytest.mark.parametrize("row", EVERY_ROW, ids=IDS)
def test_a_row_is_not_raised(row: Row) -> None:
    assert row.code not in [code for code, _ in row.silent_for.anomalies()]


def test_every_row_of_an_update_is_tested() -> None:
    assert {(row.code, row.path) for row in UPDATE_ROWS} <= {(row.code, row.path) for row in EVERY_ROW}


def test_a_late_update_is_accepted_with_a_warning() -> None:
    """No declaration is refused for being late (rule R3)."""
    late = received(a_change("update", startDate="2026-02-19"))
    settlement = settle(SettlementCase(late, OPEN, now=RECEIVED))
    assert settlement.outcome.result == "W"
    assert [event.type for event in settlement.events] == ["periodUpdated"]


def test_a_conflict_in_the_database_is_an_overlap() -> None:
    """Decision D8."""
    for kind, code in (("in", "90373-334"), ("update", "90378-334")):
        declaration = received(an_in() if kind == "in" else a_change(kind, startDate="2026-02-20"))
        outcome = refuse_overlap(SettlementCase(declaration, OPEN, RECEIVED)).outcome
        assert [found.code for found in outcome.anomalies] == [code]
        assert outcome.period_id == (declaration.number if kind == "in" else PERIOD)


def test_occasional_days_of_an_agency_in_horeca_count_too() -> None:
    """Rules R24, R58."""
    two = of(span("02-21", "02-22"), AT_HORECA)
    features = {
        "workerType": "EXT",
        "jointCommissionNumber": "322",
        "usingEmployer": {"jointCommissionNumber": "302", "enterpriseNumber": "0400767772"},
    }
    third = Case(two, "in", {"startDate": "2026-02-23", "endDate": "2026-02-23", "features": features})
    assert ("00910-459", "dimonaIn.startDate") in third.anomalies()
