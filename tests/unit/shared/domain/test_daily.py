"""Daily registrations as typed values."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from shared.domain.daily import CancelDaily, CreateDaily, ModifyDaily, typed_daily
from shared.domain.declaration import Span
from shared.domain.declared import DeclaredDailyRegistration

PERIOD, ID = 656309292174, 656309296521
DAY = date(2026, 2, 20)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"attestationStatus": 0, "periodId": PERIOD, "startDate": "2026-02-20", "startHour": "0900",
             "endDate": "2026-02-20", "endHour": "1700"},
            CreateDaily(PERIOD, Span(DAY, DAY, time(9), time(17))),
        ),
        (
            {"attestationStatus": 0, "periodId": PERIOD, "startDate": "2026-02-20", "startHour": "0900",
             "endDate": "2026-02-20"},
            CreateDaily(PERIOD, Span(DAY, DAY, time(9))),
        ),
        (
            {"attestationStatus": 1, "dailyRegistrationId": ID, "endHour": "1800"},
            ModifyDaily(ID, end_hour=time(18)),
        ),
        (
            {"attestationStatus": 1, "dailyRegistrationId": ID, "startDate": "2026-02-20"},
            ModifyDaily(ID, start=DAY),
        ),
        ({"attestationStatus": 3, "dailyRegistrationId": ID}, CancelDaily(ID)),
    ],
)  # fmt: skip
def test_a_registration_becomes_a_typed_value(given: dict[str, Any], expected: object) -> None:
    assert typed_daily(DeclaredDailyRegistration.model_validate(given)) == expected
