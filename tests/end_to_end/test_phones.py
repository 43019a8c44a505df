"""SMS and voice from end to end: two documented dialogues, changes across channels, and the quota."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from deploy.local.demo.directory import CLIENTS
from deploy.local.demo.telephone import Telephone
from deploy.local.stack import Stack
from tests.foreign.events import PATIENCE, REPLY
from tests.prove.world import STUDENT, Relation, World, cancel, change, letter
from tests.rest import Rest

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

GUIDE: Final = Path(__file__).parents[2] / "docs" / "phones.md"
#: The values that the documented dialogues have in place of those of a run.
_SAMPLE: Final = {
    "number": "605114838201", "employer": "0990101368", "worker": "93051891449", "pin": "481516",
    "first": "01/12/2026", "last": "02/12/2026", "wrong": "93051891440",
}  # fmt: skip
_calls = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telephone(pipeline: dict[str, Any]) -> AsyncIterator[Telephone]:
    """Run a gateway with the phones of all clients behind it."""
    async with Telephone(pipeline, "city") as telephone:
        yield telephone


class Person:
    """A person at the phone of a client. The person writes an SMS or presses keys."""

    def __init__(self, world: World, telephone: Telephone, role: str) -> None:
        self._world, self._telephone, self.role = world, telephone, role
        self.phone: Mapping[str, str] = world.document["phones"][CLIENTS[role]]

    async def writes(self, text: str) -> str:
        """Send an SMS with the PIN added, and return the answer."""
        return await self._telephone.sms(self.phone["number"], f"{text} pin: {self.phone['pin']}")

    async def declares(self, text: str) -> int:
        """Send an SMS that is received, and return its Dimona number."""
        return self.note(await self.writes(text))

    async def result_of(self, number: int) -> str:
        """Return the only SMS with the result of a declaration."""
        (text,) = await self._telephone.texts_to(self.phone["number"], str(number), PATIENCE)
        return text

    async def keys(self, *keyed: str) -> list[tuple[str, str]]:
        """Call and press keys, `PIN` for the PIN. Return the keys before each prompt, and the prompt."""
        call, said = f"C{next(_calls)}", []
        answer = await self._telephone.turn(call, self.phone["number"])
        said.append(("", _spoken(answer)))
        for keys in keyed:
            digits = self.phone["pin"] if keys == "PIN" else keys.rstrip("#")
            answer = await self._telephone.turn(call, self.phone["number"], digits, answer["state"])
            said.append((digits or keys, _spoken(answer)))
        return said

    def note(self, answer: str) -> int:
        """Return the Dimona number in an answer, and remember it as declared."""
        found = re.search(r"(?:\d ?){12}", answer)
        assert found is not None, answer
        number = int(found[0].replace(" ", ""))
        self._world[self.role].posted.add(number)
        return number


def _spoken(answer: Mapping[str, Any]) -> str:
    return " ".join(each["text"] for each in answer["say"])


def day(of: date) -> str:
    return f"{of:%d/%m/%Y}"


def keyed(of: date) -> str:
    return f"{of:%d%m%Y}"


def form(relation: Relation, first: date, last: date, rest: str) -> str:
    """Return the short form of an IN without the PIN."""
    return (
        f"type: IN bce: {relation.employer} niss: {relation.worker} comp: 200 début: {day(first)} "
        f"fin: {day(last)} {rest}"
    )


def documented(transcript: str, values: Mapping[str, str]) -> str:
    """Return a transcript with the sample values in place of those of this run, also digit by digit."""
    sample = {}
    forms: tuple[Callable[[str], str], ...] = (str, " ".join, _keyed)
    for name, value in values.items():
        for written in forms:
            sample[written(value)] = written(_SAMPLE[name])
    return re.sub("|".join(map(re.escape, sample)), lambda found: sample[found[0]], transcript)


def _keyed(text: str) -> str:
    return text.replace("/", "")


async def test_an_exchange_by_sms_is_the_documented_one(world: World, telephone: Telephone) -> None:
    """A forgotten field is named; the right SMS gets its Dimona number; the result follows once."""
    relation, person = world.relation("bakery"), Person(world, telephone, "bakery")
    first = world.today + timedelta(1)
    last = first + timedelta(1)
    lines = []
    for rest in ("", "type-trav: OTH"):
        text = form(relation, first, last, rest).strip()
        answer = await person.writes(text)
        lines += [f"> {text} pin: {person.phone['pin']}", f"< {answer}"]
    number = person.note(answer)
    lines.append(f"< {await person.result_of(number)}")
    values = {
        "number": str(number), "employer": relation.employer, "worker": relation.worker,
        "pin": person.phone["pin"], "first": day(first), "last": day(last),
    }  # fmt: skip
    transcript = documented("\n".join(lines), values)
    assert transcript in GUIDE.read_text(), f"docs/phones.md lacks:\n{transcript}"
    await asyncio.sleep(1.0)  # two rounds of the sender: a second SMS would come now
    assert len(await telephone.texts_to(person.phone["number"], str(number), 0)) == 1


async def test_a_call_is_the_documented_one(world: World, telephone: Telephone) -> None:
    """A wrong NISS is asked again at once; the last prompt speaks the number before the result is known."""
    relation, person = world.relation("bakery"), Person(world, telephone, "bakery")
    first = world.today + timedelta(1)
    wrong = f"{relation.worker[:9]}{(int(relation.worker[9:]) + 1) % 100:02}"
    keys = ["1", "PIN", "1", relation.employer, wrong, relation.worker, "200", "1", *[keyed(first)] * 2, "1"]
    said = await person.keys(*keys)
    number = person.note(said[-1][1])
    lines = [line for keys, prompt in said for line in ([f"> {keys}"] * bool(keys) + [f"< {prompt}"])]
    values = {
        "number": str(number), "employer": relation.employer, "worker": relation.worker, "wrong": wrong,
        "pin": person.phone["pin"], "first": day(first),
    }  # fmt: skip
    transcript = documented("\n".join(lines), values)
    assert transcript in GUIDE.read_text(), f"docs/phones.md lacks:\n{transcript}"
    answer = await answered(world, "bakery", number)
    assert (answer["declarationStatus"]["result"], answer["worker"]["ssin"]) == ("A", relation.worker)


async def answered(world: World, role: str, number: int) -> dict[str, Any]:
    """Return the final answer to a declaration over REST, which reads the results of every channel."""
    return await Rest(world, role).answer(number)


async def test_each_channel_changes_a_period_of_the_others(world: World, telephone: Telephone) -> None:
    """SMS, voice, REST and queue; the history of the declarations names each."""
    person, today = Person(world, telephone, "bakery"), world.today
    tomorrow = today + timedelta(1)
    by_sms, by_voice, by_queue = (world.relation("bakery") for _ in range(3))
    period = await person.declares(form(by_sms, tomorrow, tomorrow + timedelta(9), "type-trav: OTH"))
    assert "acceptée" in await person.result_of(period)
    voice = person.note((await person.keys(
        "1", "PIN", "3", str(period), "#", "#", keyed(tomorrow + timedelta(4)), "#", "1"
    ))[-1][1])  # fmt: skip
    assert letter_of(await answered(world, "bakery", voice)) == "A"
    assert await world.ends("bakery", {"dimonaUpdate": {"periodId": period, "endDate": world.day(4)}}) == [
        "A"
    ]
    other = person.note((await person.keys(
        "1", "PIN", "1", by_voice.employer, by_voice.worker, "200", "1", keyed(tomorrow), keyed(tomorrow), "1"
    ))[-1][1])  # fmt: skip
    assert letter_of(await answered(world, "bakery", other)) == "A"
    rest = Rest(world, "bakery")
    ended = await rest.declare(change(other, endDate=world.day(3)))
    assert letter_of(await answered(world, "bakery", ended)) == "A"
    third = await world.begun(by_queue)
    out = await person.declares(f"type: OUT dimona: {third} fin: {day(tomorrow)}")
    assert "acceptée" in await person.result_of(out)
    canceled = await person.declares(f"type: ANNULATION dimona: {third}")
    assert "acceptée" in await person.result_of(canceled)
    named = await world.database.value(
        "SELECT array_agg(channel ORDER BY received_at) FROM intake.declarations WHERE number = ANY($1)",
        [period, voice, other, ended, third, out, canceled],
    )
    assert named == ["sms", "voice", "voice", "rest", "queue", "sms", "sms"]


def letter_of(answer: Mapping[str, Any]) -> str:
    return str(answer["declarationStatus"]["result"])


async def test_the_excess_of_a_quota_is_only_in_answers_of_secured_channels(
    world: World, telephone: Telephone, stack: Stack
) -> None:
    """Only the warning by SMS, by voice and in the e-Box; the hours by queue (decision D33)."""
    here, *others = (world.relation(role) for role in world.clients)
    there = next(each for each in others if each.worker == here.worker)
    spring = date(world.today.year + 1, 2, 1)
    last = spring + timedelta(19)
    used = await world.ends(here.client, student(here, spring, last, 600))
    assert used == ["A"]
    person = Person(world, telephone, there.client)
    sms = await person.declares(form(there, spring, last, "type-trav: STU heures: 60"))
    assert "90017-369" in (text := await person.result_of(sms))
    assert not re.search(r"\b10\b", text)
    await untold(world, there.client, sms)
    voice = person.note((await person.keys(
        "1", "PIN", "1", there.employer, there.worker, "200", "2", keyed(spring), keyed(last), "60#", "1"
    ))[-1][1])  # fmt: skip
    await untold(world, there.client, voice)
    client = world[there.client]
    event = await client.answer(await client.declare(student(there, spring, last, 60)), REPLY)
    assert letter(event) == "W"
    number = event.data["declarationStatus"]["declarationId"]
    assert event.data["declarationStatus"]["quota"] == [{"quotaType": "STUDENT", "exceedingHours": 10}]
    assert any("exceedingHours" in text for text in await in_ebox(world, number))
    await world.ends(there.client, cancel(number))
    logs = "".join(path.read_text() for path in (stack.folder / "logs").glob("*intake*.log"))
    assert "received" in logs
    assert not [value for value in (person.phone["number"].lstrip("+"), there.worker) if value in logs]


def student(relation: Relation, first: date, last: date, hours: int) -> dict[str, Any]:
    """Return an IN of a student."""
    block = {"startDate": str(first), "endDate": str(last), "plannedHoursNumber": hours}
    return {
        "employer": {"enterpriseNumber": relation.employer},
        "worker": {"ssin": relation.worker},
        "dimonaIn": {**block, "features": dict(STUDENT)},
    }


async def untold(world: World, role: str, number: int) -> None:
    """Check that a declaration has the warning and no figure, in its answer and in the e-Box. Cancel it."""
    answer = await answered(world, role, number)
    status = answer["declarationStatus"]
    assert (status["result"], [each["errorId"] for each in status["anomalies"]]) == ("W", ["90017-369"])
    for text in [json.dumps(answer), *await in_ebox(world, number)]:
        assert "exceedingHours" not in text
        assert '"quota"' not in text
    assert await world.ends(role, cancel(status["period"]["id"])) == ["A"]


async def in_ebox(world: World, number: int) -> tuple[str, str]:
    """Return the letter about a declaration, and its data for programs."""
    found = "FROM notifier.messages WHERE declaration_id = $1"
    await world.database.until(f"SELECT count(*) {found}", number)
    return (
        await world.database.value(f"SELECT letter {found}", number),
        await world.database.value(f"SELECT data {found}", number),
    )
