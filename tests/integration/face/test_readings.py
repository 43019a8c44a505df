"""The rows and counters of readings and of denials."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from services.intake.dialogue.api import CONSULT, MOST_RESULTS, PATH
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


async def test_results_of_several_declarations_are_read_at_once(face: Face) -> None:
    """Those without result and of other organizations are absent; each number leaves a row."""
    data = face.endpoints.data
    known, open_ = [number_in(await face.post("bakery", "bakery")) for _ in range(2)]
    foreign = number_in(await face.post())
    for number in (known, foreign):
        await face.view.execute(RESULT, number)
    person, organization = data.users["bakery.declarer"].user_id, data.organizations["bakery"]
    headers = bearer(face.endpoints, person, DECLARE, CONSULT) | {
        ORGANIZATION: organization.enterprise_number
    }
    asked = [foreign, open_, known, known, 1]
    before = await face.rows("readings")
    answer = await call(face.api, "POST", f"{PATH}/results", headers, {"declarationIds": asked})
    assert answer.status == 200
    assert [each["href"].rpartition("/")[2] for each in answer.json()["items"]] == [str(known)]
    rows = await face.view.fetch(
        "SELECT number, found, user_id, organization FROM intake.readings ORDER BY seq DESC LIMIT 4"
    )
    assert {(row["number"], row["found"]) for row in rows} == {
        (known, True), (open_, False), (foreign, False), (1, False),
    }  # fmt: skip
    assert {(str(row["user_id"]), row["organization"]) for row in rows} == {
        (person, organization.enterprise_number)
    }
    assert await face.rows("readings") == before + 4
    own = await call(face.api, "POST", f"{PATH}/results", face.headers("bakery"), {"declarationIds": [known]})
    assert len(own.json()["items"]) == 1, "a technical client of the organization reads it too"


@pytest.mark.parametrize("body", [{}, {"declarationIds": []}, {"declarationIds": [1] * (MOST_RESULTS + 1)}])
async def test_a_request_for_results_has_a_limited_length(face: Face, body: dict[str, Any]) -> None:
    answer = await call(face.api, "POST", f"{PATH}/results", face.headers(), body)
    assert (answer.status, kind_of(answer)) == (400, "badRequest")


async def test_as_many_results_as_allowed_are_read_at_once(face: Face) -> None:
    """The limit on the items of a document is not below it."""
    asked = {"declarationIds": list(range(MOST_RESULTS))}
    assert (await call(face.api, "POST", f"{PATH}/results", face.headers(), asked)).json() == {"items": []}


async def test_a_person_declares_in_batches(face: Face) -> None:
    """With a key the declarations have the numbers of the first time; the channel is web."""
    data = face.endpoints.data
    person, organization = data.users["bakery.declarer"].user_id, data.organizations["bakery"]
    headers = bearer(face.endpoints, person, DECLARE, CONSULT) | {
        ORGANIZATION: organization.enterprise_number, "Idempotency-Key": "batch-of-a-person",
    }  # fmt: skip
    items = [{"dimonaCancel": {"periodId": 605114838201}}, {"dimonaIn": {}}]
    answers = [
        (await call(face.api, "POST", f"{PATH}/batches", headers, {"items": items})).json()["items"]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert "problem" in answers[0][1]
    row = await face.view.fetchrow(
        """SELECT d.channel, d.organization, k.message_id FROM intake.declarations d
        JOIN intake.commands k ON k.number = d.number WHERE d.number = $1""",
        answers[0][0]["declarationId"],
    )
    assert row is not None
    assert (row["channel"], row["organization"]) == ("web", organization.enterprise_number)
    assert row["message_id"].endswith(f"#{person}/batch-of-a-person/0")


async def test_a_person_that_tries_another_organization_is_in_the_security_log(face: Face) -> None:
    data = face.endpoints.data
    person, other = data.users["bakery.declarer"].user_id, data.organizations["hotel"].enterprise_number
    headers = bearer(face.endpoints, person, DECLARE, CONSULT) | {ORGANIZATION: other}
    answers = [
        await call(face.api, "POST", PATH, headers, {}),
        await call(face.api, "GET", f"{PATH}/605114838201", headers),
        await call(face.api, "POST", f"{PATH}/batches", headers, {"items": [{}]}),
        await call(face.api, "POST", f"{PATH}/results", headers, {"declarationIds": [1]}),
    ]
    assert [answer.status for answer in answers] == [403] * 4
    found = await face.view.fetch(
        "SELECT event, operation FROM platform.security_log WHERE subject = $1 ORDER BY event_id", person
    )
    assert [tuple(row) for row in found] == [
        ("refusal", "createDeclaration"), ("refusal", "getDeclaration"),
        ("refusal", "createDeclarationBatch"), ("refusal", "getDeclarationResults"),
    ]  # fmt: skip


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
