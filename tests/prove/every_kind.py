"""Pass declarations of every kind, channel and outcome through a deployment, as Prometheus counts them."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
from rich.console import Console

from deploy.local.demo import play as demo
from deploy.local.demo.data import DemoData
from deploy.local.demo.script import TAKES, cast_of
from deploy.local.deployment import Endpoints
from shared.domain.calendar import local_date
from tests.integration.clients import engage, integrator
from tests.integration.parking import begin, broken, listed
from tests.pages import Visitor
from tests.prove import hundred
from tests.prove.world import Relation, cast, opened
from tests.watching import Prometheus

_WEB: Final = "/declare/in/XXX/OTH"
#: Places in the list of people.
PORTAL_WORKER, PARKED_WORKER = -3, -4
RECEIVED: Final = "dimona_declarations_received_total"
#: The labels with the values that have to pass, each with the expression that lists them.
WANTED: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "kinds": (f"count by (declaration_type) ({RECEIVED})",
              frozenset({"in", "out", "update", "cancel", "daily"})),
    "channels": (f"count by (channel) ({RECEIVED})",
                 frozenset({"queue", "rest", "sftp", "sms", "voice", "web"})),
    "results": ("count by (result) (dimona_declarations_completed_total)",
                frozenset({"accepted", "acceptedWithWarning", "refused"})),
    "stages": ("count by (stage) (dimona_declaration_latency_seconds_count)",
               frozenset({"provisional", "final", "answer"})),
}  # fmt: skip


def pass_declarations(endpoints: Endpoints, folder: Path, prometheus: Prometheus, least: int = 1) -> int:
    """Pass at least `least` declarations; return the number of those that were received.

    A person declares at the portal, and the demonstration is played. Then four clients declare a hundred at a
    time. Raise RuntimeError if one of them does not go as scripted.
    """
    document, file = endpoints.document(), folder / "endpoints.json"
    file.write_text(json.dumps(document))
    _declare_at_the_portal(endpoints, document)
    play_demonstration(document, file)
    relations = unplayed(endpoints.data, document)
    while (received := _number(prometheus, f"sum({RECEIVED})")) < least:
        sys.stdout.write(f"{received:.0f} declarations\n")
        found = asyncio.run(_declare_a_hundred(document, relations))
        if found.wrong or found.broken:
            raise RuntimeError("\n".join(found.wrong + found.broken))
    return round(received)


def play_demonstration(document: Mapping[str, Any], file: Path) -> None:
    """Play the demonstration. Raise RuntimeError with its output if it does not go as scripted.

    `file` has the content of `document`.
    """
    printed = io.StringIO()
    if not asyncio.run(demo.play(document, file, Console(file=printed, width=150))):
        raise RuntimeError(printed.getvalue()[-3000:])


def unplayed(data: DemoData, document: Mapping[str, Any]) -> Iterator[Relation]:
    """Return the relations with workers that no take of the demonstration employs, nor the portal."""
    played = {person.ssin for take in range(TAKES) for person in cast_of(data, take)}
    kept = {data.people[n].ssin for n in (PORTAL_WORKER, PARKED_WORKER)}
    return (one for one in cast(document) if one.worker not in played | kept)


async def _declare_a_hundred(document: Mapping[str, Any], relations: Iterator[Relation]) -> hundred.Figures:
    async with opened(document, relations) as world:
        return await hundred.prove(world, fresh=False)


def _declare_at_the_portal(endpoints: Endpoints, document: Mapping[str, Any]) -> None:
    """Log in as a declarer of the bakery, and declare one worker with the form."""
    visitor = Visitor(document)
    visitor.log_in("bakery.declarer")
    visitor.get(_WEB)
    tomorrow = local_date(datetime.now(UTC)) + timedelta(days=1)
    visitor.submit(_WEB, ssin=endpoints.data.people[PORTAL_WORKER].ssin, start_date=str(tomorrow))
    if visitor.answer.status != 200 or "/declarations/" not in visitor.url:
        raise RuntimeError(f"the form was not accepted: {visitor.answer.status} at {visitor.url}")


def _number(prometheus: Prometheus, expression: str) -> float:
    """Return the value of an expression with one series; 0 without one."""
    found = prometheus.query(expression)
    return float(found[0]["value"][1]) if found else 0.0


async def park_one(endpoints: Endpoints, folder: Path) -> None:
    """Declare a worker that the table of relations does not accept, and wait until the message is parked.

    `folder` has `endpoints.json` from `pass_declarations`.
    """
    worker = endpoints.data.people[PARKED_WORKER]
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        async with (
            integrator(endpoints) as client,
            broken(owner, "personnel_file.relations", f"ssin <> '{worker.ssin}'"),
        ):
            await begin(client, engage(endpoints, worker))
            await listed(folder / "endpoints.json", 1, "--service", "personnel_file")
    finally:
        await owner.close()


def passed(prometheus: Prometheus) -> dict[str, set[str]]:
    """Return the kinds, channels, results and stages of the declarations that passed."""
    return {
        name: {value for row in prometheus.query(expression) for value in row["metric"].values()}
        for name, (expression, _) in WANTED.items()
    }


def missing(seen: Mapping[str, set[str]]) -> list[str]:
    """Return the kinds, channels, results and stages that did not pass."""
    return [f"{name}: {value}" for name, (_, all_) in WANTED.items() for value in sorted(all_ - seen[name])]
