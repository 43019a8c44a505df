"""The events of the directory for each organization, and its rows that can never be changed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from tests.directory import Caller, in_force, managed, number_of, proposal, rows, user
from tests.foreign.events import PATIENCE

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"
FIRST_EVENTS = 4  #: of a new employer with an access manager


def followed(caller: Caller, cursor: str | None = None, least: int = 0) -> tuple[list[dict[str, Any]], str]:
    """Return all events after a cursor, read three at a time, and the last cursor.

    An event is hidden as long as any older transaction of the server runs, so wait for `least` events.
    """
    seen: list[dict[str, Any]] = []
    end = time.monotonic() + PATIENCE
    while True:
        page = caller.get(f"/events?pageSize=3{f'&after={cursor}' if cursor else ''}")
        seen, cursor = seen + page["items"], page["cursor"]
        if not page["items"]:
            if len(seen) >= least or time.monotonic() > end:
                return seen, page["cursor"]
            time.sleep(0.1)


async def test_each_party_follows_its_own_events(served: Endpoints) -> None:
    mandator, principal = managed(served, REPRESENTATIVE)
    before, cursor = followed(principal, least=FIRST_EVENTS)
    assert {event["type"].removeprefix("be.nsso.dimona.v1.") for event in before} == {
        f"{what}.notify.added" for what in ("organizations", "employers", "eboxes", "rights")
    }
    client = Caller(served, served.data.client_of("provider").client_id, 0)
    _, place = followed(client)
    mandate = in_force(served, principal, proposal(served, mandator), "provider.principal")
    events, cursor = followed(principal, cursor, least=3)
    assert [event["type"].rpartition(".")[2] for event in events] == ["added", "changed", "changed"]
    assert events[-1]["before"]["status"] == "to_finalize"
    assert events[-1]["after"] | {"mandateId": mandate["id"]} == events[-1]["after"]
    assert events[-1]["userId"] == served.data.users["provider.principal"].user_id
    assert set(events[-1]["enterpriseNumbers"]) == {mandator, number_of(served, "provider")}
    theirs, _ = followed(client, place, least=3)
    assert [event for event in theirs if event["id"] in {e["id"] for e in events}] == events
    others, _ = followed(user(served, "hotel.representative", 300))
    assert not {event["id"] for event in others} & {event["id"] for event in events}
    assert user(served, "bakery.reader", 300).ask("GET", "/events").status == 403
    future = f"{cursor.split('_')[0]}_999999999999_1"
    for wrong in ("x", cursor.replace(cursor[:8], "00000000"), future):
        assert principal.ask("GET", f"/events?after={wrong}").status == 400


async def test_a_cursor_skips_no_event_of_a_late_commit(served: Endpoints) -> None:
    """A change that began earlier and commits later comes after all cursors already returned."""
    number, principal = managed(served, REPRESENTATIVE)
    _, cursor = followed(principal, least=FIRST_EVENTS)
    slow = await connect(served.postgres_dsn)
    try:
        transaction = slow.transaction()
        await transaction.start()
        renamed = "UPDATE access.organization SET name = name || '!' WHERE enterprise_number = $1"
        await slow.execute(renamed, number)
        principal.post(f"/organizations/{number}/clients", {"queue": False})
        early, cursor = followed(principal, cursor)
        await transaction.commit()
    finally:
        await slow.close()
    late, _ = followed(principal, cursor, least=2 - len(early))
    types = [event["type"].removeprefix("be.nsso.dimona.v1.") for event in early + late]
    assert sorted(types) == ["clients.notify.added", "organizations.notify.changed"]


async def test_rows_of_history_and_refusals_cannot_change(served: Endpoints) -> None:
    """The role of the service may only add rows to the audit (threat T24)."""
    for table in ("history", "refusal", "designation"):
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            (row,) = await rows(
                served, "SELECT has_table_privilege('dimona_access', $1, $2) AS may", f"access.{table}", right
            )
            assert row["may"] is False
