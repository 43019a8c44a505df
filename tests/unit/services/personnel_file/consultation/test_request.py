"""Bodies of searches become criteria; each criterion has a name on the wire."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.rules import Criteria, Level, Query, Source
from services.personnel_file.consultation.store.statements import CRITERIA

DAYS = {"startDate": "2026-02-01", "endDate": "2026-02-28"}
FIRST, LAST = date(2026, 2, 1), date(2026, 2, 28)
EVERYTHING = {
    "employer": {"enterpriseNumber": "477472701"},
    "worker": {"ssin": "93051822361", "familyName": "Ja", "givenName": "A"},
    "relationId": 7,
    "periodId": 605114838201,
    "activePeriod": DAYS,
    "startPeriod": DAYS,
    "endPeriod": DAYS,
    "movementPeriod": DAYS,
    "receptionPeriod": DAYS,
    "features": {
        "jointCommissionNumber": [124, "XXX"],
        "workerType": "OTH",
        "subEntityNumber": "1",
        "usingEmployer": {"enterpriseNumber": "0477472701"},
    },
    "status": "OPEN",
    "isLate": True,
    "isLocked": False,
    "isQuotaExceeded": False,
    "hasDailyRegistrations": True,
    "plannedHoursNumber": {"minimum": 1, "maximum": 9},
}


def test_every_criterion_has_a_name_on_the_wire() -> None:
    """Clients Q18, Q19: nine digits have lost a zero, and a joint commission may be a number."""
    criteria = SearchRequest.model_validate(EVERYTHING).criteria()
    assert criteria.given().keys() == CRITERIA.keys() == set(Criteria.__slots__)
    assert criteria.given() == {
        "employer": "0477472701", "worker": ("93051822361",), "family_name": "Ja", "given_name": "A",
        "relation": 7, "period": 605114838201,
        **{f"{name}_from": FIRST for name in ("active", "start", "end", "received")},
        **{f"{name}_until": LAST for name in ("active", "start", "end", "received")},
        "moved": (FIRST, LAST),
        "joint_commission": ("124", "XXX"), "worker_type": ("OTH",), "sub_entity": "1",
        "user_undertaking": "0477472701", "status": ("OPEN",), "late": True, "locked": False,
        "quota_exceeded": False, "has_days": True, "planned_hours_from": 1, "planned_hours_until": 9,
    }  # fmt: skip


def test_a_movement_may_be_open_on_a_side() -> None:
    criteria = SearchRequest.model_validate({"movementPeriod": {"startDate": "2026-02-01"}}).criteria()
    assert criteria.moved == (FIRST, date.max)


def test_an_empty_body_restricts_nothing() -> None:
    assert SearchRequest.model_validate({}).criteria().given() == {}


@pytest.mark.parametrize(
    "body",
    [
        {"employer": {}},
        {"employer": {"employerId": 1, "enterpriseNumber": "0477472701"}},
        {"employer": None},
        {"worker": {"ssin": "9305182236"}},
        {"worker": {"ssin": "９３０５１８２２３６１"}},
        {"employer": {"enterpriseNumber": "٤٧٧٤٧٢٧٠١"}},
        {"worker": {"familyName": ""}},
        {"worker": {"familyName": "a\0"}},
        {"activePeriod": {"startDate": "2026-02-30"}},
        {"activePeriod": {"startDate": 0}},
        {"activePeriod": {"startDate": "86400"}},
        {"activePeriod": {"endDate": "2024-01-01T00:00:00"}},
        {"activePeriod": {"endDate": "２０２４-01-01"}},
        {"activePeriod": {"startDate": "2026-02-02", "endDate": "2026-02-01"}},
        {"features": {"workerType": []}},
        {"features": {"jointCommissionNumber": True}},
        {"status": "CANCELED"},
        {"periodId": "605114838201"},
        {"periodId": 2**63},
        {"unknown": 1},
    ],
)
def test_another_form_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SearchRequest.model_validate(body)


@pytest.mark.parametrize(
    ("level", "criteria", "source"),
    [
        (Level.PERIOD, Criteria(), None),
        (Level.PERIOD, Criteria(relation=1), None),
        (Level.PERIOD, Criteria(employer="e", relation=1), Source.EMPLOYER),
        (Level.PERIOD, Criteria(employer="e", worker=("w",)), Source.FILE),
        (Level.PERIOD, Criteria(worker=("w",), period=1), Source.NUMBER),
        (Level.RELATION, Criteria(worker=("w",), period=1), Source.WORKER),
        (Level.RELATION, Criteria(employer="e", relation=1), Source.NUMBER),
    ],
)
def test_the_narrowest_source_is_taken(level: Level, criteria: Criteria, source: Source | None) -> None:
    assert Query(level, criteria).source is source
