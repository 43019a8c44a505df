"""Exports against the real database: whole files, rights, records and limits."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from typing import Any

import pytest
from openpyxl import load_workbook

from services.personnel_file.consultation.handler import exports as handler
from services.personnel_file.consultation.rules import Level, Order
from services.personnel_file.consultation.store.exports import MOST_OF_ORGANIZATION
from services.personnel_file.settings import BASE
from shared.runtime.database import transaction
from tests.integration.consultation import oracle
from tests.integration.consultation.conftest import EXPORTS, Face

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

MADE = oracle.relations(23)
ROWS = "SELECT count(*) FROM personnel_file.exports"
LOOKS = "SELECT * FROM personnel_file.consultations WHERE reader = $1 ORDER BY seq"


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "PAGE", 7)


@pytest.mark.parametrize("level", Level)
async def test_a_file_has_every_row_of_its_search(face: Face, level: Level) -> None:
    """In each form and order; the lines of JSON are the items of a search."""
    given = {"employer": oracle.EMPLOYERS[0], "worker_type": ("STU", "FLX")}
    criteria = {"features": {"workerType": ["STU", "FLX"]}}
    for order in Order:
        expected = oracle.found(MADE, level, given, order)
        assert len(expected) > 20
        searched = await face.ask("POST", f"{BASE}/{level}s/search?pageSize=100&sort={order}", criteria)
        wanted: dict[str, Any] = {"level": level, "sort": order, "criteria": criteria}
        lines = (await face.ask("GET", f"{await face.export('jsonl', **wanted)}/content")).body.splitlines()
        items, first = [json.loads(line) for line in lines], searched.json()["items"]
        assert items[: len(first)] == first
        assert [item[f"{level}Id"] for item in items] == expected
    path = await face.export("csv", **wanted)
    answer = await face.ask("GET", f"{path}/content")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="dimona.csv"'
    rows = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")), delimiter=";")
    assert [int(row[f"{level}Id"]) for row in rows] == expected
    answer = await face.ask("GET", f"{await face.export('xlsx', **wanted)}/content")
    book = load_workbook(io.BytesIO(answer.body), read_only=True)
    heading, *cells = book.worksheets[0].iter_rows(values_only=True)
    assert [int(str(row[heading.index(f"{level}Id")])) for row in cells] == expected
    state = (await face.ask("GET", path)).json()
    assert (state["state"], state["deliveredRows"]) == ("DELIVERED", len(expected))
    assert (state["total"], state["isTotalComplete"]) == (len(expected), True)


async def test_each_page_is_recorded(face: Face) -> None:
    """The export itself shows nothing; its pages name the relations that they show."""
    await face.owner.execute("TRUNCATE personnel_file.consultations")
    path = await face.export()
    lines = (await face.ask("GET", f"{path}/content")).body.splitlines()
    looks = await face.owner.fetch(LOOKS, face.client("bakery"))
    assert {look["operation"] for look in looks} == {"createExport", "getExportContent"}
    assert looks[0]["relations"] == []
    assert len(looks) - 1 == -(-len(lines) // 7)
    shown = {relation for look in looks for relation in look["relations"]}
    assert shown == {json.loads(line)["relationId"] for line in lines}


async def test_a_search_that_is_kept_names_no_worker(face: Face) -> None:
    for worker in ({"ssin": "93051891449"}, {"familyName": "Lenoir"}):
        answer = await face.ask("POST", EXPORTS, {"criteria": {"worker": worker}})
        assert answer.status == 400
        assert [issue["name"] for issue in answer.json()["issues"]] == ["criteria.worker"]
    assert await face.owner.fetchval(ROWS) == 0


async def test_only_its_maker_finds_an_export(face: Face) -> None:
    path = await face.export()
    for method, end in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert (await face.ask(method, f"{path}{end}", role="nursery")).status == 404
    for unknown in ("x", "00000000-0000-4000-8000-000000000000"):
        assert (await face.ask("GET", f"{EXPORTS}/{unknown}/content")).status == 404
    assert (await face.ask("DELETE", path)).status == 204
    assert (await face.ask("GET", path)).status == 404


async def test_the_rights_are_read_again_when_the_file_is_read(face: Face) -> None:
    """A mandatary makes an export, and its mandate ends. Each refusal is recorded."""
    foreign = face.data.organizations["brewery"].enterprise_number
    wanted: dict[str, Any] = {"criteria": {"employer": {"enterpriseNumber": foreign}}}
    path = await face.export(role="secretariat", **wanted)
    assert (await face.ask("GET", f"{path}/content", role="secretariat")).status == 200
    ended = "UPDATE access.mandate SET begin_quarter = '2000Q1', end_quarter = '2000Q1' WHERE mandator = $1"
    assert await face.owner.execute(ended, foreign) != "UPDATE 0"
    for method, url, body in (("GET", f"{path}/content", b""), ("POST", EXPORTS, wanted)):
        answer = await face.ask(method, url, body, "secretariat")
        assert (answer.status, answer.json()["title"]) == (403, "Missing Permission")
        *_, look = await face.owner.fetch(LOOKS, face.client("secretariat"))
        assert (look["employer"], look["relations"], bool(look["refused"])) == (foreign, [], True)


@pytest.mark.parametrize("limit", ["ROWS", "BYTES"])
async def test_a_file_beyond_its_limits_breaks_off(
    face: Face, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """The state tells the reason."""
    path = await face.export()
    whole = (await face.ask("GET", f"{path}/content")).body
    monkeypatch.setattr(handler, limit, {"ROWS": 10, "BYTES": len(whole) // 2}[limit])
    assert len((await face.ask("GET", f"{path}/content")).body) < len(whole)
    assert (await face.ask("GET", path)).json()["state"] == "TOO_LARGE"


async def test_an_organization_has_few_exports_until_they_expire(face: Face) -> None:
    """Also of many that are made at once, each takes a place. Those of another organization do not count."""
    requests = (face.ask("POST", EXPORTS, {"criteria": {}}) for _ in range(MOST_OF_ORGANIZATION + 2))
    made = Counter(answer.status for answer in await asyncio.gather(*requests))
    assert made == {202: MOST_OF_ORGANIZATION, 409: 2}
    assert await face.owner.fetchval(ROWS) == MOST_OF_ORGANIZATION
    full = await face.ask("POST", EXPORTS, {"criteria": {}})
    assert (full.status, full.json()["title"]) == (409, "Conflict")
    assert await face.export(role="nursery")
    ended = "UPDATE personnel_file.exports SET expires_at = now() WHERE place = 3 RETURNING export_id"
    one = await face.owner.fetchval(ended)
    assert (await face.ask("GET", f"{EXPORTS}/{one}/content")).status == 404
    assert await face.export()
    await face.owner.execute("UPDATE personnel_file.exports SET expires_at = now()")
    async with transaction(face.stage.pool) as tx:
        await handler.forget(tx)
    assert await face.owner.fetchval(ROWS) == 0
