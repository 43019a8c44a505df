"""The rows of the personnel file: for each a declaration that raises it, and one beside it that does not."""

from __future__ import annotations

import pytest

from services.personnel_file.settlement.rules.change import UPDATE_ROWS
from services.personnel_file.settlement.rules.settle import SettlementCase, refuse_overlap, settle
from tests.unit.builders import OTHER_NISS, PERIOD, RECEIVED, a_change, an_in, received
from tests.unit.services.personnel_file.settlement import rows_of_changes, rows_of_neighbors
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

#: (code, path, a declaration that raises it, one that does not)
ROWS: list[tuple[str, str, Case, Case]] = [
    ("90017-151", "worker", Case(None, "in", identified=False), Case(None, "in")),
    ("00024-347", "worker.ssin", Case(OPEN, "out", {"worker": {"ssin": OTHER_NISS}}), Case(OPEN, "out")),
    *(
        row
        for kind, given in (("out", {}), ("update", {"startDate": "2026-02-20"}), ("cancel", {}))
        for path in (f"dimona{kind.capitalize()}.periodId",)
        for row in (
            ("00913-354", path, Case(None, kind, given), Case(OPEN, kind, given)),
            ("00913-355", path, Case(CANCELED, kind, given), Case(OPEN, kind, given)),
            ("00913-357", path, Case(None, kind, given, in_refused=True), Case(None, kind, given)),
            (
                "00913-362",
                path,
                Case(of(span("02-21"), locked=True), kind, given),
                Case(OPEN, kind, given),
            ),
        )
    ),
    ("00913-356", "dimonaOut.periodId", Case(CLOSED, "out"), Case(OPEN, "out")),
    (
        "00913-181",
        f"{UPDATE}.periodId",
        update(of(span("2013-02-01", "2013-02-02"), STX), endDate="2013-02-03"),
        Case(of(span("2013-02-01", "2013-02-02"), STX), "cancel"),
    ),
    # R24
    ("00910-459", "dimonaIn.startDate", day_of_extra("2026-02-23"), day_of_extra("2026-02-24")),
    (
        "00910-459",
        "dimonaIn.startDate",
        day_of_extra("2026-02-23", "2026-02-24"),
        day_of_extra("2026-02-24", "2026-02-25"),
    ),
    ("00910-459", "dimonaIn.startDate", day_of_extra("2026-02-20"), day_of_extra("2026-02-19")),
    ("00910-459", "dimonaIn.startDate", day_of_extra("1920-01-01", "2035-12-31"), day_of_extra("1920-01-01")),
    (
        "00910-459",
        "dimonaIn.startDate",
        day_of_extra("2026-02-20", startHour="1700", endHour="2100"),
        day_of_extra("2026-02-19", "2026-02-20", startHour="2000", endHour="0200"),
    ),
    ("00910-459", "dimonaIn.startDate", day_of_extra("2026-02-23"), day_of_extra("2026-02-23", None, "144")),
    ("00910-459", "dimonaIn.startDate", day_of_extra("2026-03-01", "2026-03-03"), day_of_extra("2026-03-01")),
    (
        "00910-459",
        f"{UPDATE}.startDate",
        update(DAY_AFTER, startDate="2026-02-22", endDate="2026-02-22"),
        update(DAY_AFTER, startDate="2026-02-20", endDate="2026-02-20"),
    ),
    # R32, R33
    ("90373-333", "dimonaIn", Case(OPEN, "in"), Case(OPEN, "in", {"features": {"workerType": "DWD"}})),
    (
        "90373-333",
        "dimonaIn",
        Case(CLOSED, "in", {"endDate": "2026-03-31"}),
        Case(CLOSED, "in", {"endDate": "2026-03-30"}),
    ),
    (
        "90373-334",
        "dimonaIn",
        Case(CLOSED, "in", {"startDate": "2026-03-31"}),
        Case(CLOSED, "in", {"startDate": "2026-04-01"}),
    ),
    ("90373-334", "dimonaIn", Case(OPEN, "in", {"endDate": "2026-02-25"}), Case(CANCELED, "in")),
    (
        "90378-333",
        UPDATE,
        update(TWO, startDate="2026-03-01", endDate="2026-03-31"),
        update(TWO, startDate="2026-02-20"),
    ),
    ("90378-334", UPDATE, update(TWO, endDate="2026-03-01"), update(TWO, endDate="2026-02-27")),
]
EVERY_ROW = [*ROWS, *rows_of_changes.ROWS, *rows_of_neighbors.ROWS]
IDS = [f"{code} {path} {nth}" for nth, (code, path, *_) in enumerate(EVERY_ROW)]


@pytest.mark.parametrize(("code", "path", "raising", "_"), EVERY_ROW, ids=IDS)
def test_a_row_is_raised(code: str, path: str, raising: Case, _: Case) -> None:
    assert (code, path) in raising.anomalies()


@pytest.mark.parametrize(("code", "path", "_", "silent"), EVERY_ROW, ids=IDS)
def test_a_row_stays_silent(code: str, path: str, _: Case, silent: Case) -> None:
    assert code not in [found for found, _ in silent.anomalies()]


def test_every_row_of_an_update_is_tested() -> None:
    assert {(row.code, row.path) for row in UPDATE_ROWS} <= {row[:2] for row in EVERY_ROW}


def test_a_late_update_is_accepted_with_a_warning() -> None:
    """R3: nothing is refused for being late."""
    late = received(a_change("update", startDate="2026-02-19"))
    settlement = settle(SettlementCase(late, OPEN, now=RECEIVED))
    assert settlement.outcome.result == "W"
    assert [event.type for event in settlement.events] == ["periodUpdated"]


def test_what_the_database_finds_is_told_as_an_overlap() -> None:
    """D8."""
    for kind, code in (("in", "90373-334"), ("update", "90378-334")):
        declaration = received(an_in() if kind == "in" else a_change(kind, startDate="2026-02-20"))
        outcome = refuse_overlap(SettlementCase(declaration, OPEN, RECEIVED)).outcome
        assert [found.code for found in outcome.anomalies] == [code]
        assert outcome.period_id == (declaration.number if kind == "in" else PERIOD)


def test_occasional_days_of_an_agency_at_horeca_users_count_too() -> None:
    """R24, R58."""
    two = of(span("02-21", "02-22"), AT_HORECA)
    features = {
        "workerType": "EXT",
        "jointCommissionNumber": "322",
        "usingEmployer": {"jointCommissionNumber": "302", "enterpriseNumber": "0400767772"},
    }
    third = Case(two, "in", {"startDate": "2026-02-23", "endDate": "2026-02-23", "features": features})
    assert ("00910-459", "dimonaIn.startDate") in third.anomalies()
