"""The view of the data protection officer on the records of looks (ADR 36)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from tests.contracts.openapi import as_json_schema, contract
from tests.end_to_end.planted import AGENT, Face, Planted
from tests.prove.world import World
from tests.rest import Rest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

ALWAYS: Final = {"words": "A complaint.", "since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
_CONSULTATION: Final = """
INSERT INTO personnel_file.consultations (read_at, operation, reader, worker, criteria, counted, relations)
VALUES ($1, 'searchPeriods', $2, $3, '{}', false, $4) RETURNING seq"""


async def search(face: Face, size: int = 200, **body: Any) -> dict[str, Any]:
    """Return a page of looks, which has the schema of the contract."""
    answer = await face.ask("POST", f"/looks/search?pageSize={size}", {**ALWAYS, **body})
    assert answer.status == 200, answer.body
    said = contract("person")["paths"]["/looks/search"]["post"]["responses"]["200"]
    schema = said["content"]["application/json"]["schema"]
    Draft202012Validator(as_json_schema(schema)).validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def pages(face: Face, size: int, until: str = ALWAYS["until"], **body: Any) -> list[dict[str, Any]]:
    """Return the looks of all pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = await search(face, size, until=until, **body)
        found += page["items"]
        if "nextUntil" not in page:
            return found
        until = page["nextUntil"]


async def test_looks_are_found_by_person_and_by_reader(
    world: World, planted: Planted, data: DemoData
) -> None:
    """The officer sees the reader; a former number finds the person; pages have no gap."""
    client = Rest(world, "bakery").client_id
    both = (await search(planted.agent, ssin=planted.former, reader=client))["items"]
    assert {look["reader"] for look in both} == {client}
    assert {"searchPeriods", "readDeclaration"} <= {look["operation"] for look in both}
    assert {look["kind"] for look in both} == {"employer"}
    of_person = await pages(planted.agent, 200, ssin=planted.ssin)
    of_reader = await pages(planted.agent, 200, reader=client)
    assert [look for look in of_person if look["reader"] == client] == both
    assert {look["lookedAt"] for look in both} <= {look["lookedAt"] for look in of_reader}
    assert planted.ssin not in str(of_reader)
    few = await pages(planted.agent, 3, ssin=planted.ssin, until=of_person[0]["lookedAt"])
    assert few == [look for look in of_person if look["lookedAt"] < of_person[0]["lookedAt"]]


async def test_the_period_bounds_the_looks(world: World, planted: Planted) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await search(planted.agent, ssin=planted.ssin, since=later))["items"] == []
    assert (await search(planted.agent, reader=Rest(world, "bakery").client_id, since=later))["items"] == []


async def test_a_search_of_the_officer_is_a_look_too(world: World, planted: Planted) -> None:
    """The person sees it with its reason; without its row there is no answer (threat T25)."""
    await search(planted.agent, ssin=planted.ssin, words="A check of the officer.")
    looks = (await planted.person.found("GET", "/person/looks?pageSize=200", "Looks"))["items"]
    assert "A check of the officer." in {
        look["about"].get("words") for look in looks if look["operation"] == "searchLooks"
    }
    await world.database.fetch("REVOKE INSERT ON contact.readings FROM dimona_contact")
    try:
        answer = await planted.agent.ask("POST", "/looks/search", {**ALWAYS, "ssin": planted.ssin})
    finally:
        await world.database.fetch("GRANT INSERT ON contact.readings TO dimona_contact")
    assert answer.status == 503


async def test_unusual_readers_and_organizations_are_found(
    world: World, planted: Planted, data: DemoData
) -> None:
    """A reader of 60 relations in lists, one of 60 workers one by one; CANCELs soon after their IN."""
    day = datetime(2026, 5, 4, 10, tzinfo=UTC)
    bakery = data.organizations["bakery"].enterprise_number
    client = Rest(world, "bakery").client_id
    await world.database.value(_CONSULTATION, day, client, None, list(range(60)))
    for n in range(60):
        await world.database.value(_CONSULTATION, day, "one by one", f"worker {n}", [])
        await world.database.value(_CONSULTATION, day, "always one", "worker 1", [])
    await world.database.value(
        """INSERT INTO intake.organization_days
            (day, organization, new_workers, quick_cancels, contradictions)
        VALUES ($1, $2, 70, 55, 3) RETURNING 1""", day.date(), bakery,
    )  # fmt: skip
    body = {"words": "The check of May.", "firstDay": "2026-05-01", "lastDay": "2026-05-31"}
    found = (await planted.agent.ask("POST", "/looks/unusual", body)).json()
    seen = {(row["reader"], row["day"], row["workers"]) for row in found["readers"]}
    assert seen == {(client, "2026-05-04", 60), ("one by one", "2026-05-04", 60)}
    (of_client,) = (row["organizations"] for row in found["readers"] if row["reader"] == client)
    assert [each["enterpriseNumber"] for each in of_client] == [bakery]
    assert found["organizations"] == [
        {
            "enterpriseNumber": bakery, "day": "2026-05-04", "newWorkers": 70, "quickCancels": 55,
            "contradictions": 3,
        }
    ]  # fmt: skip
    more = (await planted.agent.ask("POST", "/looks/unusual", {**body, "least": 61})).json()
    assert more == {"readers": [], "organizations": []}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("search", {"words": " "}),
        ("search", {}),
        ("search", {"ssin": "85073003329"}),
        ("search", {"reader": "a", "until": "2019-01-01T00:00:00Z"}),
        ("unusual", {"firstDay": "2026-05-02", "lastDay": "2026-05-01"}),
        ("unusual", {"firstDay": "2026-05-01", "lastDay": "2026-06-01"}),
    ],
)
async def test_a_request_without_a_reason_or_a_bound_is_refused(
    planted: Planted, path: str, body: dict[str, str]
) -> None:
    given = {**ALWAYS, **body} if path == "search" else {"words": "w", **body}
    assert (await planted.agent.ask("POST", f"/looks/{path}", given)).status == 400


async def test_only_officers_search(deployment: Endpoints, data: DemoData, planted: Planted) -> None:
    agent = Face(deployment, data.users["authority.agent"].user_id, AGENT)
    assert (await agent.ask("POST", "/looks/search", {**ALWAYS, "ssin": planted.ssin})).status == 403
    days = {"words": "w", "firstDay": "2026-05-01", "lastDay": "2026-05-01"}
    assert (await agent.ask("POST", "/looks/unusual", days)).status == 403
