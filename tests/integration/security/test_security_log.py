"""The security log holds authentications and refusals by pseudonym, and no service changes its rows."""

from __future__ import annotations

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from shared.runtime.security_log import delete_older
from tests.directory import Caller, registration, rows, user
from tests.portal import Portal

pytestmark = pytest.mark.stack

_LOG = "SELECT event, outcome, subject, service, operation, source FROM platform.security_log WHERE "


async def test_logins_are_logged_by_pseudonym(served: Endpoints) -> None:
    portal = Portal(served.document())
    name = "hotel.representative"
    person = served.data.users[name]
    portal.logged_in(name)
    portal.browser.cookies.clear()
    portal.begin()
    portal.browser.submit(user_name="a name that nobody has", password="certainly not this one")
    found = await rows(served, f"{_LOG} subject = $1 ORDER BY event_id", person.user_id)
    assert {(row["event"], row["outcome"]) for row in found} >= {("password", "right"), ("token", "issued")}
    assert all(row["service"].endswith("access") for row in found)
    unknown = await rows(served, f"{_LOG} subject LIKE 'name:%' AND outcome = 'wrong'")
    assert unknown
    whole = repr([*found, *unknown])
    assert "a name that nobody has" not in whole
    assert person.ssin not in whole
    assert "127.0.0.1" not in whole


async def test_refusals_are_logged(served: Endpoints) -> None:
    stranger = Caller(served, "8c7d5a0e-5b55-4b1a-9d65-0d1b6f3b9c12")
    assert stranger.ask("POST", "/employers", registration()).status == 403
    found = await rows(served, f"{_LOG} subject = $1", stranger.subject)
    assert [(row["event"], row["operation"]) for row in found] == [("refusal", "registerEmployer")]
    assert user(served, "bakery.local").ask("GET", "/registrations").status == 403


async def test_old_events_are_deleted_on_request(served: Endpoints) -> None:
    connection = await connect(served.postgres_dsn)
    insert = """INSERT INTO platform.security_log (happened_at, event, outcome, subject)
        SELECT platform.now() - make_interval(days => days), 'token', 'issued', 'retention'
        FROM unnest(ARRAY[401, 399]) AS days"""
    try:
        await connection.execute(insert)
    finally:
        await connection.close()
    assert await delete_older(served.postgres_dsn, 400) == 1
    assert len(await rows(served, f"{_LOG} subject = 'retention'")) == 1


@pytest.mark.parametrize("service", ["access", "intake", "notifier", "contact"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE platform.security_log SET outcome = 'x'",
        "DELETE FROM platform.security_log",
        "TRUNCATE platform.security_log",
        "INSERT INTO platform.security_log (event, outcome, subject, service) VALUES ('totp', 'x', 'x', 'y')",
    ],
)
async def test_a_service_can_only_add_rows_in_its_own_name(
    served: Endpoints, service: str, statement: str
) -> None:
    connection = await connect(served.dsns[service])
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
