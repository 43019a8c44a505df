"""SMS and voice from end to end: two documented dialogues, and the excess of a quota."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from tests.file_senders import FileSender, number_in
from tests.foreign.events import REPLY
from tests.phone_senders import Person, keys_of, short_form
from tests.prove.world import STUDENT, Relation, World, cancel, letter
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
EXCESS: Final = [{"quotaType": "STUDENT", "exceedingHours": 10}]
#: The excess in a letter, with the unit of any language.
IN_LETTER: Final = re.compile(r'"10 (h|u|Std\.)"')


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


async def test_the_excess_of_a_quota_is_only_in_answers_of_secured_channels(
    world: World, telephone: Telephone, deployment: Endpoints, stack: Stack, tmp_path: Path
) -> None:
    """The hours by queue and in a file; only the warning by SMS and voice (decision D33)."""
    here, *others = (world.relation(role) for role in world.clients)
    there = next(each for each in others if each.worker == here.worker)
    first = date(world.today.year + 1, 2, 1)
    last = first + timedelta(19)
    assert await world.ends(here.client, student(here, first, last, 600)) == ["A"]
    beyond = student(there, first, last, 60)
    person = Person(world, telephone, there.client)
    sms = await person.declares(short_form(beyond))
    assert "90017-369" in (text := await person.result_of(sms))
    assert not re.search(r"\b10\b", text)
    await untold(world, there.client, sms)
    await untold(world, there.client, await person.calls(*keys_of(beyond)))
    client = world[there.client]
    event = await client.answer(await client.declare(beyond), REPLY)
    assert letter(event) == "W"
    assert event.data["declarationStatus"]["quota"] == EXCESS
    await told(world, there.client, event.data["declarationStatus"]["declarationId"])
    (notified,) = await FileSender(deployment, there.client, tmp_path).results_of([beyond])
    report = "HandlingResult/AnomalyReport"
    assert notified.findtext(f"{report}/ErrorID") == "90017-369"
    features = notified.findall(f"{report}/AnomalyComplInformation/QuotaFeatures/*")
    assert [element.text for element in features] == ["STUDENT", "10"]
    client.posted.add(number_in(notified))
    await told(world, there.client, number_in(notified))
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


async def told(world: World, role: str, number: int) -> None:
    """Check that a declaration has the excess, in its answer and in the e-Box. Cancel it."""
    status = (await answered(world, role, number))["declarationStatus"]
    assert (status["result"], status["quota"]) == ("W", EXCESS)
    message, data = await in_ebox(world, number)
    assert IN_LETTER.search(message)
    assert '"exceedingHours":10' in data.replace(" ", "")
    assert await world.ends(role, cancel(number)) == ["A"]


async def untold(world: World, role: str, number: int) -> None:
    """Check that a declaration has the warning and no figure, in its answer and in the e-Box. Cancel it."""
    answer = await answered(world, role, number)
    status = answer["declarationStatus"]
    assert (status["result"], [each["errorId"] for each in status["anomalies"]]) == ("W", ["90017-369"])
    message, data = await in_ebox(world, number)
    for text in (json.dumps(answer), data):
        assert "exceedingHours" not in text
        assert '"quota"' not in text
    assert "90017-369" in message
    assert not IN_LETTER.search(message)
    assert await world.ends(role, cancel(number)) == ["A"]


async def in_ebox(world: World, number: int) -> tuple[str, str]:
    """Return the letter about a declaration, and its data for programs."""
    found = "FROM notifier.messages WHERE declaration_id = $1"
    await world.database.until(f"SELECT count(*) {found}", number)
    return (
        await world.database.value(f"SELECT letter {found}", number),
        await world.database.value(f"SELECT data {found}", number),
    )
