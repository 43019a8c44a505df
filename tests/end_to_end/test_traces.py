"""A message without right to it is invisible: its arrival, and what other users do with it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest

from deploy.local.deployment import Endpoints
from tests.directory import Caller, make_person
from tests.matters import UNKNOWN, WITH_A_MESSAGE, Matter, engage, matter, opened, plain, worker
from tests.prove.world import Relation, World

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def users_of(found: Matter, *rights: list[dict[str, str]]) -> list[Caller]:
    """Return users of an employer with these rights, each granted by its local manager."""
    path = f"/organizations/{found.number}/users"

    def named(by: Caller, given: list[dict[str, str]]) -> Caller:
        made = by.post(path, {"person": make_person(), "rights": given})
        return Caller(by.endpoints, made["id"])

    local = await asyncio.to_thread(named, found.principal, [{"right": "userManagement"}])
    return [await asyncio.to_thread(named, local, given) for given in rights]


async def views(reader: Caller, box: Matter, number: int, person: str) -> dict[str, Any]:
    """Return all that a reader can see, also by searching for a declaration or a person."""
    asked = (
        "messages", "messages?isRead=true", "messages?isRead=false", "messages?messageType=dimonaPositive",
        f"messages?declarationId={number}", f"messages?q={number}", "messages?label=season",
        f"messages?attentionOf={person}", "messages?sort=messageType&pageSize=1", "labels", "events",
    )  # fmt: skip
    found = {}
    for path in asked:
        answer = await opened(reader, box.number, "GET", path)
        assert answer.status == 200, (path, answer.body)
        found[path] = answer.json()
    return found


#: Views of a reader with all rights that do not contain the last message, once it is read.
_ELSEWHERE: Final = ("messages?isRead=false", "messages?sort=messageType&pageSize=1", "labels")


async def test_a_message_without_right_leaves_no_trace(world: World, deployment: Endpoints) -> None:
    """It arrives, is read and labeled, and attention is asked; the views stay equal."""
    box = await matter(world, deployment)
    everything = [{"right": "ebox"}, {"right": "eboxManagement"}]
    refusals_only = [{"right": "ebox", "messageType": "dimonaNegative"}]
    whole, part = await users_of(box, everything, refusals_only)
    refused = engage(world, box.number)
    refused["dimonaIn"]["endDate"] = "2020-01-01"
    (ended,) = await world.ends("provider", refused)
    assert ended.startswith("B")
    announced = """SELECT count(*) = $2
        FROM notifier.ebox_events JOIN notifier.messages m USING (message_id)
        WHERE m.enterprise_number = $1"""
    await world.database.until(announced, box.number, 2)
    period = await world.begun(Relation("provider", box.number, worker(world)))
    await world.database.until(announced, box.number, 3)
    (hidden,) = (await opened(whole, box.number, "GET", f"messages?declarationId={period}")).json()["items"]
    before = await views(part, box, period, whole.subject)
    assert before["messages"]["total"] == len(before["events"]["items"]) == 1
    for method, path in (
        ("GET", ""),
        ("PUT", "/labels/season?isForAll=true"),
        ("PUT", f"/attention/{whole.subject}"),
    ):
        assert (await opened(whole, box.number, method, f"messages/{hidden['id']}{path}")).status in (
            200,
            204,
        )
    assert await views(part, box, period, whole.subject) == before
    seen = await views(whole, box, period, whole.subject)
    assert seen["labels"]["items"] == [{"label": "season", "messages": 1}]
    assert all(hidden["id"] in json.dumps(seen[path]) for path in seen if path not in _ELSEWHERE)
    for method, path in WITH_A_MESSAGE:
        there = await opened(part, box.number, method, path.format(hidden["id"]))
        nowhere = await opened(part, box.number, method, path.format(UNKNOWN))
        assert (there.status, nowhere.status) == (404, 404), path
        assert plain(there) == plain(nowhere), path
