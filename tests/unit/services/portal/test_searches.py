"""The criteria of the personnel file, the time line of a worker, and the last days to contest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from deploy.local.demo.numbers import MALE, make_enterprise_number, make_ssin
from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.channels.saved import presets
from services.portal.pages.personnel_kept import PRESETS
from services.portal.pages.personnel_kept import mistakes as mistakes_of_kept
from services.portal.pages.personnel_search import BOXES, FLAGS, SPANS, criteria, mistakes, typed_of
from services.portal.pages.personnel_timeline import WIDTH, time_line
from services.portal.pages.today import countdowns
from shared.domain.calendar import SATURDAY_AND_SUNDAY, SUNDAY
from shared.domain.identifiers import with_check

EMPLOYER = make_enterprise_number(77)
SSIN = make_ssin("1990-05-05", MALE, 7)
PERIOD = str(with_check(6051148382))
EVERYTHING = {
    "ssin": SSIN, "family_name": "Lenoir", "given_name": "Eva", "period_id": PERIOD, "relation_id": "4712",
    "sub_entity": "7", "user_number": EMPLOYER, "hours_from": "8", "hours_until": "80",
    **{f"{name}_{side}": "2026-01-01" for name in SPANS for side in ("from", "until")},
    **{f"{group}_{code}": "yes" for group, (_, codes) in BOXES.items() for code in codes[:2]},
    **dict.fromkeys(FLAGS, "no"),
}  # fmt: skip
REQUEST: TypeAdapter[SearchRequest] = TypeAdapter(SearchRequest)


def test_empty_fields_of_a_search_are_no_criteria() -> None:
    assert criteria({"ssin": "", "isLate": ""}, EMPLOYER) == {"employer": {"enterpriseNumber": EMPLOYER}}
    assert criteria({}, "") == {}


def test_a_search_has_every_criterion_of_the_service() -> None:
    body = criteria(EVERYTHING, EMPLOYER)
    request = REQUEST.validate_python(body)
    given = request.criteria().given().keys()
    assert request.model_fields_set == set(SearchRequest.model_fields)
    assert len(given) == len(SearchRequest().criteria().__slots__)


def test_a_kept_search_fills_the_form_again() -> None:
    body = criteria(EVERYTHING, "")
    assert typed_of(body) == EVERYTHING
    assert criteria(typed_of(body), "") == body


def test_the_presets_have_a_name_in_every_language() -> None:
    found = presets(date(2026, 11, 30), "https://x")
    assert [each["id"] for each in found] == list(PRESETS)
    assert typed_of(found[2]["criteria"]) == {
        "movementPeriod_from": "2026-11-01", "movementPeriod_until": "2026-11-30",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, {}),
        ({"ssin": f"{SSIN[:6]}-{SSIN[6:9]}.{SSIN[9:]}"}, {}),
        ({"ssin": "93051822362"}, {"ssin": "ssin"}),
        ({"user_number": "12"}, {"user_number": "number"}),
        ({"period_id": "605114838202"}, {"period_id": "dimona"}),
        ({"relation_id": "9" * 19}, {"relation_id": "relation"}),
        ({"hours_from": "1.5"}, {"hours_from": "hours"}),
        ({"startPeriod_from": "30/11/2026"}, {"startPeriod_from": "date"}),
        ({"startPeriod_from": "2026-01-02"}, {"startPeriod_until": "order"}),
    ],
)
def test_a_mistake_in_a_search_is_named_at_its_field(changed: dict[str, str], wrong: dict[str, str]) -> None:
    assert mistakes(EVERYTHING | changed) == wrong


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"name": "Students"}, {}),
        ({"name": ""}, {"name": "name"}),
        ({"name": "x" * 101}, {"name": "name"}),
        ({"name": "Eva", "given_name": "Eva"}, {"given_name": "worker"}),
    ],
)
def test_a_kept_search_has_a_name_and_no_worker(form: dict[str, str], wrong: dict[str, str]) -> None:
    assert mistakes_of_kept(form) == wrong


def period(start: str, end: str | None = None, state: str = "OPEN") -> dict[str, Any]:
    ends = {} if end is None else {"endDate": end}
    return {"startDate": start, "features": {"workerType": "STU"}, "status": state, **ends}


def test_a_time_line_has_a_bar_for_each_period() -> None:
    line = time_line([period("2024-01-01", "2024-12-31", "CLOSED"), period("2025-07-01")], date(2026, 11, 30))
    first, second = line.bars
    assert (first.x, first.state, second.x + second.width) == (0, "CLOSED", WIDTH)
    assert first.x + first.width < second.x
    assert first.y + 24 < second.y < line.height
    assert [mark.text for mark in line.marks] == ["2024", "2025", "2026"]


def test_a_short_time_line_has_months() -> None:
    line = time_line([period("2026-10-05", "2026-10-05", "CLOSED")], date(2026, 11, 30))
    assert [mark.text for mark in line.marks] == ["11/2026", "12/2026"]
    assert line.bars[0].width >= 3, "a day can be seen"
    assert time_line([], date(2026, 11, 30)).bars == []


def message(deposited: str, type_: str = "dimonaPositive") -> dict[str, str]:
    return {"depositedAt": f"{deposited}T09:00:00+00:00", "messageType": type_}


@pytest.mark.parametrize(("weekend", "days"), [(SATURDAY_AND_SUNDAY, 1), (SUNDAY, 0)])
def test_a_countdown_ends_with_the_last_day_to_contest(weekend: frozenset[int], days: int) -> None:
    """Rule R6: Tuesday, 24 November, and five working days."""
    found = countdowns([message("2026-11-24")], date(2026, 11, 30), weekend)
    assert [each.days for each in found] == [days]


def test_the_nearest_last_day_is_first_and_one_that_is_over_is_left_out() -> None:
    messages = [
        message("2026-11-27"), message("2026-11-25"), message("2026-11-25", "dimonaNegative"),
        message("2026-11-10"),
    ]  # fmt: skip
    found = countdowns(messages, date(2026, 11, 30), SATURDAY_AND_SUNDAY)
    assert [each.message for each in found] == [messages[2], messages[1], messages[0]]
