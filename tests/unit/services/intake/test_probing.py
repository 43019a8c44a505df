"""The limit on new workers, and the signs of a search of the register."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.intake.probing.rules import (
    WorkerBound,
    contradicts,
    is_quick,
    seconds_until_tomorrow,
    worker_code,
)
from shared.domain.anomalies import anomaly
from shared.domain.declared import DeclaredWorker
from tests.unit.builders import IDENTITY, NISS, OTHER_NISS

SECRET = bytes(32)
NOON = datetime(2026, 2, 20, 11, tzinfo=UTC)  # 12:00 in Brussels


def test_an_organization_may_have_its_own_limit() -> None:
    bound = WorkerBound(10, {"large": 900})
    assert [bound.most(organization) for organization in ("small", "large")] == [10, 900]


def test_a_worker_has_one_code_that_reveals_no_number() -> None:
    worker = DeclaredWorker.model_validate(IDENTITY)
    other = worker.model_copy(update={"given_name": "Elise"})
    codes = [
        worker_code(SECRET, worker, NISS),
        worker_code(SECRET, None, OTHER_NISS),
        worker_code(SECRET, worker, None),
        worker_code(SECRET, other, None),
        worker_code(bytes(16), None, NISS),
    ]
    assert len(set(codes)) == len(codes)
    assert worker_code(SECRET, None, NISS) == codes[0]
    assert not any(NISS in code for code in codes)


def test_a_cancel_is_quick_within_a_day() -> None:
    assert is_quick(NOON, NOON + timedelta(hours=23, minutes=59))
    assert not is_quick(NOON, NOON + timedelta(hours=24))


@pytest.mark.parametrize(
    ("code", "found"), [("00025-348", True), ("00029-348", True), ("90373-460", False), ("00024-348", True)]
)
def test_differing_data_contradict_the_register(code: str, found: bool) -> None:
    assert contradicts([anomaly("90373-460", ""), anomaly(code, "")]) is found


def test_the_day_of_the_limit_ends_at_midnight_in_brussels() -> None:
    assert seconds_until_tomorrow(NOON) == 12 * 3600 + 1
    assert seconds_until_tomorrow(datetime(2026, 2, 20, 23, 30, tzinfo=UTC)) == 23 * 3600 + 1800 + 1
