"""A client or user without an effective mandate is refused on every channel, audited, without effect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
import pytest_asyncio

from deploy.local.deployment import Endpoints
from tests.directory import Caller, in_force, later, managed, number_of, proposal, rows
from tests.matters import (
    DIRECTORY,
    FILE,
    REPRESENTATIVE,
    UNKNOWN,
    WITH_A_MESSAGE,
    Matter,
    engage,
    matter,
    opened,
    plain,
)
from tests.prove.world import World, cancel, change, errors
from tests.rest import CONSULT, DECLARANT, Rest, outcome
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

SECRETARIAT: Final = "secretariat.principal"


def mandated(endpoints: Endpoints, number: str, principal: Caller, **more: Any) -> str:
    """Give the secretariat a mandate in force, and return its content."""
    done = in_force(endpoints, principal, proposal(endpoints, number, "secretariat", **more), SECRETARIAT)
    id_: str = done["id"]
    return id_


async def none(_endpoints: Endpoints, _number: str, _principal: Caller) -> None:
    """Return an employer without any relation to the secretariat."""


async def expired(endpoints: Endpoints, number: str, principal: Caller) -> None:
    """Make a mandate with a past last quarter; the owner of the database moves the dates."""
    mandate = mandated(endpoints, number, principal, endQuarter=later(0))
    past = "UPDATE access.mandate SET begin_quarter = $2, end_quarter = $2 WHERE mandate_id = $1::uuid"
    await rows(endpoints, past, mandate, "2020Q1")


async def future(endpoints: Endpoints, number: str, principal: Caller) -> None:
    """Make a mandate from next quarter on."""
    mandated(endpoints, number, principal, beginQuarter=later(1))


async def other_group(endpoints: Endpoints, number: str, principal: Caller) -> None:
    """Make a mandate for the quarterly declaration."""
    mandated(endpoints, number, principal, applicationGroup="dmfa")


async def revoked(endpoints: Endpoints, number: str, principal: Caller) -> None:
    """Make a mandate, and revoke it."""
    principal.post(f"/mandates/{mandated(endpoints, number, principal)}/revocations")


async def other_employer(endpoints: Endpoints, _number: str, _principal: Caller) -> None:
    """Make a mandate of another employer."""
    mandated(endpoints, *managed(endpoints, REPRESENTATIVE))


STATES: Final = (none, expired, future, other_group, revoked, other_employer)


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=STATES, ids=lambda state: state.__name__)
async def withheld(request: pytest.FixtureRequest, world: World, deployment: Endpoints) -> Matter:
    """Yield an employer for which the secretariat may not act, one for each reason."""
    found = await matter(world, deployment)
    await request.param(deployment, found.number, found.principal)
    return found


#: Every table that a caller without a right could have changed; the attempts are recorded in others.
_CHANGEABLE: Final[Mapping[str, str]] = {
    "personnel_file": "relations periods history settlements feed",
    "access": "organization employer person granted mandate affiliation client ebox designation history",
    "notifier": "readings labels attention consents subscriptions",
    "contact": "cases history decisions",
}
_COUNTS: Final = " UNION ALL ".join(
    f"SELECT '{schema}.{table}' AS name, count(*) FROM {schema}.{table}"  # noqa: S608 - our own names
    for schema, tables in _CHANGEABLE.items()
    for table in tables.split()
)


async def counted(world: World, box: str) -> dict[str, int]:
    """Return the number of rows of each table, and of messages in the employer's e-Box."""
    found = {row["name"]: row["count"] for row in await world.database.fetch(_COUNTS)}
    messages = "SELECT count(*) FROM notifier.messages WHERE enterprise_number = $1"
    return found | {"its messages": await world.database.value(messages, box)}


async def test_a_declaration_by_queue_without_mandate_is_refused(
    world: World, withheld: Matter, deployment: Endpoints
) -> None:
    """An IN ends with 90256-155, a change as for an unknown period; both recorded (rule R41, decision D4)."""
    client, period = world["secretariat"], withheld.period
    documents = {
        "90256-155": [engage(world, withheld.number)],
        "00913-354": [world.leave(period, 9), change(period, startDate=world.day(2)), cancel(period)],
    }
    before = await counted(world, withheld.number)
    for code, declared in documents.items():
        for document in declared:
            id_ = await client.declare(document)
            final = (await client.finals([id_]))[id_]
            assert errors(final) == [code]
            number = await client.number(id_)
            notified = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1"
            await world.database.until(notified, number)
            (row,) = await world.database.fetch(
                """SELECT d.client_id, d.organization, d.declared::jsonb AS declared, r.result, n.addressee
                FROM intake.declarations d JOIN intake.results r USING (number)
                JOIN notifier.notifications n ON n.declaration_id = d.number WHERE d.number = $1""",
                number,
            )
            secretariat = number_of(deployment, "secretariat")
            assert (row["client_id"], row["organization"]) == (client.client_id, secretariat)
            assert (row["result"], row["addressee"]) == ("B", secretariat)
            assert json.loads(row["declared"]).items() >= document.items()
    assert await counted(world, withheld.number) == before


async def test_a_declaration_by_rest_without_mandate_is_refused(
    world: World, withheld: Matter, deployment: Endpoints
) -> None:
    """An IN is refused at once without number; a change ends as for an unknown period (decision D4)."""
    rest, period = Rest(world, "secretariat"), withheld.period
    secretariat = number_of(deployment, "secretariat")
    written = "SELECT count(*) FROM intake.denials WHERE enterprise_number = $1 AND reason = 'no_mandate'"
    received = "SELECT count(*) FROM intake.declarations"
    before, noted = (
        await counted(world, withheld.number),
        await world.database.value(written, withheld.number),
    )
    numbered = await world.database.value(received)
    answer = await rest.post(engage(world, withheld.number))
    assert (answer.status, answer.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
    assert "location" not in answer.headers
    assert await world.database.value(received) == numbered
    assert await world.database.value(written, withheld.number) == noted + 1
    for document in (world.leave(period, 9), change(period, startDate=world.day(2)), cancel(period)):
        number = await rest.declare(document)
        assert outcome(await rest.answer(number)) == "B 00913-354"
        notified = "SELECT count(*) FROM notifier.notifications WHERE declaration_id = $1"
        await world.database.until(notified, number)
        (row,) = await world.database.fetch(
            """SELECT d.client_id, d.organization, d.channel, d.declared::jsonb AS declared, n.addressee
            FROM intake.declarations d JOIN notifier.notifications n ON n.declaration_id = d.number
            WHERE d.number = $1""",
            number,
        )
        assert (row["client_id"], row["channel"]) == (rest.client_id, "rest")
        assert (row["organization"], row["addressee"]) == (secretariat, secretariat)
        assert json.loads(row["declared"]) == document
    assert await counted(world, withheld.number) == before


@pytest.fixture
def secretariat(deployment: Endpoints) -> dict[str, Caller]:
    """Return the users of the secretariat, with the strongest login, and its program."""
    subjects = {name: deployment.data.users[f"secretariat.{name}"].user_id for name in ("clerk", "principal")}
    program = deployment.data.client_of("secretariat").client_id
    return {
        "program": Caller(deployment, program, 0),
        "declarer": Caller(deployment, program, 0, (DECLARANT,)),
        **{name: Caller(deployment, subject) for name, subject in subjects.items()},
    }


async def test_the_directory_refuses_access_to_the_employer(
    world: World, withheld: Matter, deployment: Endpoints, secretariat: dict[str, Caller]
) -> None:
    """A mandate gives its own rights only, and never the administration of the employer."""
    mandatary = number_of(deployment, "secretariat")
    before, noted = await counted(world, withheld.number), await refusals(world, withheld.number)
    for who, ways in DIRECTORY.items():
        for method, path, body in ways:
            told = path.replace("{n}", withheld.number)
            said = json.dumps(body).replace("{n}", withheld.number).replace("{s}", mandatary)
            given = json.loads(said) if body is not None else b""
            answer = await asyncio.to_thread(secretariat[who].ask, method, told, given)
            hidden = (method, path) == ("GET", "/employers/{n}")
            assert answer.status == (404 if hidden else 403), (method, path, answer.body)
    asked = sum(map(len, DIRECTORY.values()))
    assert await refusals(world, withheld.number) == noted + asked
    assert await counted(world, withheld.number) == before


async def test_the_personnel_file_of_the_employer_is_refused(
    world: World, withheld: Matter, secretariat: dict[str, Caller]
) -> None:
    """A search names the employer in vain, and a number is answered like an unknown one (threat T6)."""
    rest, before = Rest(world, "secretariat"), await counted(world, withheld.number)
    token = bearer(secretariat["program"].endpoints, rest.client_id, CONSULT, level=0)
    for method, path, body, status in FILE:
        said = json.dumps(body).replace("{n}", withheld.number)
        answers = [
            await asyncio.to_thread(
                ask, f"{rest.url}{path.format(p=number)}", method, token,
                json.loads(said) if body is not None else b"",
            )
            for number in (withheld.period, 605114838201)
        ]  # fmt: skip
        assert [answer.status for answer in answers] == [status] * 2, (method, path)
        if status == 200:
            assert answers[0].json()["items"] == []
        else:
            assert plain(answers[0]) == plain(answers[1])
    assert await counted(world, withheld.number) == before


async def refusals(world: World, number: str) -> int:
    """Return the number of refusals about an employer in the directory."""
    found: int = await world.database.value(
        "SELECT count(*) FROM access.refusal WHERE $1 = ANY(parties) AND caller <> '' AND reason <> ''",
        number,
    )
    return found


@pytest.mark.parametrize("who", ["clerk", "program"])
async def test_the_e_box_of_the_employer_is_refused(
    world: World, withheld: Matter, secretariat: dict[str, Caller], who: str
) -> None:
    """Only its enterprise opens an e-Box; others do not learn that a message exists (decision D34)."""
    before, noted = await counted(world, withheld.number), await turned_away(world, withheld.number)
    ways = [("GET", path) for path in ("messages", "events", "labels", "preferences")]
    for method, path in (*ways, *WITH_A_MESSAGE):
        there, nowhere = [
            await opened(secretariat[who], withheld.number, method, path.format(id_))
            for id_ in (withheld.message, UNKNOWN)
        ]
        assert (there.status, nowhere.status) == (403, 403), (method, path)
        assert plain(there) == plain(nowhere), (method, path)
    asked = 2 * (len(ways) + len(WITH_A_MESSAGE))
    assert await turned_away(world, withheld.number) == noted + asked
    assert await counted(world, withheld.number) == before


@pytest.mark.parametrize("who", ["clerk", "program"])
async def test_a_contestation_for_the_employer_is_refused(
    world: World, withheld: Matter, deployment: Endpoints, secretariat: dict[str, Caller], who: str
) -> None:
    """A notification of the employer is answered like an unknown one."""
    known = "SELECT count(*) FROM contact.notifications WHERE notification_id = $1::uuid"
    await world.database.until(known, withheld.message)
    written = "SELECT count(*) FROM contact.refusals WHERE enterprise_number = $1"
    before, noted = (
        await counted(world, withheld.number),
        await world.database.value(written, withheld.number),
    )
    caller, url = secretariat[who], f"{deployment.api_url('contact')}/contestations"
    token = bearer(deployment, caller.subject, "scope:dimona:contact", level=caller.level)
    own = number_of(deployment, "secretariat")
    for party, status in ((withheld.number, 403), (own, 400)):
        there, nowhere = [
            await asyncio.to_thread(
                ask, url, "POST", token,
                {"notificationId": id_, "enterpriseNumber": party, "reason": "That is not so."},
            )
            for id_ in (withheld.message, UNKNOWN)
        ]  # fmt: skip
        assert (there.status, nowhere.status) == (status, status), there.body
        assert plain(there) == plain(nowhere)
    assert await world.database.value(written, withheld.number) == noted + 2
    assert await counted(world, withheld.number) == before


async def turned_away(world: World, number: str) -> int:
    """Return the number of refusals in the audit of an e-Box."""
    found: int = await world.database.value(
        "SELECT count(*) FROM notifier.refusals WHERE enterprise_number = $1", number
    )
    return found


async def test_control_with_a_mandate_the_declaration_is_accepted(
    world: World, deployment: Endpoints
) -> None:
    """The declarations refused above have no other fault."""
    found = await matter(world, deployment)
    mandated(deployment, found.number, found.principal)
    before = await counted(world, found.number)
    period = found.period
    documents = [engage(world, found.number), change(period, startDate=world.day(2)), world.leave(period, 9)]
    assert await world.ends("secretariat", *documents, cancel(period)) == ["A"] * 4
    assert await counted(world, found.number) != before


async def test_control_with_a_mandate_the_declaration_is_accepted_by_rest(
    world: World, deployment: Endpoints
) -> None:
    """The declarations refused above have no other fault."""
    found = await matter(world, deployment)
    mandated(deployment, found.number, found.principal)
    before = await counted(world, found.number)
    period = found.period
    documents = [engage(world, found.number), change(period, startDate=world.day(2)), world.leave(period, 9)]
    assert await Rest(world, "secretariat").ends(*documents, cancel(period)) == ["A"] * 4
    assert await counted(world, found.number) != before
