"""Intake's rules as a whole: the anomalies, their order, and the senders that may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.intake.reception.rules import Employer, admit, employer_among, inferred_pair
from shared.domain.declared import Declaration, DeclaredEmployer
from shared.domain.identifiers import EmployerId
from tests.unit.builders import (
    EMPLOYER,
    IDENTITY,
    KNOWN,
    NSSO,
    OTHER_ENTERPRISE,
    OTHER_NISS,
    RECEIVED,
)
from tests.unit.services.intake.reception.said import (
    Said,
    flexi,
    in_,
    said,
)


@pytest.mark.parametrize(
    "in_order",
    [
        said(),
        said(employer={"employerId": NSSO}),
        said(worker=IDENTITY),
        said("out"),
        said("update"),
        said("cancel"),
    ],
)
def test_a_valid_declaration_is_admitted(in_order: Said) -> None:
    assert in_order.anomalies() == []


def test_all_anomalies_are_returned_in_the_order_of_the_table() -> None:
    everything = in_(
        {"workerType": "NO", "jointCommissionNumber": "999"},
        employer={"enterpriseNumber": "1"},
        worker={"ssin": "1"},
        startDate="2026-02-30",
        endDate="1998-01-01",
    )
    assert [code for code, _ in replace(everything, employer=None).anomalies()] == [
        "00014-003",
        "00024-003",
        "00046-003",
        "00655-003",
        "00910-003",
        "00911-008",
    ]


@pytest.mark.parametrize("kind", ["out", "update", "cancel"])
@pytest.mark.parametrize("refused", [False, True])
def test_a_foreign_and_an_unknown_period_are_refused_alike(kind: str, refused: bool) -> None:
    """Decision D4."""
    given = {"employer": {"enterpriseNumber": OTHER_ENTERPRISE}, "worker": {"ssin": OTHER_NISS}}
    known = replace(Said(kind, given, entitled=False), period=replace(KNOWN, refused=refused))
    unknown = replace(known, period=None, employer=None)
    assert known.anomalies() == unknown.anomalies() == [("00913-354", f"dimona{kind.capitalize()}.periodId")]


def test_a_sender_without_right_gets_no_data_of_the_directory() -> None:
    pairs_wrongly = {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}
    past = replace(EMPLOYER, active_until=date(2020, 1, 1))
    stranger = replace(said(employer=pairs_wrongly), employer=past, entitled=False)
    assert stranger.anomalies() == [("90256-155", "employer")]


def test_a_missing_employer_or_worker_block_is_an_anomaly_like_any_other() -> None:
    bare = Declaration.model_validate(
        {"dimonaIn": {"startDate": "2026-02-21", "features": {"workerType": "OTH"}}}
    )
    found = admit(bare, None, False, None, RECEIVED)
    assert [anomaly.code for anomaly in found] == ["90256-364", "90017-363", "00046-001"]


def test_our_own_outage_makes_no_declaration_late() -> None:
    """Lateness is judged by the start of the outage, not by its end (decision D9)."""
    begun_meanwhile = flexi(startDate="2026-02-20", startHour="1015", endDate="2026-02-20")
    assert begun_meanwhile.anomalies() == []
    after = replace(begun_meanwhile, late_after=RECEIVED + timedelta(hours=3))
    assert after.anomalies() == [("90373-460", "dimonaIn")]


OTHER = Employer(OTHER_ENTERPRISE, EmployerId(175110801))


@pytest.mark.parametrize(
    ("declared", "rows", "found"),
    [
        ({"employerId": NSSO}, [OTHER, EMPLOYER], EMPLOYER),
        ({"enterpriseNumber": "477472701"}, [OTHER, EMPLOYER], EMPLOYER),
        ({"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE}, [OTHER, EMPLOYER], EMPLOYER),
        (
            {"employerId": NSSO, "enterpriseNumber": OTHER_ENTERPRISE},
            [replace(OTHER, provincial_or_local=True), EMPLOYER],
            replace(OTHER, provincial_or_local=True),
        ),
        ({"employerId": NSSO}, [EMPLOYER, replace(EMPLOYER, provincial_or_local=True)], EMPLOYER),
        ({"employerId": 70500472, "enterpriseNumber": OTHER_ENTERPRISE}, [OTHER], None),
        ({"enterpriseNumber": "1"}, [OTHER], None),
        ({}, [OTHER], None),
    ],
    ids=[
        "nsso",
        "enterprise",
        "nsso prevails",
        "authority",
        "first of several",
        "unknown nsso",
        "invalid",
        "nothing",
    ],
)
def test_the_prevailing_number_identifies_the_employer(
    declared: dict[str, Any], rows: list[Employer], found: Employer | None
) -> None:
    """The NSSO number prevails over the provisional one, and that over the enterprise number."""
    assert employer_among(DeclaredEmployer.model_validate(declared), rows) == found


def test_a_channel_is_secured_by_default() -> None:
    only = replace(EMPLOYER, secured_channel_only=True)
    assert admit(said().declaration(), only, True, None, RECEIVED) == ()


@pytest.mark.parametrize(
    ("case", "pair"),
    [
        (in_({"workerType": "FLX", "jointCommissionNumber": "140"}), ("140", "FLX")),
        (in_({"workerType": "SWO", "jointCommissionNumber": None}), ("none", "SWO")),
        (in_({"workerType": "OTH"}), None),
        (in_({"workerType": "STU", "jointCommissionNumber": "302"}), None),
        (in_({"workerType": None}), None),
        (in_({"workerType": None}, startDate="2026-02-30"), None),
        (in_({"workerType": "FLX", "jointCommissionNumber": "140"}, startDate="2026-02-30"), None),
        (said("out"), None),
    ],
)
def test_an_inferred_pair_is_counted(case: Said, pair: tuple[str, str] | None) -> None:
    """Known, refused, missing and unreadable pairs are not (rule R52)."""
    assert inferred_pair(case.declaration()) == pair
