"""The directory in the real database: effects of a file, refused files, and readable views."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.access.loading.document import Document
from services.access.loading.store import load
from services.access.locks import lock
from shared.runtime.database import Connection, Transaction, connect
from shared.topology import Deployment

pytestmark = pytest.mark.stack

VIEWS = ("employers", "mandates", "affiliations", "clients", "institutions", "institution_authorizations")
TABLES = (
    "organization",
    "employer",
    "mandatary",
    "ebox",
    "mandate",
    "affiliation",
    "client",
    "client_scope",
    "redirect_uri",
    "institution",
    "institution_client",
    "institution_authorization",
    "person",
    "granted",
    "enterprise",
)
READERS = {
    "intake": {"employers", "mandates", "clients"},
    "notifier": {"employers", "affiliations", "clients"},
    "personnel_file": {"institutions", "employers", "mandates", "clients"},
    "identification": {"clients"},
}


@pytest.fixture(scope="module")
def endpoints(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, with the demo data."""
    return stack.provision(Deployment("directory"), "directory")


@pytest.fixture
async def connection(endpoints: Endpoints) -> AsyncIterator[Connection]:
    """Connect with the role of access, in a transaction that is rolled back."""
    connection = await connect(endpoints.dsns["access"])
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def number(endpoints: Endpoints) -> dict[str, str]:
    """Return enterprise numbers by role."""
    return {role: row.enterprise_number for role, row in endpoints.data.organizations.items()}


def document(**lists: Any) -> Document:
    return Document.model_validate(lists)


def loaded(endpoints: Endpoints) -> Document:
    """Return the file that the deployment was made with."""
    file = endpoints.data.access_json(endpoints.api_url("portal"))
    return Document.model_validate_json(file)


def mandate(mandator: str, mandatary: str, begin: str, end: str | None = None) -> dict[str, Any]:
    return {"mandator": mandator, "mandatary": mandatary, "beginQuarter": begin, "endQuarter": end}


def affiliation(employer: str, secretariat: str, begin: str, end: str | None = None) -> dict[str, Any]:
    return {"employer": employer, "secretariat": secretariat, "validFrom": begin, "validUntil": end}


async def test_the_demo_data_are_in_the_views(endpoints: Endpoints, connection: Connection) -> None:
    owner = await connect(endpoints.postgres_dsn)
    try:
        rows = {view: await owner.fetch(f"TABLE access.{view}") for view in VIEWS}
    finally:
        await owner.close()
    given = loaded(endpoints)
    assert len(rows["employers"]) == sum(o.employer is not None for o in given.organizations)
    assert len(rows["mandates"]) == sum(m.status == "active" for m in given.mandates) < len(given.mandates)
    assert len(rows["affiliations"]) == len(given.affiliations)
    assert {row["client_id"] for row in rows["clients"]} == {c.client_id for c in given.clients}
    assert {row["institution_id"] for row in rows["institutions"]} == set(endpoints.data.institutions)
    assert {row["institution_id"]: row["fields"] for row in rows["institution_authorizations"]} == {
        i.institution_id: list(i.authorization.fields) for i in given.institutions if i.authorization
    }


async def test_a_second_load_of_a_file_changes_nothing(endpoints: Endpoints, connection: Connection) -> None:
    again = loaded(endpoints)
    assert set((await load(connection, again)).values()) == {0}


async def test_a_file_does_not_restore_withdrawn_rights(endpoints: Endpoints, connection: Connection) -> None:
    mandates = await connection.execute(
        "UPDATE access.mandate SET status = 'closed', ended_at = now() WHERE status = 'active'"
    )
    rights = await connection.execute("UPDATE access.granted SET revoked_at = now() WHERE what = 'declare'")
    assert "UPDATE 0" not in (mandates, rights)
    again = loaded(endpoints)
    assert set((await load(connection, again)).values()) == {0}
    assert not await connection.fetchval("SELECT EXISTS (SELECT FROM access.mandate WHERE status = 'active')")
    assert not await connection.fetchval("SELECT EXISTS (SELECT FROM access.rights WHERE what = 'declare')")


async def test_loading_a_file_locks_the_directory(
    endpoints: Endpoints, connection: Connection, number: dict[str, str]
) -> None:
    await load(connection, document())
    other = await connect(endpoints.dsns["access"])
    try:
        await other.execute("SET lock_timeout = '100ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with other.transaction():
                await lock(Transaction(other, datetime.now(UTC)), [number["bakery"]])
    finally:
        await other.close()


async def test_every_employer_and_every_mandatary_has_an_ebox(
    endpoints: Endpoints, connection: Connection
) -> None:
    row = {"name": "New", "language": "fr"}
    new = document(
        organizations=[
            {
                **row,
                "enterpriseNumber": "0477472701",
                "employer": {"employerId": 125482497, "activeFrom": "2015-01-01"},
            },
        ]
    )
    assert (await load(connection, new))["ebox"] == 1
    without = await connection.fetch(
        """SELECT enterprise_number FROM access.employer UNION SELECT enterprise_number FROM access.mandatary
        EXCEPT SELECT enterprise_number FROM access.ebox"""
    )
    assert without == []


async def test_a_file_changes_only_the_rows_that_it_names(
    connection: Connection, number: dict[str, str]
) -> None:
    counts = await load(
        connection,
        document(
            organizations=[
                {"enterpriseNumber": number["bakery"], "name": "Another name", "language": "fr"},
                {"enterpriseNumber": number["garage"], "name": "Garage du Viaduc", "language": "fr"},
            ]
        ),
    )
    assert counts == dict.fromkeys(TABLES, 0) | {"organization": 1}
    names = await connection.fetch("SELECT name FROM access.organization WHERE name ~ 'Another|Viaduc'")
    assert sorted(row["name"] for row in names) == ["Another name", "Garage du Viaduc"]


async def test_the_flags_of_an_employer_follow_the_file(
    endpoints: Endpoints, connection: Connection, number: dict[str, str]
) -> None:
    """Rules R36, R42, R45."""
    flags = "SELECT secured_channel_only, sub_entities, daily_registration FROM access.employers"
    of = f"{flags} WHERE enterprise_number = $1"
    owner = await connect(endpoints.postgres_dsn)
    try:
        rows = [await owner.fetch(of, number[role]) for role in ("agency", "bakery")]
    finally:
        await owner.close()
    assert [tuple(row) for (row,) in rows] == [(True, ["0100", "0200"], False), (False, None, True)]
    employer = {"employerId": 125482497, "activeFrom": "2015-01-01"}
    for change in ({"securedChannelOnly": True}, {"subEntities": ["7"]}, {"dailyRegistration": True}, {}):
        row = {"enterpriseNumber": "0477472701", "name": "New", "language": "fr"}
        given = document(organizations=[{**row, "employer": {**employer, **change}}])
        assert (await load(connection, given))["employer"] == 1
        assert (await load(connection, given))["employer"] == 0
        kept = await connection.fetchrow(
            flags.replace("employers", "employer") + " WHERE employer_id = 125482497"
        )
        assert kept is not None
        assert tuple(kept) == (
            change.get("securedChannelOnly", False),
            change.get("subEntities"),
            change.get("dailyRegistration", False),
        )


async def test_a_file_may_move_an_employer_to_another_secretariat(
    connection: Connection, number: dict[str, str]
) -> None:
    new = {
        "enterpriseNumber": "0477472701",
        "name": "New",
        "language": "fr",
        "mandatary": "approved_secretariat",
    }
    moved = document(
        organizations=[new],
        # In this order each row except the last contradicts the stored rows.
        mandates=[
            mandate(number["garage"], number["secretariat"], "2026Q1"),
            mandate(number["garage"], number["secretariat"], "2023Q1", "2025Q4"),
        ],
        affiliations=[
            affiliation(number["garage"], "0477472701", "2026-01-01"),
            affiliation(number["garage"], number["secretariat"], "2023-01-01", "2025-12-31"),
        ],
    )
    counts = await load(connection, moved)
    assert (counts["mandate"], counts["affiliation"]) == (2, 2)


@pytest.mark.parametrize(
    ("rows", "constraint"),
    [
        ({"mandates": [("garage", "secretariat", "2024Q1")]}, "mandate_once_at_a_time"),
        ({"mandates": [("garage", "bakery", "2024Q1")]}, "mandate_mandatary_fkey"),
        ({"mandates": [("provider", "provider", "2024Q1")]}, "mandate_to_another"),
        ({"mandates": [("bakery", "provider", "2024Q1", "2023Q4")]}, "mandate_quarters_in_order"),
        ({"affiliations": [("garage", "secretariat", "2024-01-01")]}, "affiliation_to_one_at_a_time"),
        ({"affiliations": [("bakery", "provider", "2024-01-01")]}, "affiliation_to_approved_secretariat"),
        ({"affiliations": [("secretariat", "secretariat", "2024-01-01")]}, "affiliation_to_another"),
    ],
)
async def test_a_file_that_contradicts_the_directory_is_refused_whole(
    connection: Connection, number: dict[str, str], rows: dict[str, Any], constraint: str
) -> None:
    make = {"mandates": mandate, "affiliations": affiliation}
    lists = {
        name: [make[name](number[one], number[other], *bounds) for one, other, *bounds in tuples]
        for name, tuples in rows.items()
    }
    renamed = {"enterpriseNumber": number["bakery"], "name": "Renamed", "language": "fr"}
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await load(connection, document(organizations=[renamed], **lists))
    assert caught.value.constraint_name == constraint
    assert await connection.fetchval("SELECT count(*) FROM access.organization WHERE name = 'Renamed'") == 0


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE access.mandate SET begin_quarter = '2026Q5'", "quarter_check"),
        ("UPDATE access.organization SET enterprise_number = '0477472702'", "enterprise_number_check"),
        ("UPDATE access.employer SET employer_id = 125482498", "employer_employer_id_check"),
        ("UPDATE access.employer SET active_until = active_from - 1", "employer_dates_in_order"),
        ("UPDATE access.employer SET sub_entities = '{}'", "employer_sub_entities_check"),
        ("UPDATE access.employer SET sub_entities = '{\"01,02\"}'", "sub_entity_check"),
        ("UPDATE access.employer SET sub_entities = '{01,NULL}'", "sub_entity_check"),
    ],
)
async def test_the_database_checks_the_formats(
    connection: Connection, statement: str, constraint: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await connection.execute(statement)
    assert caught.value.constraint_name == constraint


@pytest.mark.parametrize(("service", "allowed"), READERS.items())
async def test_a_service_can_read_its_views_and_nothing_else(
    endpoints: Endpoints, service: str, allowed: set[str]
) -> None:
    connection = await connect(endpoints.dsns[service])
    readable = set()
    try:
        for name in (*VIEWS, *TABLES):
            try:
                await connection.fetch(f"TABLE access.{name}")
                readable.add(name)
            except asyncpg.InsufficientPrivilegeError:
                pass
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM access.mandate")
    finally:
        await connection.close()
    assert readable == allowed
