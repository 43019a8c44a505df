"""Authorizations of institutions in the real database: versions in force, and permitted changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from services.access.authorizations.rules import EEA, RecipientClass, Status
from services.access.authorizations.store import status, versions
from services.access.loading.document import Document
from services.access.loading.store import load
from shared.domain.rights import AUTHORITY
from shared.runtime.database import Connection, connect
from tests.integration.authorizing import (
    AGENTS,
    DAY,
    NOW,
    TERMS,
    add_institution,
    authorize,
    directory_with_one,
    end,
    in_force,
)

pytestmark = pytest.mark.stack

OUTSIDE = {"country": "US", "guarantee": "Standard clauses of 2021"}
#: State of an authorization → its differences from TERMS, and whether it gives events.
STATES: dict[str, tuple[dict[str, Any] | None, bool]] = {
    "no basis": (None, False),
    "proposed": ({"confirmed_by": None}, False),
    "valid": ({}, True),
    "with an expiry": ({"expires_at": NOW + DAY}, True),
    "future": ({"begins_at": NOW + DAY}, False),
    "expired": ({"expires_at": NOW - DAY}, False),
    "ended": ({}, False),
    "outside the EEA": ({"country": "US"}, False),
    "outside the EEA with a guarantee": (OUTSIDE, True),
    "outside the EEA, expired": ({**OUTSIDE, "expires_at": NOW - DAY}, False),
}


@pytest.fixture
async def connection(endpoints: Endpoints) -> AsyncIterator[Connection]:
    async with directory_with_one(endpoints) as connected:
        yield connected


async def test_only_a_valid_authorization_for_an_allowed_country_gives_events(connection: Connection) -> None:
    """Each class of recipients in each state."""
    expected = set()
    for recipient in RecipientClass:
        for number, (state, (changes, gives)) in enumerate(STATES.items()):
            institution = f"{recipient}_{number}"
            await add_institution(connection, institution)
            if changes is not None:
                await authorize(connection, institution, recipient_class=recipient, **changes)
            if state == "ended":
                await end(connection, institution)
            expected |= {institution} if gives else set()
            shown = [status(row) for row in await versions(connection, institution)]
            assert (Status.IN_FORCE in shown) == gives, (state, shown)
    given = await connection.fetch(
        """SELECT institution_id FROM access.institution_authorizations
        WHERE valid_from <= platform.now() AND (valid_to IS NULL OR platform.now() < valid_to)"""
    )
    assert {row["institution_id"] for row in given} - {"onem", "onva"} == expected
    assert len(expected) == 3 * len(RecipientClass)


async def test_a_version_counts_until_the_next_one_and_leaves_the_past_as_it_was(
    connection: Connection,
) -> None:
    await authorize(connection)
    await authorize(connection, fields=[*TERMS["fields"], "employer"])
    await authorize(connection, begins_at=NOW + DAY)
    assert await in_force(connection, NOW - 31 * DAY) == []
    assert await in_force(connection, NOW - DAY) == [1]
    assert await in_force(connection, NOW + DAY / 2) == [2]
    assert await in_force(connection, NOW + 2 * DAY) == [3]
    await end(connection)
    assert await in_force(connection, NOW - DAY) == [1]
    assert await in_force(connection, NOW + DAY / 2) == []
    assert await in_force(connection, NOW + 2 * DAY) == []
    await authorize(connection)
    assert await in_force(connection, NOW - DAY) == [1]
    assert await in_force(connection, NOW + 2 * DAY) == [1]


async def test_a_country_without_guarantee_ends_the_version_before(connection: Connection) -> None:
    """Until a version with a guarantee follows, also one with an earlier begin."""
    await authorize(connection)
    await authorize(connection, country="US")
    assert await in_force(connection, NOW - DAY) == [1]
    assert await in_force(connection, NOW + DAY) == []
    await authorize(connection, begins_at=NOW - 40 * DAY, **OUTSIDE)
    assert await in_force(connection, NOW + DAY) == [3]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"confirmed_by": AGENTS[0]}, "authorization_by_two_agents"),
        ({"all_workers": True}, "authorization_of_all_workers"),
        ({"all_workers_basis": "A law"}, "authorization_of_all_workers"),
        ({"expires_at": TERMS["begins_at"]}, "authorization_instants_in_order"),
        ({"recipient_class": "friend"}, "institution_authorization_recipient_class_check"),
        ({"fields": ["worker"]}, "institution_authorization_fields_check"),
        ({"legal_basis": ""}, "institution_authorization_legal_basis_check"),
    ],
)
async def test_the_database_checks_the_terms(
    connection: Connection, change: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await authorize(connection, **change)
    assert caught.value.constraint_name == constraint


@pytest.mark.parametrize(
    "change", ["fields = '{relation,version,periodId,status,worker,employer}'", "legal_basis = 'Another'"]
)
async def test_the_terms_of_a_version_never_change(
    endpoints: Endpoints, connection: Connection, change: str
) -> None:
    """Neither by the service nor by the owner of the database, and the service deletes no version."""
    statement = f"UPDATE access.institution_authorization SET {change}"  # noqa: S608
    for forbidden in (statement, "DELETE FROM access.institution_authorization"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with connection.transaction():
                await connection.execute(forbidden)
    owner = await connect(endpoints.postgres_dsn)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(statement)
    finally:
        await owner.close()


async def test_an_ended_version_is_neither_restored_nor_confirmed(connection: Connection) -> None:
    await authorize(connection, confirmed_by=None)
    await end(connection)
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(
            "UPDATE access.institution_authorization SET confirmed_by = $1 WHERE institution_id = 'one'",
            AGENTS[1],
        )


async def test_an_institution_has_one_proposal_at_a_time(connection: Connection) -> None:
    await authorize(connection, confirmed_by=None)
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await authorize(connection, confirmed_by=None)
    assert caught.value.constraint_name == "authorization_proposed_once"


async def test_the_history_has_each_change_for_the_agents_of_the_authority(connection: Connection) -> None:
    await connection.execute("SELECT set_config('access.changed_by', $1, TRUE)", AGENTS[0])
    await authorize(connection, confirmed_by=None)
    await connection.execute(
        "UPDATE access.institution_authorization SET confirmed_by = $1 WHERE institution_id = 'one'",
        AGENTS[1],
    )
    await end(connection)
    rows = await connection.fetch(
        """SELECT type, parties, before, after, changed_by::text FROM access.history
        WHERE coalesce(after, before) ->> 'institution_id' = 'one' ORDER BY id"""
    )
    assert [(row["type"], row["changed_by"]) for row in rows] == [
        ("institutions.notify.added", None),
        ("institutionAuthorizations.notify.added", AGENTS[0]),
        ("institutionAuthorizations.notify.changed", AGENTS[0]),
        ("institutionAuthorizations.notify.changed", AGENTS[0]),
    ]
    assert all(row["parties"] == [AUTHORITY] for row in rows)
    ended = json.loads(rows[-1]["before"]), json.loads(rows[-1]["after"])
    assert ("ended_by" in ended[0], ended[1]["ended_by"]) == (False, AGENTS[0])


async def test_other_terms_in_a_file_become_a_new_version(connection: Connection) -> None:
    def document(**changes: Any) -> Document:
        terms = {
            "recipientClass": "judicial",
            "legalBasis": "A law",
            "purpose": "A purpose",
            "fields": ["worker"],
            "beginsAt": "2026-01-01T00:00:00Z",
            "country": "NO",
            "contact": "feed@one.example",
            "grantedBy": AGENTS[0],
            "confirmedBy": AGENTS[1],
        }
        row = {"institutionId": "one", "authorization": {**terms, **changes}}
        return Document.model_validate({"institutions": [row]})

    async def written(given: Document) -> int:
        return (await load(connection, given))["institution_authorization"]

    assert [await written(document()) for _ in range(2)] == [1, 0]
    assert await written(document(expiresAt="2099-01-01T00:00:00Z")) == 1
    assert await in_force(connection, NOW + DAY) == [2]
    await end(connection)
    assert await written(document(expiresAt="2098-01-01T00:00:00Z")) == 0
    assert await in_force(connection, NOW + DAY) == []


async def test_the_countries_without_guarantee_are_those_of_the_eea(connection: Connection) -> None:
    assert len(EEA) == 27 + 3
    assert {row["country"] for row in await connection.fetch("TABLE access.eea_country")} == EEA
