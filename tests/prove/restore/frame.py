"""One restore under load: declarations, a lost database, the commands of an operator, and the check."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from typer.testing import CliRunner

from deploy.local.stack import Stack
from services.cli.main import commands
from shared.topology import SERVICES
from tests.foreign.events import REPLY, Event, until
from tests.prove import checker
from tests.prove.observe import observe, quiet
from tests.prove.restore import server
from tests.prove.restore.judge import Outside, judge, number_of, without_missing
from tests.prove.stream import Stream
from tests.prove.world import World, opened, outcome

RATE: Final = 20.0  #: declarations per second
LOST: Final = 30.0  #: seconds between the restored instant and the loss of the database
_CALM: Final = 15.0  #: seconds of load before the services are stopped around the restored instant
_PATIENCE: Final = 120.0  #: seconds until final replies
_PLANTED_PATIENCE: Final = 40.0  #: with a planted fault, after which some never come
#: Faults of the operator that the proof has to find: numbers are given out again, open declarations stay.
PLANTS: Final = ("numbers", "reconcile")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one restore."""

    declarations: int
    open_at_instant: int  #: declarations that the restored database had without final result
    sent_again: dict[str, int]  #: declarations of `dimona reconcile`, by lacking message
    removed: int  #: messages between services that the broker had of the lost time
    missing: int  #: declarations that were named
    missing_told: int  #: of them, those whose number a sender had got
    repeated: int  #: messages that their senders sent again
    lost: int
    doubled: int
    backup_seconds: float
    restored_seconds: float  #: from the start of the server to its promotion
    finish_seconds: float  #: of `dimona restore finish`
    final_seconds: float | None  #: from the start of the services until every known declaration was final
    broken: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Return whether nothing is lost, doubled or unexplained, and there was something to restore."""
        harm = self.lost or self.doubled or self.broken or self.final_seconds is None
        return not harm and self.open_at_instant > 0 and self.missing_told > 0


async def prove(folder: Path, *, broker_kept: bool, plant: str | None = None, rate: float = RATE) -> Figures:
    """Lose the database under load and restore it to 30 seconds before, on a stack of its own.

    Args:
        folder: The folder of the stack.
        broker_kept: Whether the broker is newer than the database; otherwise it is a new and empty one.
        plant: A fault of the operator, one of PLANTS, or None.
        rate: Declarations per second.
    """
    stack = Stack(folder, services=())
    try:
        await asyncio.to_thread(stack.start)
        await asyncio.to_thread(server.archive, stack)
        await asyncio.to_thread(stack.serve, stack.endpoints)
        async with opened(stack.endpoints.document()) as world:
            return await _Restore(stack, world, broker_kept, plant).run(rate)
    finally:
        await asyncio.to_thread(stack.stop)
        server.remove(stack)


class _Restore:
    """The steps of one restore, and the broken promises that they found."""

    def __init__(self, stack: Stack, world: World, broker_kept: bool, plant: str | None) -> None:
        self._stack, self._world, self._broker_kept, self._plant = stack, world, broker_kept, plant
        self._patience = _PATIENCE if plant is None else _PLANTED_PATIENCE
        self._stream = Stream(world, Random(1), stack.endpoints.data.strangers, self._patience)
        self._file = stack.folder / "owner.json"
        document = {**stack.endpoints.document(), "postgres_dsn": stack.endpoints.superuser_dsn}
        self._file.write_text(json.dumps(document))
        self._broken: list[str] = []

    async def run(self, rate: float) -> Figures:
        """Lose and restore the database, and check the deployment afterwards."""
        began = datetime.now(UTC)
        pouring = asyncio.create_task(self._stream.pour(rate, _CALM + 10 + LOST))
        await asyncio.sleep(5)
        backup_seconds = await self._back_up()
        await asyncio.sleep(max(_CALM - 5 - backup_seconds, 0))
        instant = await self._pass_the_instant()
        await self._work_on(instant)
        restored_seconds = await self._lose_and_restore(instant)
        open_ = await self._world.database.value("SELECT count(*) FROM intake.open")
        finished = time.monotonic()
        removed = await self._finish(began)
        finish_seconds = time.monotonic() - finished
        await pouring  # clients of a new broker send the rest now, because it has their queues again
        final_seconds, sent_again = await self._go_on()
        named = await self._name_missing()
        told = self._told(named)
        repeated = await self._repeat(named)
        await self._check(named)
        seen = without_missing(await observe(self._world), named)
        return Figures(
            declarations=len(self._stream.expected),
            open_at_instant=open_,
            sent_again=sent_again,
            removed=removed,
            missing=len(named),
            missing_told=len(told),
            repeated=repeated,
            lost=checker.lost(seen),
            doubled=checker.doubled(seen),
            backup_seconds=round(backup_seconds, 1),
            restored_seconds=round(restored_seconds, 1),
            finish_seconds=round(finish_seconds, 1),
            final_seconds=final_seconds,
            broken=(*self._broken, *checker.check(seen)),
        )

    async def _dimona(self, *arguments: str) -> str:
        """Run a command as the owner. Add a line to the broken promises if it fails."""
        line = [*arguments, "--endpoints", str(self._file)]
        ran = await asyncio.to_thread(CliRunner().invoke, commands, line)
        if ran.exit_code != 0:
            self._broken.append(f"dimona {arguments[0]} ended with {ran.exit_code}: {ran.output[-300:]}")
        return ran.stdout

    async def _back_up(self) -> float:
        began = time.monotonic()
        programs = Path(self._stack.postgres.process().argv[0]).parent
        await self._dimona("backup", "take", str(server.base_of(self._stack)), "--programs", str(programs))
        return time.monotonic() - began

    async def _pass_the_instant(self) -> datetime:
        """Stop two services, so that messages are between services, and return an instant of that time."""
        halt, launch = self._stack.halt, self._stack.launch
        await asyncio.to_thread(halt, "notifier")
        await asyncio.sleep(1)
        await asyncio.to_thread(halt, "personnel_file")
        await asyncio.sleep(2)
        instant: datetime = await self._world.database.value("SELECT clock_timestamp()")
        launch("notifier", "personnel_file")
        return instant

    async def _work_on(self, instant: datetime) -> None:
        """Work for the seconds that will be lost. Intake takes new numbers, because it is started again."""
        await asyncio.sleep(LOST / 3)
        await asyncio.to_thread(self._stack.kill, "intake")
        await asyncio.sleep(max(LOST - (datetime.now(UTC) - instant).total_seconds(), 0))

    async def _lose_and_restore(self, instant: datetime) -> float:
        await asyncio.to_thread(self._stack.kill, "postgres")
        await asyncio.to_thread(self._stack.halt, "postgres")
        await asyncio.to_thread(self._stack.halt, *SERVICES)
        if not self._broker_kept:
            await asyncio.to_thread(server.empty_broker, self._stack)
        began = time.monotonic()
        await asyncio.to_thread(server.restore, self._stack, instant)
        return time.monotonic() - began

    async def _finish(self, began: datetime) -> int:
        """Finish the restore. Return the number of messages that were removed."""
        lost = [] if self._broker_kept else ["--queues-lost-since", f"{began:%Y-%m-%dT%H:%M:%S}"]
        margin = ["--margin", "1"] if self._plant == "numbers" else []
        told = await self._dimona("restore", "finish", *lost, *margin)
        lines = [line.split() for line in told.splitlines()]
        return next((int(words[0]) for words in lines if words[1:2] == ["messages"]), 0)

    async def _go_on(self) -> tuple[float | None, dict[str, int]]:
        """Start the services, and reconcile. Return the seconds until all is final, and the sent messages."""
        began, sent = time.monotonic(), dict[str, int]()
        self._stack.launch(*SERVICES)
        for service in SERVICES:
            await asyncio.to_thread(self._stack.ready, service)
        if self._plant != "reconcile":
            document = json.loads(await self._dimona("reconcile", "--json") or "{}")
            sent = {what: len(numbers) for what, numbers in document.items() if numbers}
        known = "SELECT count(*) = 0 FROM intake.open WHERE received_at < $1"
        with suppress(TimeoutError):
            await self._world.database.until(known, datetime.now(UTC), seconds=self._patience)
            return round(time.monotonic() - began, 1), sent
        return None, sent

    async def _name_missing(self) -> set[int]:
        log = self._stack.folder / "logs" / "intake.log"
        lines = (await self._dimona("restore", "missing", str(log))).splitlines()
        return {int(line.split()[0]) for line in lines if line}

    def _told(self, named: Collection[int]) -> set[int]:
        """Return the missing numbers that a sender has got."""
        return {number for numbers in self._outside().told.values() for number in numbers} & set(named)

    async def _repeat(self, named: set[int]) -> int:
        """Send the missing and the unanswered messages again, as their senders do. Wait for their ends."""
        again = [sent for sent in self._stream.expected if not self._valid(*sent, named)]
        for role, id_ in again:
            await self._world[role].again(id_)

        def complete() -> bool:
            return all(self._valid(role, id_, named, REPLY) for role, id_ in self._stream.expected)

        try:
            await until(complete, self._patience, "the final replies")
            await quiet(self._world, self._patience)
        except TimeoutError as error:
            self._broken.append(str(error))
        return len(again)

    def _valid(self, role: str, id_: str, named: Collection[int], *types: str) -> list[Event]:
        """Return the replies to a message about a number that is not missing."""
        events = self._world[role].answered(id_, *types)
        return [event for event in events if number_of(event) not in named]

    def _outside(self) -> Outside:
        told: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        finals: defaultdict[int, set[str]] = defaultdict(set)
        for role, id_ in self._stream.expected:
            for event in self._world[role].answered(id_):
                if (number := number_of(event)) is not None:
                    told[role, id_].add(number)
                    if event.type == REPLY:
                        finals[number].add(event.id)
        events: defaultdict[tuple[str, int, int, int | None], set[str]] = defaultdict(set)
        for name, institution in self._world.institutions.items():
            for event in institution.events.values():
                data: dict[str, Any] = event.data
                key = (name, data["relation"]["id"], data["version"], data.get("periodId"))
                events[key].add(event.id)
        return Outside(told, finals, events)

    async def _check(self, named: Collection[int]) -> None:
        rows = await self._world.database.fetch("SELECT number FROM intake.declarations")
        self._broken += judge(self._outside(), {row["number"] for row in rows}, named)
        for (role, id_), expected in self._stream.expected.items():
            finals = self._valid(role, id_, named, REPLY)
            if len(finals) == 1 and (came := outcome(finals)) != expected:
                self._broken.append(f"{id_} ended with {came} instead of {expected}")
