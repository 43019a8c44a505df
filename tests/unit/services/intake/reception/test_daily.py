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
ROWS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("00110-001", "attestationStatus", create(attestationStatus=None), create()),
    ("00110-003", "attestationStatus", create(attestationStatus=2), cancel()),
    ("01085-001", "dailyRegistrationId", modify(dailyRegistrationId=None), modify()),
    ("01085-001", "dailyRegistrationId", cancel(dailyRegistrationId=None), create()),
    ("01085-003", "dailyRegistrationId", cancel(dailyRegistrationId=ID + 1), cancel()),
    ("01085-005", "dailyRegistrationId", create(dailyRegistrationId=ID), modify()),
    ("00913-001", "periodId", create(periodId=None), modify()),
    ("00913-003", "periodId", create(periodId=PERIOD + 1), create()),
    ("00913-005", "periodId", modify(periodId=PERIOD), create()),
    ("00913-005", "periodId", cancel(periodId=PERIOD), cancel()),
    ("00910-001", "startDate", create(startDate=None), modify()),
    ("00910-003", "startDate", create(startDate="2026-02-30"), create()),
    ("00910-005", "startDate", cancel(startDate="2026-02-20"), modify(startDate="2026-02-20")),
    ("00777-001", "startHour", create(startHour=None), modify()),
    ("00777-003", "startHour", create(startHour="2400"), create()),
    ("00777-005", "startHour", cancel(startHour="0900"), modify(startHour="0900")),
    ("00911-001", "endDate", create(endDate=None), modify()),
    ("00911-003", "endDate", create(endDate="2026-02-30"), create()),
    ("00911-005", "endDate", cancel(endDate="2026-02-20"), modify(endDate="2026-02-20")),
    ("00911-008", "endDate", create(endDate="2036-01-01"), create(endDate="2035-12-31")),
    ("00911-008", "endDate", modify(endDate="1998-12-31"), modify(endDate="1999-01-01")),
    ("00911-008", "endDate", modify(endDate="2036-01-02"), modify()),
    ("00911-014", "endDate", create(endDate="2026-02-19"), create(endDate="2026-02-21")),
    ("00778-003", "endHour", modify(endHour="17h"), modify(endHour="1700")),
    ("00778-005", "endHour", cancel(endHour="1700"), create(endHour=None)),
    ("00778-345", "endHour", create(endHour="0859"), create(endHour="0900")),
    ("00778-345", "endHour", create(endHour="0859"), create(endHour="0859", endDate="2026-02-21")),
]
IDS = [f"{code} {name} {nth}" for nth, (code, name, *_) in enumerate(ROWS)]


def anomalies(given: dict[str, Any]) -> list[tuple[str, str]]:
    found = check_daily(DeclaredDailyRegistration.model_validate(given), TODAY)
    return [(each.code, each.path) for each in found]


@pytest.mark.parametrize(("code", "name", "raising", "_"), ROWS, ids=IDS)
def test_a_row_is_raised(code: str, name: str, raising: dict[str, Any], _: dict[str, Any]) -> None:
    assert (code, f"dimonaDailyRegistration.{name}") in anomalies(raising)


@pytest.mark.parametrize(("code", "name", "_", "silent"), ROWS, ids=IDS)
def test_a_row_stays_silent(code: str, name: str, _: dict[str, Any], silent: dict[str, Any]) -> None:
    assert code not in [found for found, _ in anomalies(silent)]


def test_every_row_is_tested() -> None:
    assert {(row.code, row.field) for row in DAILY_ROWS} == {row[:2] for row in ROWS}


@pytest.mark.parametrize("given", [create(), modify(endHour="1800"), cancel(), create(endHour=None)])
def test_a_registration_in_order_has_nothing_wrong(given: dict[str, Any]) -> None:
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
def test_what_is_not_the_senders_is_unknown_and_nothing_else_is_said(
    period: KnownPeriod | None, entitled: bool
) -> None:
    """00913-354, 01085-354; the wrong hour beside it is not even looked at (decision D4)."""
    unknown = "00913-354 dimonaDailyRegistration.periodId"
    assert admitted(0, period, entitled=entitled, startHour="2500") == [unknown]
    unknown = "01085-354 dimonaDailyRegistration.dailyRegistrationId"
    for status in (1, 3):
        given = {"dailyRegistrationId": ID, "startHour": "2500"}
        assert admitted(status, period, entitled=entitled, **given) == [unknown]


@pytest.mark.parametrize("status", [1, 3])
def test_what_is_the_senders_is_known(status: int) -> None:
    assert admitted(status, dailyRegistrationId=ID) == []


def test_every_row_of_what_is_unknown_is_tested() -> None:
    assert {row.code for row in UNKNOWN_ROWS} == {"00913-354", "01085-354"}


def test_a_registration_whose_form_hides_what_it_is_about_tells_nothing_of_it() -> None:
    """Nobody learns from a wrong status that a period of somebody else exists, or was refused."""
    refused = replace(KNOWN, refused=True)
    wrong = "00110-003 dimonaDailyRegistration.attestationStatus"
    assert admitted(2, None, periodId=PERIOD) == [wrong]
    assert admitted(2, refused, entitled=False, periodId=PERIOD) == [wrong]


def test_a_day_of_a_period_whose_in_was_refused() -> None:
    """00913-357, with what else is wrong; not of one whose IN was not."""
    refused = replace(KNOWN, refused=True)
    wrong = "00913-357 dimonaDailyRegistration.periodId"
    assert admitted(0, refused) == [wrong]
    assert admitted(0, refused, startHour="2500") == [wrong, "00777-003 dimonaDailyRegistration.startHour"]
    assert admitted(0) == []


def test_the_day_of_reception_decides_on_dates() -> None:
    """Ten years from the year of reception (rule R12)."""
    late = "00911-008 dimonaDailyRegistration.endDate"
    assert admitted(0, startDate="2035-12-31", endDate="2036-01-01") == [late]
    assert admitted(0, startDate="2035-12-31", endDate="2035-12-31") == []
