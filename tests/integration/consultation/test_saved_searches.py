"""Saved searches against the real database: presets, own ones, and their limits."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from services.personnel_file.consultation.store.saved import MOST_OF_USER
from services.personnel_file.settings import BASE
from tests.integration.consultation.conftest import Face

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

SEARCHES = f"{BASE}/savedSearches"
FLEXI: dict[str, Any] = {"name": "Flexi-jobs", "criteria": {"features": {"workerType": ["FLX"]}}}


async def names(face: Face, role: str = "bakery") -> list[str]:
    answer = await face.ask("GET", SEARCHES, role=role)
    assert answer.status == 200, answer.body
    return [item["name"] for item in answer.json()["items"] if not item["isPreset"]]


async def test_each_user_has_three_presets_that_can_be_searched(face: Face) -> None:
    """They are complete bodies of a search, of this month."""
    items = (await face.ask("GET", SEARCHES)).json()["items"]
    assert [item["id"] for item in items] == ["fullRegister", "activeInPeriod", "entriesAndExits"]
    for item in items:
        assert item["isPreset"]
        assert (await face.ask("GET", item["href"].removeprefix("https://test"))).json() == item
        found = await face.ask("POST", f"{BASE}/{item['level']}s/search", item["criteria"])
        assert found.status == 200, found.body
    assert items[2]["criteria"]["movementPeriod"].keys() == {"startDate", "endDate"}


async def test_a_search_is_saved_replaced_and_deleted_by_its_user_only(face: Face) -> None:
    path = f"{SEARCHES}/{uuid4()}"
    saved = await face.ask("PUT", path, FLEXI)
    assert saved.status == 201
    assert saved.json() == {
        "id": path[-36:], "href": f"https://test{path}", "isPreset": False, "level": "period",
        "sort": "number", **FLEXI,
    }  # fmt: skip
    changed = {**FLEXI, "level": "relation", "name": "Flexi-jobs by worker"}
    replaced = await face.ask("PUT", path, changed)
    assert (replaced.status, replaced.json()["level"]) == (200, "relation")
    assert await names(face) == ["Flexi-jobs by worker"]
    assert await names(face, "nursery") == []
    assert (await face.ask("GET", path, role="nursery")).status == 404
    assert (await face.ask("DELETE", path, role="nursery")).status == 404
    assert (await face.ask("DELETE", path)).status == 204
    assert (await face.ask("GET", path)).status == 404


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({**FLEXI, "criteria": {"worker": {"ssin": "93051891449"}}}, "criteria.worker"),
        ({**FLEXI, "name": "93051891449"}, "name"),
        ({**FLEXI, "name": "Claire, 93.05.18-914 49"}, "name"),
        ({**FLEXI, "name": ""}, "name"),
        ({"criteria": {}}, "name"),
        ({**FLEXI, "criteria": {"unknown": 1}}, "criteria.unknown"),
    ],
)
async def test_no_number_of_a_person_is_saved(face: Face, body: Any, name: str) -> None:
    answer = await face.ask("PUT", f"{SEARCHES}/{uuid4()}", body)
    assert answer.status == 400
    assert [issue["name"] for issue in answer.json()["issues"]] == [name]
    assert await names(face) == []


async def test_a_preset_and_a_foreign_form_of_id_are_not_found(face: Face) -> None:
    for id_ in ("fullRegister", "93051891449", "x"):
        assert (await face.ask("PUT", f"{SEARCHES}/{id_}", FLEXI)).status == 404
        assert (await face.ask("DELETE", f"{SEARCHES}/{id_}")).status == 404


async def test_a_user_and_an_organization_have_few_searches(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An existing one can still be changed."""
    asked = [f"{SEARCHES}/{uuid4()}" for _ in range(MOST_OF_USER + 1)]
    answers = await asyncio.gather(*(face.ask("PUT", path, FLEXI) for path in asked))
    paths = [path for path, answer in zip(asked, answers, strict=True) if answer.status == 201]
    assert len(paths) == MOST_OF_USER, "also of many at once, each takes a place"
    assert (await face.ask("PUT", paths[0], FLEXI)).status == 200
    assert (await face.ask("PUT", paths[0], FLEXI, "nursery")).status == 201, "an id is one of its user"
    assert (await face.ask("DELETE", paths[1])).status == 204
    assert (await face.ask("PUT", f"{SEARCHES}/{uuid4()}", FLEXI)).status == 201
    monkeypatch.setattr("services.personnel_file.consultation.store.saved.MOST_OF_ORGANIZATION", 1)
    full = await face.ask("PUT", f"{SEARCHES}/{uuid4()}", FLEXI, "nursery")
    assert (full.status, full.json()["title"]) == (409, "Conflict")
