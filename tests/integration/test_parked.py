"""`dimona parked` on running services: parked messages are listed, shown, replayed or discarded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.cli.main import commands
from shared.envelope import carrier, cloud_event
from shared.messages import CaseResolved, ChangeAdmitted, DeclarationAdmitted, IdentificationEnded
from shared.runtime.bursts import CARRIER_TYPE, Outgoing, Sent
from shared.runtime.operator import load, publishing
from shared.topology import COMMANDED, DECLARATIONS, EVENTS, IDENTIFY, SETTLE
from tests.commands import dimona
from tests.days import today
from tests.foreign.events import INTERMEDIATE, PATIENCE, RECEIVED, REPLY
from tests.integration.clients import engage, errors, integrator, result
from tests.integration.parking import (
    WHOLE,
    Database,
    begin,
    broken,
    counts,
    listed,
    operator_account,
    settled_once,
)
from tests.serving import serving

pytestmark = pytest.mark.stack

ALICE = "parked.alice"
SETTLES = {queue.name for queue in SETTLE}


@pytest.fixture(scope="module")
def own(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own, because the tests look into its queues."""
    with serving(stack, "parked") as endpoints:
        yield endpoints


@pytest.fixture(scope="module")
def alice(own: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give an operator accounts of her own at broker and database; yield her file of endpoints."""
    with operator_account(own, ALICE, tmp_path_factory.mktemp("alice")) as file:
        yield file


def names_nothing_of(person: DemoPerson, text: str) -> bool:
    """Return whether a text contains no name, number or date of birth of a person."""
    told = (person.ssin, person.family_name, person.given_name, person.birth_date)
    return not any(word in text for word in told)


async def test_a_replay_is_handled_once(own: Endpoints, file: Path, database: Database) -> None:
    """List, show and replay without data of the worker; the sender gets the reply that was due."""
    worker = own.data.people[0]
    async with integrator(own) as client:
        async with broken(database, "personnel_file.relations", f"ssin <> '{worker.ssin}'"):
            id_, number = await begin(client, engage(own, worker))
            (row,) = await listed(file, 1, "--service", "personnel_file")
        assert row["types"] == [IdentificationEnded.TYPE]
        assert row["origin"] in SETTLES
        assert (row["parking"], row["reason"]) == ("dimona.personnel_file.parked", "CheckViolationError")
        assert (row["declarations"], row["events"], row["discardable"]) == ([number], 1, True)
        age = datetime.now(UTC) - datetime.fromisoformat(row["parkedAt"])
        assert abs(age.total_seconds()) < 120
        text = (await dimona(file, "parked", "list")).stdout
        assert row["id"][:13] in text
        assert await listed(file, 0, "--service", "notifier") == []

        shown = await dimona(file, "parked", "show", row["id"][:8])
        assert str(number) in shown.stdout
        assert names_nothing_of(worker, shown.stdout)
        event = json.loads(shown.stdout)["message"]["messages"][0]
        assert event["data"]["worker"] == event["data"]["declaration"]["declared"]["worker"] == "(hidden)"
        assert (await dimona(file, "parked", "show", row["id"], "--with-personal-data")).exit_code == 2
        whole = await dimona(file, "parked", "show", row["id"], *WHOLE)
        assert worker.ssin in whole.stdout
        looks = "SELECT reason FROM platform.looks WHERE login = reader AND about = $1"
        assert [tuple(look) for look in await database.fetch(looks, row["id"])] == [(WHOLE[-1],)]
        async with broken(database, "platform.looks", "operation <> 'parked show'"):
            with pytest.raises(asyncpg.CheckViolationError):
                await dimona(file, "parked", "show", row["id"], *WHOLE)
        assert "personal data" in whole.stderr
        assert "personal data" not in shown.stderr

        replayed = await dimona(file, "parked", "replay", row["id"])
        assert (replayed.exit_code, replayed.stderr) == (0, "")
        (final,) = await client.ends([id_])
        assert result(final) == "A"
        assert await listed(file, 0) == []
        await settled_once(database, number)
        assert [event.type for event in client.answered(id_)] == [RECEIVED, REPLY]
        assert client.copies[final.id] == 1


async def test_a_replay_that_fails_is_parked_again(own: Endpoints, file: Path, database: Database) -> None:
    """A replay before the cause is corrected changes nothing, also with --all."""
    worker = own.data.people[1]
    async with integrator(own) as client:
        async with broken(database, "personnel_file.relations", f"ssin <> '{worker.ssin}'"):
            id_, number = await begin(client, engage(own, worker))
            (first,) = await listed(file, 1)
            assert (await dimona(file, "parked", "replay", "--all")).exit_code == 0
            (second,) = await listed(file, 1)
        assert {**second, "parkedAt": None} == {**first, "parkedAt": None}
        replayed = await dimona(file, "parked", "replay", "--all", "--service", "personnel_file")
        assert "1 of 1 replayed" in replayed.stdout
        assert result((await client.ends([id_]))[0]) == "A"
        await settled_once(database, number)


async def test_a_discard_refuses_the_declaration_in_its_turn(
    own: Endpoints, file: Path, alice: Path, database: Database
) -> None:
    """Once with 90059-163, audited; waiting declarations continue; later discards and replays do nothing.

    The audit has the user that the broker has verified (decision D35).
    """
    worker = own.data.people[2]
    async with integrator(own) as client:
        async with broken(database, "personnel_file.relations", f"ssin <> '{worker.ssin}'"):
            id_, number = await begin(client, engage(own, worker))
            leaving, follower = await begin(client, {"dimonaCancel": {"periodId": number}})
            (row,) = await listed(file, 1)
        body = json.dumps(
            json.loads((await dimona(file, "parked", "show", row["id"], *WHOLE)).stdout)["message"]
        )
        assert (await dimona(file, "parked", "discard", row["id"], "--reason", " ")).exit_code == 2
        assert (
            await dimona(file, "parked", "discard", row["id"], "--reason", f"of {worker.ssin}")
        ).exit_code == 2
        assert await counts(database, number) == (0, 0, 0)
        discarded = await dimona(
            alice, "parked", "discard", row["id"], "--reason", "the register's data are broken"
        )
        assert (discarded.exit_code, str(number) in discarded.stdout) == (0, True)

        final, after = await client.ends([id_, leaving])
        assert (result(final), errors(final)) == ("B", {"90059-163"})
        assert (result(after), errors(after)) == ("B", {"00913-357"})
        (found,) = final.data["declarationStatus"]["anomalies"]
        assert (found["path"], set(found["label"])) == ("dimonaIn", {"fr", "nl", "de", "en"})
        await settled_once(database, number, follower)
        audit = await database.fetchrow(
            "SELECT * FROM personnel_file.discards WHERE declaration_id = $1", number
        )
        assert audit["reason"] == "the register's data are broken"
        assert audit["discarded_by"] == ALICE
        assert abs((datetime.now(UTC) - audit["discarded_at"]).total_seconds()) < 120

        # A second copy of the parked event, as after a crash: nothing happens, and it is not parked.
        assert await listed(file, 0) == []
        operator = load(file)
        async with publishing(operator, own.deployment.internal) as publisher:
            again = Outgoing(str(uuid4()), "", row["origin"], "copy", body.encode(), CARRIER_TYPE)
            assert await publisher.publish(again) is Sent.CONFIRMED
        handled = "SELECT EXISTS (SELECT FROM personnel_file.inbox WHERE message_id = $1)"
        id_ = json.loads(body)["messages"][0]["id"]
        async with asyncio.timeout(PATIENCE):
            while not await database.fetchval(handled, id_):  # noqa: ASYNC110 - a table sends no event
                await asyncio.sleep(0.05)
        await settled_once(database, number, follower)
        assert await listed(file, 0) == []
        assert client.copies[final.id] == 1


async def test_a_discard_waits_for_its_turn(
    own: Endpoints, file: Path, alice: Path, database: Database
) -> None:
    """Until the declaration before it is final; no service has to publish the message of the operator."""
    stranger = own.data.strangers[1]  # the register does not know this NISS
    async with integrator(own) as client:
        first, before = await begin(client, engage(own, stranger))
        await client.answer(first, INTERMEDIATE)
        async with broken(database, "identification.cases", "false"):
            second, number = await begin(client, engage(own, stranger))
            (row,) = await listed(file, 1)
        third, after = await begin(client, {"dimonaCancel": {"periodId": number}})
        assert (
            await dimona(alice, "parked", "discard", row["id"], "--reason", "no case can be opened")
        ).exit_code == 0
        waits = "SELECT count(*) FROM personnel_file.waiting WHERE declaration_id = ANY($1)"
        async with asyncio.timeout(PATIENCE):
            while await database.fetchval(waits, [number, after]) != 2:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)
        line = ["case", "resolve", str(before), "--give-up", "--endpoints", str(alice)]
        assert (await asyncio.to_thread(CliRunner().invoke, commands, line)).exit_code == 0
        ends = await client.ends([first, second, third])
        assert [errors(end) for end in ends] == [{"90017-151"}, {"90059-163"}, {"00913-357"}]
        await settled_once(database, before, number, after)
    named = """SELECT (SELECT discarded_by FROM personnel_file.discards WHERE declaration_id = $2),
        (SELECT decided_by FROM identification.case_history
            WHERE declaration_id = $1 AND event = 'given_up')"""
    assert tuple(await database.fetchrow(named, before, number)) == (ALICE, ALICE)


async def test_a_reading_has_the_login_at_the_database(alice: Path, database: Database) -> None:
    """The account on the machine counts nowhere (decision D35)."""
    line = ["late", "list", "--endpoints", str(alice)]
    assert (await asyncio.to_thread(CliRunner().invoke, commands, line)).exit_code == 0
    readers = await database.fetch("SELECT read_by FROM personnel_file.late_readings")
    assert [row["read_by"] for row in readers] == [ALICE]


async def test_an_operator_cannot_take_the_name_of_another(own: Endpoints, alice: Path) -> None:
    """The broker compares, unless the account has the tag `impersonator` (threat T8, decision D35)."""
    operator, key = load(alice), CaseResolved.TYPE
    for name, taken in (("operator", False), (ALICE, True)):
        async with publishing(operator, own.deployment.internal) as publisher:
            sent = await publisher.publish(
                Outgoing(str(uuid4()), COMMANDED, key, key, carrier([]).encode(), CARRIER_TYPE, user_id=name)
            )
        assert (sent is Sent.CONFIRMED) is taken


async def test_a_discarded_change_leaves_its_period(own: Endpoints, file: Path, database: Database) -> None:
    """The discarded OUT is refused; the period stays open, and the next OUT closes it."""
    async with integrator(own) as client:
        id_, number = await begin(client, engage(own, own.data.people[3]))
        await client.ends([id_])
        out = {"dimonaOut": {"periodId": number, "endDate": str(today())}}
        async with broken(database, "personnel_file.history", "event NOT LIKE '%losed%'"):
            first, refused = await begin(client, out)
            (row,) = await listed(file, 1)
            assert (row["types"], row["declarations"]) == ([ChangeAdmitted.TYPE], [refused])
        second, closing = await begin(client, out)
        await asyncio.sleep(0.3)
        assert not client.answered(second, REPLY), "it waits for the one that is parked"
        assert (await dimona(file, "parked", "discard", row["id"], "--reason", "sent twice")).exit_code == 0
        given_up, closed = await client.ends([first, second])
        assert (result(given_up), errors(given_up)) == ("B", {"90059-163"})
        assert result(closed) == "A"
        await settled_once(database, number, refused, closing)


async def test_an_in_can_be_discarded_before_identification(
    own: Endpoints, file: Path, database: Database
) -> None:
    """It never gets a provisional result."""
    stranger = own.data.strangers[0]
    async with integrator(own) as client:
        async with broken(database, "identification.cases", "false"):
            id_, number = await begin(client, engage(own, stranger.identity()))
            (row,) = await listed(file, 1)
        assert (row["types"], row["origin"]) == ([DeclarationAdmitted.TYPE], IDENTIFY.name)
        assert names_nothing_of(stranger, (await dimona(file, "parked", "show", row["id"])).stdout)
        assert (
            await dimona(file, "parked", "discard", row["id"], "--reason", "no case can be opened")
        ).exit_code == 0
        (final,) = await client.ends([id_])
        assert errors(final) == {"90059-163"}
        assert not client.answered(id_, INTERMEDIATE)
        await settled_once(database, number)


async def test_a_replay_to_intake_keeps_the_sender(own: Endpoints, file: Path, database: Database) -> None:
    """Intake needs the `user_id` of the copy, and the operator has the right to set it."""
    worker = own.data.people[4]
    async with integrator(own) as client:
        async with broken(database, "intake.declarations", f"ssin <> '{worker.ssin}'"):
            id_ = await client.declare(engage(own, worker))
            (row,) = await listed(file, 1)
        assert (row["origin"], row["declarations"], row["discardable"]) == (DECLARATIONS.name, [], False)
        shown = json.loads((await dimona(file, "parked", "show", row["id"])).stdout)
        assert shown["sender"] == client.client_id
        assert shown["message"]["data"]["worker"] == "(hidden)"
        assert "dimonaIn" in shown["message"]["data"]
        refused = await dimona(file, "parked", "discard", row["id"], "--reason", "not ours")
        assert (refused.exit_code, "replay it" in " ".join(refused.output.split())) == (2, True)
        assert (await dimona(file, "parked", "replay", row["id"])).exit_code == 0
        (final,) = await client.ends([id_])
        assert result(final) == "A"
        assert await listed(file, 0) == []


async def test_an_unreadable_event_is_shown_without_its_data(own: Endpoints, file: Path) -> None:
    """Data of a person may be anywhere in it, so only the place of the error is shown."""
    data = json.dumps({"declaration": {"number": 1, "note": own.data.people[5].family_name}})
    event = cloud_event(uuid4(), IdentificationEnded.TYPE, "test", datetime.now(UTC), data)
    operator = load(file)
    async with publishing(operator, own.deployment.internal) as publisher:
        for key, body in (
            (f"{IdentificationEnded.TYPE}.0", carrier([event])),
            (DeclarationAdmitted.TYPE, "?"),
        ):
            sent = await publisher.publish(Outgoing(str(uuid4()), EVENTS, key, "test", body.encode()))
            assert sent is Sent.CONFIRMED
    rows = {row["reason"]: row for row in await listed(file, 2)}
    unreadable = rows["unreadable event"]
    shown = json.loads((await dimona(file, "parked", "show", unreadable["id"])).stdout)["message"][
        "messages"
    ][0]
    assert shown["data"] == "(hidden)"
    assert "declaration.declared: missing" in shown["unreadable"]
    assert own.data.people[5].family_name not in json.dumps(shown)
    nothing = rows["not a carrier of events"]
    assert json.loads((await dimona(file, "parked", "show", nothing["id"])).stdout)["message"] == "(hidden)"
    for row in rows.values():
        assert (
            await dimona(file, "parked", "discard", row["id"], "--reason", "nobody can read it")
        ).exit_code == 2
    assert (await dimona(file, "parked", "show", "no such id")).exit_code == 2
    assert (await dimona(file, "parked", "replay")).exit_code == 2
    assert (await dimona(file, "parked", "replay", nothing["id"])).exit_code == 0
    again = {row["id"] for row in await listed(file, 2)}
    assert again == {row["id"] for row in rows.values()}, "the same id: what fails again is parked again"
