"""The times for which the versions of an authorization count, and the two humans behind each version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import Connection
from tests.integration.authorizing import (
    AGENTS,
    DAY,
    NOW,
    add_institution,
    authorize,
    directory_with_one,
    end,
    in_force,
)

pytestmark = pytest.mark.stack


@pytest.fixture
async def connection(endpoints: Endpoints) -> AsyncIterator[Connection]:
    async with directory_with_one(endpoints) as connected:
        yield connected


async def test_a_later_version_counts_since_its_begin_where_no_other_counted(connection: Connection) -> None:
    """Also a version of another authorization, which has another number here."""
    await authorize(connection, expires_at=NOW - 10 * DAY)
    await authorize(connection, begins_at=NOW - 40 * DAY)
    instants: dict[int, list[int]] = {-41: [], -35: [2], -20: [1], -5: [2], 1: [2]}
    for days, expected in instants.items():
        assert await in_force(connection, NOW + days * DAY) == expected, days
    await end(connection)
    await authorize(connection, version=7, begins_at=NOW - 50 * DAY)
    assert await in_force(connection, NOW - 45 * DAY) == [7]
    assert await in_force(connection, NOW - 35 * DAY) == [2]
    assert await in_force(connection, NOW + DAY) == [7]


async def test_a_version_tells_since_when_events_are_seen_and_no_time_was_without(
    connection: Connection,
) -> None:
    """A next version goes on; after an end or an expiry a new time begins, at the confirmation."""
    now = """SELECT sees_from, in_force_since, platform.now() AS now FROM access.institution_authorizations
        WHERE institution_id = 'one' AND valid_from <= platform.now()
            AND (valid_to IS NULL OR platform.now() < valid_to)"""

    async def told() -> tuple[datetime, datetime]:
        (row,) = await connection.fetch(now)
        assert row["in_force_since"] <= row["now"]
        return row["sees_from"], row["in_force_since"]

    await authorize(connection)
    begin, first = await told()
    await authorize(connection, begins_at=NOW - DAY)
    assert await told() == (begin, first)
    await authorize(connection, begins_at=NOW - 60 * DAY)
    assert await told() == (NOW - 60 * DAY, first)
    await end(connection)
    await authorize(connection, begins_at=NOW - DAY)
    begin, again = await told()
    assert (begin, again > first) == (NOW - DAY, True)
    await add_institution(connection, "two")
    await authorize(connection, "two", expires_at=NOW - 5 * DAY)
    await authorize(connection, "two", begins_at=NOW - 5 * DAY)
    (row,) = await connection.fetch(now.replace("'one'", "'two'"))
    assert row["in_force_since"] > again, "its confirmation, and not its begin"


async def test_one_human_does_not_both(connection: Connection) -> None:
    """Under one user id in two spellings, under two user ids, or as operator and as user."""
    others = [str(uuid4()) for _ in range(3)]
    for place, id_ in enumerate(others):
        await connection.execute(
            """INSERT INTO access.person (user_id, ssin, family_name, given_name, language)
            VALUES ($1, $2, $3, 'A', 'fr')""",
            id_, "90021999251" if place < 2 else "93051822361", f"Name {place}",
        )  # fmt: skip
    await authorize(connection, granted_by=others[0], confirmed_by=others[2])
    pairs = [
        (AGENTS[0], AGENTS[0].upper()),
        (AGENTS[0], f"{{{AGENTS[0]}}} "),
        (others[0], others[1]),
        (others[0].upper(), others[1]),
        ("operator:alice", "operator:Alice"),
        ("operator:alice", AGENTS[0]),
    ]
    for granted, confirmed in pairs:
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            async with connection.transaction():
                await authorize(connection, granted_by=granted, confirmed_by=confirmed)
        assert caught.value.constraint_name == "authorization_by_two_agents", (granted, confirmed)
    await authorize(connection, granted_by="operator:alice", confirmed_by="operator:bob")
