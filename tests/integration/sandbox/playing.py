"""Play a scenario of the sandbox as a client of it does: by queue, or over REST."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.local.demo.data import DemoData
from deploy.local.sandbox.data import surroundings
from deploy.local.sandbox.scenarios import Scenario
from tests.foreign.events import INTERMEDIATE
from tests.prove.world import World, cancel, outcome
from tests.rest import Rest, kind_of, number_in
from tests.rest import outcome as outcome_over_rest

#: Organizations that play, each with an employer of its own, so that the two ways do not meet.
BY_QUEUE: Final = ("provider", "hotel")
OVER_REST: Final = ("secretariat", "brewery")
_AT_ONCE: Final = 24

#: Declares and returns the number, None without one, and the outcome as text: `S A`, `B 00913-355`.
Declare = Callable[[Mapping[str, Any]], Awaitable[tuple[int | None, str]]]


@dataclass(slots=True)
class Played:
    """The outcomes of scenarios by name: of the steps, and the last answer."""

    outcomes: dict[str, list[str]] = field(default_factory=dict)
    workers: dict[str, Mapping[str, Any]] = field(default_factory=dict)  #: of the answer to the last step
    numbers: set[int] = field(default_factory=set)


class ByQueue:
    """A client of the sandbox that declares by queue."""

    def __init__(self, world: World) -> None:
        self.role, self.employer = BY_QUEUE
        self._client = world[self.role]
        self.worker: Mapping[str, Any] = {}

    async def declare(self, declaration: Mapping[str, Any]) -> tuple[int | None, str, Mapping[str, Any]]:
        """Declare; wait for the final reply."""
        id_ = await self._client.declare(declaration)
        number = await self._client.number(id_)
        (final,) = await self._client.ends([id_])
        before = ["S"] if self._client.answered(id_, INTERMEDIATE) else []
        return number, " ".join([*before, outcome(self._client.answered(id_))]), final.data.get("worker", {})


class OverRest:
    """A client of the sandbox that declares over REST and polls."""

    def __init__(self, world: World) -> None:
        self.role, self.employer = OVER_REST
        self._rest = Rest(world, self.role)

    async def declare(self, declaration: Mapping[str, Any]) -> tuple[int | None, str, Mapping[str, Any]]:
        """Declare, again after a 503; wait for the final answer."""
        told = await self._rest.post(declaration, Prefer="wait=10")
        if told.status == 503:
            _, outcome, worker = await self.declare(declaration)
            return None, f"503 {kind_of(told)} {outcome}", worker
        if told.status != 201:
            return None, f"{told.status} {kind_of(told)}", {}
        number = number_in(told)
        first = told.json() if told.body else await self._rest.answer(number, "SAWB")
        before = ["S"] if first["declarationStatus"]["result"] == "S" else []
        final = await self._rest.answer(number) if before else first
        return number, " ".join([*before, outcome_over_rest(final)]), final.get("worker", {})


Client = ByQueue | OverRest


async def play(client: Client, data: DemoData, chosen: Sequence[Scenario]) -> Played:
    """Play scenarios, some at one time. Cancel a period that would stay at a test employer."""
    own = data.organizations[client.employer].enterprise_number
    values, played, slots = surroundings(data, own), Played(), asyncio.Semaphore(_AT_ONCE)

    async def one(scenario: Scenario) -> None:
        outcomes = played.outcomes[scenario.name] = []
        numbers: list[int] = []
        try:
            for step in scenario.steps:
                declaration = values.declaration(scenario, step, numbers)
                number, told, played.workers[scenario.name] = await client.declare(declaration)
                outcomes.append(told)
                numbers += [number] if number is not None else []
            if scenario.keeps_a_period:
                await client.declare(cancel(numbers[0]))
        except Exception as error:  # it fails its own test, and not those of the others
            outcomes.append(repr(error))
        played.numbers.update(numbers)

    async def in_turn(scenario: Scenario) -> None:
        async with slots:
            await one(scenario)

    async with asyncio.TaskGroup() as tasks:
        for scenario in chosen:
            tasks.create_task(in_turn(scenario))
    return played
