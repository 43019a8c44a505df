"""Changes without a declaration, on the real stack: a NISS, an employer's number, an agent's lock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from deploy.local.demo.data import DemoData
from deploy.local.demo.directory import Organization
from deploy.local.demo.numbers import make_employer_id
from services.access.loading.document import Document
from services.access.loading.store import load
from services.cli.main import commands
from shared.messages import EmployerNumberReplaced, SituationChanged, WorkerNumberReplaced
from tests.end_to_end.registers import make_person, register
from tests.foreign.events import CHANGED, REPLY, Event, until
from tests.official import assert_valid
from tests.openssh import sftp
from tests.prove.observe import quiet
from tests.prove.spy import Spy, spying
from tests.prove.world import OTHER, STUDENT, World, cancel, change, outcome

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

REPLACED = "be.nsso.dimona.v1.workers.notify.ssinReplaced"
O17 = {"jointCommissionNumber": "XXX", "workerType": "O17"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spy(world: World) -> AsyncIterator[Spy]:
    """Observe every message; it can also publish copies."""
    async with spying(world.document) as spy:
        yield spy


async def begun(world: World, ssin: str, *arguments: Any, role: str = "bakery", **more: Any) -> int:
    """Return the period of an accepted IN of this worker."""
    client, relation = world[role], world.relation(role)
    id_ = await client.declare({**world.engage(relation, *arguments, **more), "worker": {"ssin": ssin}})
    assert outcome([await client.answer(id_, REPLY)]) == "A"
    return await client.number(id_)


def situations(world: World, role: str, ssin: str) -> list[Event]:
    """Return the changed situations that this client got about a former number of a worker."""
    return [
        event
        for event in world[role].notifications.values()
        if event.data.get("outdatedSituation", {}).get("worker", {}).get("ssin") == ssin
    ]


def fed(world: World, institution: str, type_: str, periods: Sequence[int]) -> list[Event]:
    """Return the events of one type that an institution got about these periods."""
    events = world.institutions[institution].events.values()
    return [event for event in events if event.type == type_ and event.data.get("periodId") in periods]


async def test_a_niss_is_replaced(world: World, spy: Spy) -> None:
    """An IN under the old number; the new one reaches periods, quota, employer and institutions."""
    row, new = make_person(), make_person()
    old, ssin = row["ssin"], new["ssin"]
    await register(spy, world, row, new)
    day = world.days_in_one_quarter(1)  # both days of article 17 count for one quarter
    limit = 190 if (world.today + timedelta(day)).month in (7, 8, 9) else 100
    first = await begun(world, old, day, day, features=O17, plannedHoursNumber=limit - 40)
    second = await begun(world, old, 5)
    await register(spy, world, {**row, "replacedBy": ssin})
    where = "SELECT count(*) = 2 FROM personnel_file.periods WHERE ssin = $1"
    await world.database.until(where, ssin)
    await until(lambda: bool(situations(world, "bakery", old)), 30, "the situation")
    said = [one for one in spy.seen if one.key in (WorkerNumberReplaced.TYPE, SituationChanged.TYPE)]
    await spy.publish(said)
    await quiet(world)

    (told,) = situations(world, "bakery", old)
    assert (told.type, told.data["justificationCode"]) == (CHANGED, 90)
    assert told.data["validSituation"]["worker"]["ssin"] == ssin
    assert world["bakery"].copies[told.id] == 1
    for institution in ("onem", "onva"):
        got = fed(world, institution, REPLACED, [first, second])
        assert sorted(event.data["periodId"] for event in got) == sorted([first, second])
        assert {json.dumps(event.data["worker"]) for event in got} == {
            json.dumps({"ssin": ssin, "formerSsins": [old]})
        }

    by_old, by_new = ({"worker": {"ssin": number}} for number in (old, ssin))
    third = {"worker": {"ssin": world.relation("bakery").worker}}
    assert await world.ends(
        "bakery",
        {**world.leave(second, 9), **third},
        {**world.leave(second, 9), **by_old},
        {**change(second, endDate=world.day(8)), **by_new},
    ) == ["B 00024-347", "A", "A"]
    second_day = world.day(day + 1)
    block = {"features": O17, "plannedHoursNumber": 41, "startDate": second_day, "endDate": second_day}
    employer = {"enterpriseNumber": world.relation("nursery").employer}
    # One after the other: declarations by two numbers are in two chains, without a promised order.
    too_much = {"employer": employer, **by_new, "dimonaIn": block}
    just_enough = {"employer": employer, **by_old, "dimonaIn": {**block, "plannedHoursNumber": 40}}
    assert await world.ends("nursery", too_much) == ["B 90017-369"]
    assert await world.ends("nursery", just_enough) == ["A"]


async def test_a_replaced_niss_reaches_the_expeditors_of_the_employer(
    world: World, spy: Spy, tmp_path: Path
) -> None:
    """Each gets one IDFLUX file, also when the message is repeated; the nursery gets none."""
    row, new = make_person(), make_person()
    await register(spy, world, row, new)
    await begun(world, row["ssin"])
    await register(spy, world, {**row, "replacedBy": new["ssin"]})
    await until(lambda: bool(situations(world, "bakery", row["ssin"])), 30, "the situation")
    await spy.publish([one for one in spy.seen if one.key == SituationChanged.TYPE])
    about = new["ssin"].encode()
    await until(lambda: bool(changes_of(world, "bakery", about, tmp_path)), 30, "the file")
    await quiet(world)
    (content,) = changes_of(world, "bakery", about, tmp_path)
    assert changes_of(world, "nursery", about, tmp_path) == []
    root = assert_valid(content, "IDFLUX_20231")
    assert root.findtext(".//JustificationCode") == "90"
    assert [root.findtext(f".//{each}/INSS") for each in ("ValidSituation", "OutdatedSituation")] == [
        new["ssin"], row["ssin"],
    ]  # fmt: skip


def changes_of(world: World, role: str, about: bytes, folder: Path) -> list[bytes]:
    """Return the complete IDFLUX files of an expeditor with these bytes in them, over SFTP."""
    server = world.document["sftp"]
    for path in folder.iterdir():
        path.unlink()
    number, user = next(
        (number, user)
        for number, user in server["users"].items()
        if user["client_id"] == world[role].client_id
    )
    sftp(server["port"], number, Path(user["key_file"]), [f"-get OUT/*.IDFL.* {folder}"])
    done = [path.with_name(path.name.replace("GO.", "FO.", 1)) for path in folder.glob("GO.*")]
    return [path.read_bytes() for path in done if path.exists() and about in path.read_bytes()]


async def test_relations_of_two_numbers_of_one_worker_are_merged(
    world: World, spy: Spy, endpoints_file: Path
) -> None:
    """One relation has all periods afterwards; an overlapping one becomes an agent's case."""
    row, new = make_person(), make_person()
    await register(spy, world, row, new)
    one, other = await begun(world, row["ssin"]), await begun(world, new["ssin"])
    await register(spy, world, {**row, "replacedBy": new["ssin"]})
    await until(lambda: bool(situations(world, "bakery", row["ssin"])), 30, "the situation")
    kept = await world.database.fetch(
        "SELECT period_id, overlapping FROM personnel_file.periods WHERE ssin = $1 ORDER BY 1", new["ssin"]
    )
    assert [tuple(each) for each in kept] == sorted([(one, True), (other, False)])
    listed = await asyncio.to_thread(dimona, endpoints_file, "overlapping")
    assert [str(number) in listed for number in (one, other)] == [True, True]
    assert await world.ends("bakery", cancel(other), world.leave(one, 9)) == ["A", "A"]
    assert str(one) not in await asyncio.to_thread(dimona, endpoints_file, "overlapping")


async def test_an_employer_gets_its_definitive_number(world: World, spy: Spy, data: DemoData) -> None:
    """A change may give either number, an IN only the definitive one (rule R43)."""
    orchard = data.organizations["orchard"]
    number, definitive = orchard.enterprise_number, make_employer_id(4_137)
    assert orchard.employer is not None
    provisional = orchard.employer.employer_id
    client, worker = world["provider"], world.relation("provider").worker
    block = {"startDate": world.day(1), "features": OTHER}
    by_provisional = {"employer": {"employerId": provisional}, "worker": {"ssin": worker}, "dimonaIn": block}
    id_ = await client.declare(by_provisional)
    assert outcome([await client.answer(id_, REPLY)]) == "A"
    period = await client.number(id_)
    await load_again(world, orchard, definitive)
    await world.database.until(
        """SELECT bool_and(employer_id = $2) AND count(*) > 0 FROM personnel_file.relations
        WHERE employer = $1""",
        number, definitive,
    )  # fmt: skip
    letters = """SELECT data AS event FROM notifier.messages
        WHERE enterprise_number = $1 AND message_type = 'employerChanged'"""
    await world.database.until(f"SELECT EXISTS ({letters})", number)
    await spy.publish([one for one in spy.seen if one.key == EmployerNumberReplaced.TYPE])
    await load_again(world, orchard, definitive)
    await quiet(world)
    (row,) = await world.database.fetch(letters, number)
    assert json.loads(row["event"])["data"]["validSituation"] == {"employerId": definitive}
    assert str(provisional) not in row["event"]
    for name in ("onem", "onva"):
        (event,) = fed(world, name, "be.nsso.dimona.v1.employers.notify.employerIdReplaced", [period])
        assert event.data["employer"] == {"enterpriseNumber": number, "employerId": definitive}
    later = {**by_provisional, "dimonaIn": {**block, "startDate": world.day(20)}}
    assert await world.ends(
        "provider",
        {"employer": {"employerId": provisional}, **change(period, startDate=world.day(2))},
        {"employer": {"employerId": definitive}, **world.leave(period, 9)},
        later,
        {**later, "employer": {"employerId": definitive}},
    ) == ["A", "A", "B 00948-235", "A"]


async def load_again(world: World, employer: Organization, employer_id: int) -> None:
    """Load the directory with an employer under this number."""
    row = employer.document()
    row["employer"]["employerId"] = employer_id
    connection = await asyncpg.connect(world.document["postgres_dsn"])
    try:
        await load(connection, Document.model_validate({"organizations": [row]}))
    finally:
        await connection.close()


async def test_an_agent_locks_a_period(world: World, endpoints_file: Path) -> None:
    """Changes are refused with 00913-362 until it is unlocked; operator and reason are stored (rule R30)."""
    period = await world.begun(relation := world.relation("bakery"))
    told = await asyncio.to_thread(dimona, endpoints_file, "lock", str(period), "--reason", "inspection")
    assert "lock" in told
    locked = "SELECT locked = $2 FROM personnel_file.periods WHERE period_id = $1"
    await world.database.until(locked, period, True)
    day = world.day(9)
    changes = (world.leave(period, 9), change(period, startDate=day), cancel(period))
    assert await world.ends("bakery", *changes) == ["B 00913-362"] * 3
    beside = world.engage(relation, 1, 1, STUDENT, plannedHoursNumber=8)
    assert await world.ends("bakery", beside) == ["A"]
    again = await asyncio.to_thread(dimona, endpoints_file, "lock", str(period), "--reason", "twice")
    assert "locked already" in again
    await asyncio.to_thread(dimona, endpoints_file, "unlock", str(period), "--reason", "done")
    await world.database.until(locked, period, False)
    assert await world.ends("bakery", world.leave(period, 9)) == ["A"]
    shown = await asyncio.to_thread(dimona, endpoints_file, "show", str(period))
    assert [word in shown for word in ("unlocked", "inspection", "done", "twice")] == [True] * 3 + [False]


def dimona(file: Path, *arguments: str) -> str:
    """Run the command, and return its output."""
    run = CliRunner().invoke(commands, ["period", *arguments, "--endpoints", str(file)])
    return run.output
