"""Searches by queue, with the real broker and beside those over REST."""

from __future__ import annotations

import pytest

from tests.end_to_end.test_consultation import about, accepted, fits, sent
from tests.foreign.events import QUERY
from tests.prove.world import World
from tests.rest import Rest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_a_search_by_queue_finds_as_over_rest(world: World, bakery: Rest) -> None:
    """A period that was declared over REST; also from a client without a token."""
    relation = world.relation("bakery")
    number = await accepted(bakery, world.engage(relation))
    over_rest = fits("PeriodPage", await sent(bakery, "POST", "/periods/search", about(relation)))
    client = world["bakery"]
    for headers in (False, True):
        id_ = await client.query({"criteria": about(relation)}, in_headers=headers)
        reply = await client.answer(id_, f"{QUERY}.reply", f"{QUERY}.problemReply")
        assert reply.type == f"{QUERY}.reply", reply.data
        assert reply.data == {"items": over_rest["items"], "pageSize": 50}
    assert [item["periodId"] for item in over_rest["items"]] == [number]
    foreign = await world["secretariat"].query({"criteria": {"employer": {"enterpriseNumber": "0400000009"}}})
    refused = await world["secretariat"].answer(foreign, f"{QUERY}.problemReply")
    assert refused.data["type"] == "urn:problem-type:belgif:missingPermission"
