"""The toy service as a process that may die: `python -m tests.integration.runtime.toy_process`.

It obeys the word in an event ("kill", "slow", "raise") and the word in TOY_FAULT. With TOY_RESTARTS=1
it is also a supervisor: it forks the service, and forks it again each time it dies.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from shared.messages import MESSAGES
from shared.runtime import outgoing
from shared.runtime import service as service_module
from shared.runtime.database import Transaction
from shared.runtime.errors import OurError
from shared.runtime.service import Service, run
from shared.runtime.settings import Settings
from shared.runtime.stage import Stage
from shared.runtime.step import Effect, Step, Timer
from shared.topology import Queue
from tests.integration.runtime.toys import NISS, Echo, Told

NAME = os.environ["TOY_NAME"]
FAULT = os.environ.get("TOY_FAULT", "")
MESSAGES[Told.TYPE] = Told


async def handle(tx: Transaction, batch: Sequence[Told]) -> Sequence[Effect]:
    """Store the numbers, and obey the words in the events."""
    numbers = [case.number for case in batch]
    await tx.connection.execute("INSERT INTO done (number) SELECT unnest($1::bigint[])", numbers)
    words = [case.ssin for case in batch]
    await asyncio.sleep(0.02 * words.count("slow"))
    if "kill" in words:
        os._exit(9)
    if "cancel" in words:
        raise asyncio.CancelledError
    if "raise" in words:
        raise OurError("raised on request")
    if "quote" in words:
        await tx.connection.execute("SELECT $1::int", NISS)
    return [Echo(number=number, toy=NAME) for number in numbers]


async def fail(*_: object) -> None:
    """Raise an error in a part of the service."""
    await asyncio.sleep(0.5)
    raise ValueError("a part of the service fails")


async def end(*_: object) -> None:
    """End a part of the service without an error."""
    await asyncio.sleep(0.5)


async def be_cancelled(*_: object) -> None:
    """Cancel a part of the service, as a library would."""
    await asyncio.sleep(0.5)
    raise asyncio.CancelledError


async def nothing(_: Transaction) -> Sequence[Effect]:
    """Do nothing, as a timer."""
    return ()


def crash(*_: object) -> None:
    """Die between the commit and the first publish."""
    os._exit(9)


def serve() -> None:
    """Run the toy service with the fault in TOY_FAULT."""
    outgoing.GRACE = 1.0  # type: ignore[misc]  # rows of a crash become due soon
    if FAULT == "crash before publish":
        Stage.offer = crash  # type: ignore[method-assign,assignment]
    part = {"part fails": fail, "part ends": end, "part is cancelled": be_cancelled}.get(FAULT)
    if part is not None:
        service_module._loop_lag = part
    queues = [
        Queue(f"dimona.{NAME}.{purpose}", (f"{purpose}.{NAME}",))
        for purpose in os.environ["TOY_QUEUES"].split()
    ]
    steps = [
        Step(name, (queue,), handle, prefetch=int(os.environ.get("TOY_PREFETCH", "64")))
        for name, queue in zip(("toy", "other"), queues, strict=False)
    ]
    run(Service(NAME, steps, [Timer("tick", 1.0, nothing)]), Settings.load())


def supervise() -> None:
    """Fork the service again whenever it dies; the fork is quick because everything is imported."""
    child = 0

    def forward(*_: object) -> None:
        os.kill(child, signal.SIGTERM)
        sys.exit(0)

    signal.signal(signal.SIGTERM, forward)
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            serve()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"died with {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    supervise() if os.environ.get("TOY_RESTARTS") else serve()
