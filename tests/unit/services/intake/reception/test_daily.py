"""Daily registrations at intake: for every row one that raises it, and one that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.intake.reception.rules import KnownPeriod, admit, check_daily
from services.intake.reception.rules.daily import DAILY_ROWS, UNKNOWN_ROWS
from shared.domain.declared import DeclaredDailyRegistration
from tests.unit.builders import EMPLOYER, KNOWN, PERIOD, RECEIVED, a_daily, without_nones
from tests.unit.rows import Row

TODAY = date(2026, 2, 20)
ID = 656309296521
HOURS = {"startHour": "0900", "endHour": "1700"}
DAY = {"startDate": "2026-02-20", "endDate": "2026-02-20", **HOURS}


def create(**given: Any) -> dict[str, Any]:
    return without_nones(**{"attestationStatus": 0, "periodId": PERIOD, **DAY, **given})


def modify(**given: Any) -> dict[str, Any]:
    return without_nones(**{"attestationStatus": 1, "dailyRegistrationId": ID, **given})


def cancel(**given: Any) -> dict[str, Any]:
    return without_nones(**{"attestationStatus": 3, "dailyRegistrationId": ID, **given})


#: (code, field, a registration that raises it, one that does not)
ROWS: list[Row] = [
    Row("00110-001", "attestationStatus", raised_by=create(attestationStatus=None), silent_for=create()),
    Row("00110-003", "attestationStatus", raised_by=create(attestationStatus=2), silent_for=cancel()),
    Row("01085-001", "dailyRegistrationId", raised_by=modify(dailyRegistrationId=None), silent_for=modify()),
    Row("01085-001", "dailyRegistrationId", raised_by=cancel(dailyRegistrationId=None), silent_for=create()),
    Row(
        "01085-003", "dailyRegistrationId", raised_by=cancel(dailyRegistrationId=ID + 1), silent_for=cancel()
    ),
    Row("01085-005", "dailyRegistrationId", raised_by=create(dailyRegistrationId=ID), silent_for=modify()),
    Row("00913-001", "periodId", raised_by=create(periodId=None), silent_for=modify()),
    Row("00913-003", "periodId", raised_by=create(periodId=PERIOD + 1), silent_for=create()),
    Row("00913-005", "periodId", raised_by=modify(periodId=PERIOD), silent_for=create()),
    Row("00913-005", "periodId", raised_by=cancel(periodId=PERIOD), silent_for=cancel()),
    Row("00910-001", "startDate", raised_by=create(startDate=None), silent_for=modify()),
    Row("00910-003", "startDate", raised_by=create(startDate="2026-02-30"), silent_for=create()),
    Row(
        "00910-005",
        "startDate",
        raised_by=cancel(startDate="2026-02-20"),
        silent_for=modify(startDate="2026-02-20"),
    ),
    Row("00777-001", "startHour", raised_by=create(startHour=None), silent_for=modify()),
    Row("00777-003", "startHour", raised_by=create(startHour="2400"), silent_for=create()),
    Row("00777-005", "startHour", raised_by=cancel(startHour="0900"), silent_for=modify(startHour="0900")),
    Row("00911-001", "endDate", raised_by=create(endDate=None), silent_for=modify()),
    Row("00911-003", "endDate", raised_by=create(endDate="2026-02-30"), silent_for=create()),
    Row(
        "00911-005",
        "endDate",
        raised_by=cancel(endDate="2026-02-20"),
        silent_for=modify(endDate="2026-02-20"),
    ),
    Row(
        "00911-008",
        "endDate",
        raised_by=create(endDate="2036-01-01"),
        silent_for=create(endDate="2035-12-31"),
    ),
    Row(
        "00911-008",
        "endDate",
        raised_by=modify(endDate="1998-12-31"),
        silent_for=modify(endDate="1999-01-01"),
    ),
    Row("00911-008", "endDate", raised_by=modify(endDate="2036-01-02"), silent_for=modify()),
    Row(
        "00911-014",
        "endDate",
        raised_by=create(endDate="2026-02-19"),
        silent_for=create(endDate="2026-02-21"),
    ),
    Row("00778-003", "endHour", raised_by=modify(endHour="17h"), silent_for=modify(endHour="1700")),
    Row("00778-005", "endHour", raised_by=cancel(endHour="1700"), silent_for=create(endHour=None)),
    Row("00778-345", "endHour", raised_by=create(endHour="0859"), silent_for=create(endHour="0900")),
    Row(
        "00778-345",
        "endHour",
        raised_by=create(endHour="0859"),
        silent_for=create(endHour="0859", endDate="2026-02-21"),
    ),
]
IDS = [row.name for row in ROWS]


def anomalies(given: dict[str, Any]) -> list[tuple[str, str]]:
    found = check_daily(DeclaredDailyRegistration.model_validate(given), TODAY)
    return [(each.code, each.path) for each in found]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_raised(row: Row) -> None:
    assert (row.code, f"dimonaDailyRegistration.{row.path}") in anomalies(row.raised_by)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_row_is_not_raised(row: Row) -> None:
    assert row.code not in [found for found, _ in anomalies(row.silent_for)]


def test_every_row_is_tested() -> None:
    assert {(row.code, row.field) for row in DAILY_ROWS} == {row[:2] for row in ROWS}


@pytest.mark.parametrize("given", [create(), modify(endHour="1800"), cancel(), create(endHour=None)])
def test_a_valid_registration_has_no_anomaly(given: dict[str, Any]) -> None:
    assert anomalies(given) == []


def admitted(
    status: int, period: KnownPeriod | None = KNOWN, *, entitled: bool = True, **given: Any
) -> list[str]:
    found = admit(a_daily(status, **given), EMPLOYER, entitled, period, RECEIVED)
    return [f"{each.code} {each.path}" for each in found]


@pytest.mark.parametrize(
    ("period", "entitled"),
    [(None, False), (None, True), (KNOWN, False), (replace(KNOWN, refused=True), False)],
)
def test_a_foreign_registration_is_unknown_without_other_anomalies(
    period: KnownPeriod | None, entitled: bool
) -> None:
    """00913-354, 01085-354; a wrong hour beside it is not judged (decision D4)."""
    unknown = "00913-354 dimonaDailyRegistration.periodId"
    assert admitted(0, period, entitled=entitled, startHour="2500") == [unknown]
    unknown = "01085-354 dimonaDailyRegistration.dailyRegistrationId"
    for status in (1, 3):
        given = {"dailyRegistrationId": ID, "startHour": "2500"}
        assert admitted(status, period, entitled=entitled, **given) == [unknown]


@pytest.mark.parametrize("status", [1, 3])
def test_a_registration_of_the_sender_is_known(status: int) -> None:
    assert admitted(status, dailyRegistrationId=ID) == []


def test_every_row_about_unknown_references_is_tested() -> None:
    assert {row.code for row in UNKNOWN_ROWS} == {"00913-354", "01085-354"}


def test_a_wrong_status_does_not_reveal_a_period_of_others() -> None:
    """Neither that it exists nor that it was refused."""
    refused = replace(KNOWN, refused=True)
    wrong = "00110-003 dimonaDailyRegistration.attestationStatus"
    assert admitted(2, None, periodId=PERIOD) == [wrong]
    assert admitted(2, refused, entitled=False, periodId=PERIOD) == [wrong]


def test_a_day_of_a_refused_in_is_refused() -> None:
    """00913-357, with the other anomalies; not for an accepted IN."""
    refused = replace(KNOWN, refused=True)
    wrong = "00913-357 dimonaDailyRegistration.periodId"
    assert admitted(0, refused) == [wrong]
    assert admitted(0, refused, startHour="2500") == [wrong, "00777-003 dimonaDailyRegistration.startHour"]
    assert admitted(0) == []


def test_dates_are_judged_by_the_day_of_reception() -> None:
    """Ten years from the year of reception (rule R12)."""
    late = "00911-008 dimonaDailyRegistration.endDate"
    assert admitted(0, startDate="2035-12-31", endDate="2036-01-01") == [late]
    assert admitted(0, startDate="2035-12-31", endDate="2035-12-31") == []
