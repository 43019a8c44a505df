"""Control: `make prove-rules` finds its faults."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.foreign.events import REPLY, Event
from tests.prove.quotas import Said, of_article_17, of_horeca, of_students
from tests.prove.world import Relation


def said(type_: str, day: int, hours: int, result: str, *errors: str, **quota: Any) -> tuple[Said, Event]:
    status = {
        "result": result,
        "anomalies": [{"errorId": error} for error in errors],
        "quota": [quota] if quota else [],
    }
    one = Said(Relation("bakery", "e", "w"), type_, date.fromordinal(740_000 + day), hours, {})
    return one, Event("1", REPLY, "1", {"declarationStatus": status}, {})


FULL = said("O17", 0, 100, "A")
STUDENT = said("STU", 0, 600, "A")
DAYS = [said("EXT", n, 0, "A") for n in range(200)]


@pytest.mark.parametrize(
    "ended",
    [
        [FULL, said("O17", 1, 1, "B", "90017-369")],
        [STUDENT, said("STU", 1, 60, "W", "90017-369", quotaType="STUDENT", exceedingHours=10)],
        [*DAYS, said("EXT", 5, 0, "A")],
        [*DAYS, said("EXT", 200, 0, "W", quotaType="HORECA_EMPLOYER", exceedingDays=1)],
    ],
)
def test_a_correct_run_has_no_fault(ended: list[Any]) -> None:
    assert [*of_article_17(ended), *of_students(ended), *of_horeca(ended)] == []


@pytest.mark.parametrize(
    "ended",
    [
        [FULL, said("O17", 1, 1, "A")],
        [said("O17", 0, 90, "A"), said("O17", 1, 10, "B", "90017-369")],
        [STUDENT, said("STU", 1, 60, "A")],
        [STUDENT, said("STU", 1, 60, "W", "90017-369", quotaType="STUDENT", exceedingHours=9)],
        [*DAYS, said("EXT", 200, 0, "A")],
        [*DAYS, said("EXT", 5, 0, "W", quotaType="HORECA_EMPLOYER", exceedingDays=1)],
    ],
)
def test_a_missed_excess_is_found(ended: list[Any]) -> None:
    assert len([*of_article_17(ended), *of_students(ended), *of_horeca(ended)]) == 1
