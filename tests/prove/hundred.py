"""Send a hundred declarations of all kinds from a foreign client to the stack of `make up`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.foreign.events import RECEIVED, REPLY
from tests.prove import checker
from tests.prove.observe import observe, quiet
from tests.prove.world import REOPENED, World, cancel, change, outcome


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the hundred."""

    sent: int
    received: int  #: distinct Dimona numbers
    final: int  #: distinct ids of final replies
    wrong: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float


async def prove(world: World, *, fresh: bool = True) -> Figures:
    """Send twenty stories of five declarations by four clients. `fresh`: the stack has none yet."""
    began = time.monotonic()
    expected: dict[tuple[str, str], str] = {}
    for n in range(20):
        role = list(world.clients)[n % len(world.clients)]
        relation = world.relation(role)
        client = world[role]
        first = await client.declare(world.engage(relation))
        period = await client.number(first)
        story = [
            (world.leave(period, 20), "A"),
            (change(period, endDate=world.day(25) if n % 2 else REOPENED), "A"),
            (world.engage(relation, 30) if n % 2 else cancel(period), "A"),
            (cancel(period), "A" if n % 2 else "B 00913-355"),
        ]
        expected[role, first] = "A"
        for document, end in story:  # back to back, on an IN that need not be final
            expected[role, await client.declare(document)] = end
    for role, client in world.clients.items():
        await client.finals([id_ for of, id_ in expected if of == role])
    await quiet(world)
    answers = {key: world[key[0]].answered(key[1]) for key in expected}
    wrong = [
        f"{id_}: {came} instead of {end}"
        for (role, id_), end in expected.items()
        if (came := outcome(answers[role, id_])) != end
    ]
    seen = await observe(world, complete=fresh)
    return Figures(
        sent=len(expected),
        received=len(
            {e.data["declarationId"] for events in answers.values() for e in events if e.type == RECEIVED}
        ),
        final=len({e.id for events in answers.values() for e in events if e.type == REPLY}),
        wrong=tuple(wrong),
        broken=tuple(checker.check(seen)),
        seconds=time.monotonic() - began,
    )
