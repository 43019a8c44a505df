"""The channel of a declaration never changes its result, and any channel changes a period of another one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

import pytest

from deploy.local.demo.data import DemoData
from tests.channels import WAYS
from tests.newcomers import registered
from tests.prove.spy import spying
from tests.prove.world import (
    FLEXI,
    REOPENED,
    Relation,
    World,
    cancel,
    cancel_day,
    change,
    change_day,
    register_day,
)
from tests.rest import outcome
from tests.worker_types import WORKER_TYPES, dated

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

_REFERENCE: Final = ["2026-0417", "line 12"]
_DRAWN: Final = 40  #: random INs
#: Values of a drawn IN; days count from today, None leaves the property out.
_VALUES: Final[Mapping[str, tuple[Any, ...]]] = {
    "startDate": (-40, -1, 1, 2, 30),
    "endDate": (None, 1, 2, 31, 45, "9999-12-31"),
    "startHour": (None, "1700", "2330"),
    "endHour": (None, "2130", "0230"),
    "plannedHoursNumber": (None, 8, 650),
    "jointCommissionNumber": (None, "XXX", 302, "124", "999"),
    "workerType": (*(row.code for row in WORKER_TYPES), "NON"),
}


class Play:
    """Declarations of one worker for each type, of one for daily registrations, and of one at random.

    They are equal each time; at the end all periods are canceled, so that they can be played again.
    """

    def __init__(self, world: World, employer: str, workers: list[str]) -> None:
        self._world, self._employer, self._workers = world, employer, workers
        self.numbers: dict[str, int] = {}
        self.answers: dict[str, dict[str, Any]] = {}  #: by the name of the declaration

    async def by(self, way: str) -> None:
        """Declare all of it in one way; wait for the results of each part before the next one."""
        for part in (self._begin, self._change, self._end):
            named = dict(part())
            told = await WAYS[way](self._world, "bakery", list(named.values()))
            self.answers |= dict(zip(named, told, strict=True))
            self.numbers |= {
                name: one["declarationStatus"]["declarationId"] for name, one in zip(named, told, strict=True)
            }

    def told(self) -> dict[str, Any]:
        """Return the answers, with numbers replaced by the names of their declarations."""
        names = {number: name for name, number in self.numbers.items()}
        return {name: _named(answer, names) for name, answer in self.answers.items()}

    def _begin(self) -> Iterator[tuple[str, dict[str, Any]]]:
        today = self._world.today
        for row, worker in zip(WORKER_TYPES, self._workers, strict=False):
            yield row.code, self._engage(worker, row.block(today))
            yield f"{row.code} again", self._engage(worker, row.block(today))
            yield f"{row.code} with a mistake", self._engage(worker, row.wrong_block(today))
        first = self._world.days_in_one_quarter(9)
        block = dated({"startDate": first, "endDate": first + 9, "features": FLEXI}, today)
        yield "weeks", self._engage(self._workers[-2], block)
        random = Random(11)
        for n in range(_DRAWN):
            yield f"drawn {n}", self._engage(self._workers[-1], _draw(random, self._world))

    def _change(self) -> Iterator[tuple[str, dict[str, Any]]]:
        world = self._world
        for row in WORKER_TYPES:
            period = self.numbers[row.code]
            first = world.leave(period, 20)
            if row.update is not None:
                first = change(period, **dated(row.update, world.today))
            yield f"{row.code} changed", first
            yield f"{row.code} changed again", first
            yield f"{row.code} reopened", change(period, endDate=REOPENED)
        period, day = self.numbers["weeks"], world.day(world.days_in_one_quarter(9))
        yield "day", register_day(period, day)
        yield "day again", register_day(period, day)

    def _end(self) -> Iterator[tuple[str, dict[str, Any]]]:
        day = self.numbers["day"]
        yield "day changed", change_day(day, endHour="1800")
        yield "day canceled", cancel_day(day)
        for row in WORKER_TYPES:
            yield f"{row.code} canceled", cancel(self.numbers[row.code])
            yield f"{row.code} canceled again", cancel(self.numbers[row.code])
        for name in ("weeks", *(f"drawn {n}" for n in range(_DRAWN))):
            if self.answers[name]["declarationStatus"]["result"] in "AW":
                yield f"{name} canceled", cancel(self.numbers[name])

    def _engage(self, worker: str, block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "reference": _REFERENCE,
            "employer": {"enterpriseNumber": self._employer},
            "worker": {"ssin": worker},
            "dimonaIn": dict(block),
        }


def _draw(random: Random, world: World) -> dict[str, Any]:
    """Return an IN of random values."""
    drawn = {name: random.choice(values) for name, values in _VALUES.items()}
    given = {name: value for name, value in drawn.items() if value is not None}
    features = {name: given.pop(name) for name in ("jointCommissionNumber", "workerType") if name in given}
    return {**dated(given, world.today), "features": features}


def _named(node: Any, names: Mapping[int, str]) -> Any:
    """Replace numbers by names; leave out addresses and the id of the notification."""
    if isinstance(node, list):
        return [_named(each, names) for each in node]
    if isinstance(node, dict):
        kept = {name: each for name, each in node.items() if name not in ("href", "notificationId")}
        return {name: _named(each, names) for name, each in kept.items()}
    return names.get(node, node) if isinstance(node, int) else node


async def test_the_channel_never_changes_the_result(world: World, data: DemoData) -> None:
    """Equal answers in five ways, to declarations of each type and kind, correct, wrong and drawn."""
    async with spying(world.document) as spy:
        workers = await registered(world, spy, len(WORKER_TYPES) + 2)
    found = {}
    for way in WAYS:
        play = Play(world, data.organizations["bakery"].enterprise_number, workers)
        await play.by(way)
        found[way] = play.told()
    first, *others = found.values()
    results = {outcome(answer) for answer in first.values()}
    assert {result[0] for result in results} == {"A", "W", "B"}
    assert len(results) > 20, "many different anomalies"
    for way, told in zip(list(found)[1:], others, strict=True):
        assert {name: told[name] for name in told if told[name] != first.get(name)} == {}, way
        assert told.keys() == first.keys()


async def test_each_channel_changes_the_periods_of_each_other(world: World, data: DemoData) -> None:
    """OUT, UPDATE and CANCEL in each way, of an IN in each way; the batches hold all three."""
    employer = data.organizations["bakery"].enterprise_number
    async with spying(world.document) as spy:
        relations = [Relation("bakery", employer, one) for one in await registered(world, spy, len(WAYS))]
    for begin in WAYS:
        begun = await WAYS[begin](world, "bakery", [world.engage(each) for each in relations])
        assert [outcome(answer) for answer in begun] == ["A"] * len(WAYS), begin
        periods = [answer["declarationStatus"]["period"]["id"] for answer in begun]
        changing = (_change(world, way, period) for way, period in zip(WAYS, periods, strict=True))
        assert await asyncio.gather(*changing) == [["A", "A", "A"]] * len(WAYS), begin


async def _change(world: World, way: str, period: int) -> list[str]:
    """Change and cancel a period in one way; return the results."""
    changes = [world.leave(period, 20), change(period, endDate=world.day(25)), cancel(period)]
    return [outcome(answer) for answer in await WAYS[way](world, "bakery", changes)]
