"""The form of daily registrations: for every row one that raises it, and one that does not."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from services.intake.rules import check_daily, typed_daily
from services.intake.rules.daily import DAILY_ROWS
from shared.domain.daily import CancelDaily, CreateDaily, DeclaredDailyRegistration, ModifyDaily
from shared.domain.declaration import Span
from tests.unit.builders import PERIOD, without_nones

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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (create(), CreateDaily(PERIOD, Span(TODAY, TODAY, time(9), time(17)))),
        (modify(endHour="1800"), ModifyDaily(ID, end_hour=time(18))),
        (cancel(), CancelDaily(ID)),
    ],
)
def test_it_becomes_a_typed_value(given: dict[str, Any], expected: object) -> None:
    assert typed_daily(DeclaredDailyRegistration.model_validate(given)) == expected
