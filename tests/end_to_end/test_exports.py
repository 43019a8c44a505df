"""Exports at the address of the declarations, of a period that was just declared."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.test_consultation import about, accepted, fits, sent
from tests.prove.world import World
from tests.rest import Rest, kind_of

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_an_export_is_passed_on_with_its_name_and_its_problems(world: World, bakery: Rest) -> None:
    relation = world.relation("bakery")
    await accepted(bakery, world.engage(relation))
    (item,) = fits("PeriodPage", await sent(bakery, "POST", "/periods/search", about(relation)))["items"]
    criteria: dict[str, Any] = {**about(relation), "relationId": item["relationId"]}
    del criteria["worker"]
    made = await sent(bakery, "POST", "/exports", {"format": "jsonl", "criteria": criteria})
    assert (made.status, made.json()["total"]) == (202, 1), made.body
    path = made.headers["location"].removeprefix(bakery.url)
    assert made.headers["location"] == made.json()["href"] == f"{bakery.url}{path}"
    file = await sent(bakery, "GET", f"{path}/content")
    assert [json.loads(line) for line in file.body.splitlines()] == [item]
    assert file.headers["content-disposition"] == 'attachment; filename="dimona.jsonl"'
    assert (await sent(bakery, "HEAD", f"{path}/content")).body == b""
    assert fits("Export", await sent(bakery, "GET", path))["deliveredRows"] == 1
    foreign = await sent(Rest(world, "nursery"), "GET", f"{path}/content")
    assert (foreign.status, kind_of(foreign)) == (404, "resourceNotFound")
    assert foreign.json()["instance"] == f"urn:uuid:{foreign.headers['belgov-trace-id']}"
    refused = await sent(bakery, "POST", "/exports", {"criteria": about(relation)})
    assert [issue["name"] for issue in refused.json()["issues"]] == ["criteria.worker"]
    assert (await sent(bakery, "DELETE", path)).status == 204


async def test_a_saved_search_is_passed_on(bakery: Rest) -> None:
    path = f"/savedSearches/{uuid4()}"
    saved = await sent(bakery, "PUT", path, {"name": "open", "criteria": {"status": "OPEN"}})
    assert saved.status == 201
    assert saved.json() in fits("SavedSearchList", await sent(bakery, "GET", "/savedSearches"))["items"]
    assert (await sent(bakery, "DELETE", path)).status == 204
