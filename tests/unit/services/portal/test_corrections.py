"""The corrections that a period allows, the deadlines that they miss, and the declaration anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.portal.declaration.correction import corrections, ordinary, values_anew
from services.portal.declaration.lateness import missed, times_of
from services.portal.declaration.rules import Choice
from services.portal.pages.correct import WAYS
from services.portal.pages.declare import ACTS, CHANGES, HEADINGS
from services.portal.pages.declare_sending import Shown, otherwise
from shared.domain.declared import Kind

DAY = date(2026, 11, 30)
OPEN: dict[str, Any] = {
    "periodId": 605114838201, "startDate": "2026-11-02", "cancelled": False,
    "features": {"workerType": "OTH", "jointCommissionNumber": "XXX"},
}  # fmt: skip
CLOSED = OPEN | {"endDate": "2026-11-20"}


def of_type(code: str, **changed: Any) -> dict[str, Any]:
    return CLOSED | {"features": {"workerType": code, "jointCommissionNumber": "XXX"}} | changed


@pytest.mark.parametrize(
    ("period", "names"),
    [
        (OPEN, ("out", "update", "anew", "cancel")),
        (CLOSED, ("update", "anew", "cancel")),
        (of_type("STU"), ("update", "ordinary", "anew", "cancel")),
        (of_type("FLX"), ("update", "day", "ordinary", "anew", "cancel")),
        (of_type("FLX", startHour="0900"), ("update", "ordinary", "anew", "cancel")),
        (OPEN | {"cancelled": True}, ()),
        (OPEN | {"isLocked": True}, ()),
    ],
)
def test_a_period_allows_these_corrections(period: dict[str, Any], names: tuple[str, ...]) -> None:
    assert corrections(period) == names
    assert set(names) <= WAYS.keys()


def test_every_change_has_a_heading() -> None:
    assert ACTS.keys() | CHANGES.keys() <= HEADINGS.keys()


@pytest.mark.parametrize(
    ("commission", "code"), [("XXX", "OTH"), ("124", "BCW"), ("322", "OTH"), ("302", None)]
)
def test_ordinary_work_has_a_type_of_the_sector(commission: str, code: str | None) -> None:
    assert ordinary(commission, DAY) == (None if code is None else Choice(commission, code))


def test_a_declaration_anew_begins_with_the_values_of_the_period() -> None:
    user = {"enterpriseNumber": "0477472701", "jointCommissionNumber": "124"}
    period = CLOSED | {"features": {"workerType": "OTH", "usingEmployer": user}, "startHour": "0900"}
    assert values_anew(period) == {
        "start_date": "2026-11-02", "start_hour": "09:00", "end_date": "2026-11-20",
        "user_number": "0477472701", "user_commission": "124",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "period", "typed", "is_late"),
    [
        (Kind.OUT, OPEN, {"end_date": "2026-11-30"}, False),
        (Kind.OUT, OPEN, {"end_date": "2026-11-26"}, True),
        (Kind.UPDATE, CLOSED, {"start_date": "2026-11-02", "end_date": "2026-11-20"}, False),
        (Kind.UPDATE, CLOSED, {"start_date": "2026-11-01", "end_date": "2026-11-20"}, True),
        (Kind.UPDATE, CLOSED, {"end_date": "2026-12-31"}, True),
        (Kind.UPDATE, CLOSED, {"end_date": "9999-12-31"}, True),
        (Kind.UPDATE, of_type("STU", plannedHoursNumber=8), {"planned_hours": "9"}, False),
        (Kind.UPDATE, of_type("FLX", startHour="0900", endHour="1000"), {"start_hour": "08:00"}, True),
        (Kind.CANCEL, OPEN, {}, True),
        (Kind.CANCEL, OPEN | {"startDate": "2026-11-30"}, {}, False),
    ],
)
def test_a_late_change_is_known_before_it_is_sent(
    kind: Kind, period: dict[str, Any], typed: dict[str, str], is_late: bool
) -> None:
    """Rules R2, R3, R4 and R7."""
    assert (missed(kind, period, typed, datetime(2026, 11, 30, 9, 0, tzinfo=UTC)) is not None) is is_late


def test_a_confirmation_counts_for_all_days_and_hours() -> None:
    form = {"start_date": "2026-11-02", "start_hour": "", "end_date": "2026-11-20"}
    assert times_of(form) == "2026-11-02 2026-11-20"
    assert times_of(form | {"start_hour": "09:00"}) != times_of(form)


def answered(result: str, code: str, commission: str = "XXX") -> Shown:
    status = {"result": result, "period": {"id": 7}, "anomalies": [{"errorId": code}]}
    block = {"features": {"jointCommissionNumber": commission}}
    return Shown(1, {"declarationStatus": status, "dimonaIn": block})


@pytest.mark.parametrize(
    ("found", "paths"),
    [
        (answered("W", "90017-369"), ("/declare/anew/7/XXX/OTH", "/declare/update/7")),
        (answered("W", "90017-510", "124"), ("/declare/anew/7/124/BCW", "/declare/update/7")),
        (answered("W", "90017-369", "302"), ("/declare/anew/7", "/declare/update/7")),
        (answered("W", "90373-460"), None),
        (answered("B", "90017-369"), None),
        (Shown(1), None),
    ],
)
def test_a_warning_beyond_a_quota_leads_to_another_declaration(
    found: Shown, paths: tuple[str, str] | None
) -> None:
    assert otherwise(found) == paths
