"""The rows and counters of readings and of denials."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from services.intake.dialogue.api import CONSULT, PATH
from services.intake.dialogue.senders import ORGANIZATION
from services.intake.reception.api import DECLARE
from shared.runtime import metrics
from shared.topology import MAX_MESSAGE_BYTES
from tests.asgi import call
from tests.integration.face.facing import Face
from tests.rest import kind_of, number_in
from tests.tokens import bearer

pytestmark = pytest.mark.stack


async def readings(face: Face, number: int) -> list[tuple[Any, ...]]:
    """Return the readings of a declaration: client, organization, found."""
    rows = await face.view.fetch(
        "SELECT client_id, organization, found FROM intake.readings WHERE number = $1 ORDER BY seq", number
    )
    return [tuple(row) for row in rows]


#: A final result; its text is that of an answer.
RESULT = """
INSERT INTO intake.results VALUES ($1, true, 'A', '{"declarationStatus": {}}', platform.now())"""


async def test_reading_leaves_a_row(face: Face) -> None:
    """Each reading leaves a row; a number of wrong form leaves none."""
    number = number_in(await face.post())
    client = face.endpoints.data.client_of("provider")
    before = await face.rows("readings")
    assert (await face.get(number)).status == 404, "nothing is known yet"
    await face.view.execute(RESULT, number)
    assert (await face.get(number)).status == 200
    assert (await face.get(number, "nursery")).status == 404
    assert (await face.get(1)).status == 404
    stranger = face.endpoints.data.client_of("nursery")
    assert await readings(face, number) == [
        (client.client_id, client.organization, False),
        (client.client_id, client.organization, True),
        (stranger.client_id, stranger.organization, False),
    ]
    assert await face.rows("readings") == before + 3
    recent = "SELECT bool_and(platform.now() - read_at < interval '1 minute') FROM intake.readings"
    assert await face.view.fetchval(recent)


async def test_a_reading_of_a_person_names_the_person(face: Face) -> None:
    """The worker sees the reading as one of the organization, and an agent can find the person."""
    data = face.endpoints.data
    number = number_in(await face.post("bakery", "bakery"))
    await face.view.execute(RESULT, number)
    person, organization = data.users["bakery.declarer"].user_id, data.organizations["bakery"]
    headers = bearer(face.endpoints, person, DECLARE, CONSULT) | {
        ORGANIZATION: organization.enterprise_number
    }
    assert (await call(face.api, "GET", f"{PATH}/{number}", headers)).status == 200
    (row,) = await face.view.fetch("SELECT * FROM intake.readings WHERE number = $1", number)
    assert (str(row["user_id"]), row["organization"]) == (person, organization.enterprise_number)
    looks = "SELECT reader, organization FROM intake.looks_at_person(ARRAY[$1::bigint], 'infinity', 10)"
    (look,) = await face.view.fetch(looks, number)
    assert tuple(look) == (person, organization.enterprise_number)


async def test_a_person_that_tries_another_organization_is_in_the_security_log(face: Face) -> None:
    data = face.endpoints.data
    person, other = data.users["bakery.declarer"].user_id, data.organizations["hotel"].enterprise_number
    headers = bearer(face.endpoints, person, DECLARE, CONSULT) | {ORGANIZATION: other}
    answers = [
        await call(face.api, "POST", PATH, headers, {}),
        await call(face.api, "GET", f"{PATH}/605114838201", headers),
    ]
    assert [answer.status for answer in answers] == [403, 403]
    found = await face.view.fetch(
        "SELECT event, operation FROM platform.security_log WHERE subject = $1 ORDER BY event_id", person
    )
    assert [tuple(row) for row in found] == [("refusal", "createDeclaration"), ("refusal", "getDeclaration")]


async def test_without_the_audit_row_a_reading_is_an_error(face: Face) -> None:
    """A repeated request may succeed (threat T25)."""
    number = number_in(await face.post())
    await face.view.execute(RESULT, number)
    await face.view.execute("REVOKE INSERT ON intake.readings FROM dimona_intake")
    try:
        answer = await face.get(number)
    finally:
        await face.view.execute("GRANT INSERT ON intake.readings TO dimona_intake")
    assert (answer.status, kind_of(answer)) == (503, "serviceUnavailable")
    assert await readings(face, number) == []


@pytest.mark.parametrize("table", ["denials", "readings"])
@pytest.mark.parametrize("change", ["UPDATE intake.{} SET client_id = ''", "DELETE FROM intake.{}"])
async def test_audit_rows_are_never_changed(face: Face, table: str, change: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await face.stage.pool.execute(change.format(table))


async def test_a_body_that_is_too_large_is_counted(face: Face) -> None:
    counter = metrics.REQUESTS.labels(f"POST {PATH}", 413)
    before = counter._value.get()
    answer = await call(face.api, "POST", PATH, face.headers(), b" " * (MAX_MESSAGE_BYTES + 1))
    assert (answer.status, kind_of(answer)) == (413, "payloadTooLarge")
    assert counter._value.get() == before + 1


async def test_a_revoked_token_is_refused(face: Face) -> None:
    """A token of an ended login is refused too; another token of the client is accepted."""
    number = number_in(await face.post())
    client = face.endpoints.data.client_of("provider").client_id
    ended = bearer(face.endpoints, client, CONSULT, DECLARE, level=0, jti="revoked in a test")
    path = f"{PATH}/{number}"
    assert (await call(face.api, "GET", path, ended)).status == 404
    await face.view.execute(
        "INSERT INTO access.revocation VALUES ('revoked in a test', now() + interval '1 hour')"
    )
    before = await face.rows()
    body = {"dimonaCancel": {"periodId": number}}
    for answer in (await call(face.api, "GET", path, ended), await call(face.api, "POST", PATH, ended, body)):
        assert (answer.status, kind_of(answer)) == (401, "invalidAccessToken")
    assert await face.rows() == before
    assert (await face.get(number)).status == 404
