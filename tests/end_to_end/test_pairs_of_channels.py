"""For every two channels: one corrects a declaration of the other, and the history names both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.local.demo.directory import CLIENTS
from deploy.local.demo.telephone import Telephone
from deploy.local.deployment import Endpoints
from tests.file_senders import FileSender, number_in
from tests.newcomers import registered
from tests.phone_senders import Person, keys_of, short_form
from tests.prove.spy import spying
from tests.prove.world import Relation, World, change
from tests.rest import Rest
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

#: The client that begins in each channel. A phone may send a limited number of turns, and a call has many.
BEGIN: Final[Mapping[str, str]] = {
    "queue": "secretariat", "rest": "nursery", "sftp": "nursery", "sms": "bakery", "voice": "provider",
}  # fmt: skip
_ENDED: Final = 4  #: days from today
_OWN: Final = frozenset({"declarationId", "notificationId", "period"})

Declarations = Sequence[Mapping[str, Any]]
#: Declares for a client by its role, and returns the Dimona numbers in the order of the declarations.
Channel = Callable[[str, Declarations], Awaitable[list[int]]]


@pytest.fixture
def channels(
    world: World, telephone: Telephone, deployment: Endpoints, tmp_path: Path
) -> Mapping[str, Channel]:
    """Return the channels of this system, by their names in the history."""

    async def by_queue(role: str, declarations: Declarations) -> list[int]:
        ids = [await world[role].declare(one) for one in declarations]
        return [await world[role].number(id_) for id_ in ids]

    async def by_rest(role: str, declarations: Declarations) -> list[int]:
        return [await Rest(world, role).declare(one) for one in declarations]

    async def by_file(role: str, declarations: Declarations) -> list[int]:
        folder = tmp_path / f"{role}-{len(declarations)}"
        folder.mkdir()
        forms = await FileSender(deployment, role, folder).results_of(declarations)
        numbers = list(map(number_in, forms))
        world[role].posted.update(numbers)
        return numbers

    async def by_sms(role: str, declarations: Declarations) -> list[int]:
        person = Person(world, telephone, role)
        return [await person.declares(short_form(one)) for one in declarations]

    async def by_voice(role: str, declarations: Declarations) -> list[int]:
        person = Person(world, telephone, role)
        return [await person.calls(*keys_of(one)) for one in declarations]

    return {"queue": by_queue, "rest": by_rest, "sftp": by_file, "sms": by_sms, "voice": by_voice}


async def test_each_channel_corrects_each_other(world: World, channels: Mapping[str, Channel]) -> None:
    """The answers, the periods and their histories differ in nothing but numbers, persons and channels."""
    others = {begin: [each for each in channels if each != begin] for begin in BEGIN}
    async with spying(world.document) as spy:
        workers = iter(await registered(world, spy, sum(map(len, others.values()))))

    async def corrected(begin: str) -> list[tuple[int, int]]:
        """Begin a period for each other channel, and change its end there. Return the two numbers of each."""
        role = BEGIN[begin]
        employer = world.document["integrators"][CLIENTS[role]]["employers"][0]
        engaged = [world.engage(Relation(role, employer, next(workers)), 1, 9) for _ in others[begin]]
        begun = await channels[begin](role, engaged)
        await asyncio.gather(*(Rest(world, role).answer(number) for number in begun))
        changes = [change(number, endDate=world.day(_ENDED)) for number in begun]
        changed = await asyncio.gather(
            *(channels[by](role, [one]) for by, one in zip(others[begin], changes, strict=True))
        )
        return [(first, second) for first, (second,) in zip(begun, changed, strict=True)]

    pairs = dict(zip(BEGIN, await asyncio.gather(*map(corrected, BEGIN)), strict=True))
    seen = await asyncio.gather(
        *(
            seen_by_sender(world, BEGIN[begin], *numbers)
            for begin, found in pairs.items()
            for numbers in found
        )
    )
    histories = [history for history, _ in seen]
    assert histories == [
        [("periodOpened", begin), ("periodUpdated", by)] for begin in BEGIN for by in others[begin]
    ]
    assert len({result for _, result in seen}) == 1
    assert '"A"' in seen[0][1]


async def seen_by_sender(
    world: World, role: str, period: int, changed: int
) -> tuple[list[tuple[str, str]], str]:
    """Return the history of a period, and the answers and the period as one text without own values."""
    rest = Rest(world, role)
    answers = [await rest.answer(number) for number in (period, changed)]
    found = await read(rest, f"/periods/{period}")
    changes = (await read(rest, f"/periods/{period}/changes"))["items"]
    facts = {name: found[name] for name in ("startDate", "endDate", "features", "status", "isLate")}
    told = [
        (
            answer.get("dimonaIn"),
            {**answer.get("dimonaUpdate", {}), "periodId": None},
            {name: one for name, one in answer["declarationStatus"].items() if name not in _OWN},
        )
        for answer in answers
    ]
    history = [(each["type"], each["channel"]) for each in changes]
    return history, json.dumps([facts, told], sort_keys=True)


async def read(rest: Rest, path: str) -> Any:
    """Return an object of the personnel file."""
    answer = await asyncio.to_thread(ask, f"{rest.url}{path}", "GET", rest.headers)
    assert answer.status == 200, answer.body
    return answer.json()
