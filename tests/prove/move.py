"""Prove a move to another broker: `python -m tests.prove.move`, one line.

A stack on this machine's RabbitMQ gets 20 declarations per second, and moves to the RabbitMQ 4 of a tree of
the matrix, in the steps of docs/how-to/move-the-broker.md. Writes `.run/prove-move.json`. The exit code is 1
if a declaration was lost, doubled, parked or wrong.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Final

from deploy.local.deployment import ROOT
from deploy.local.processes import write_private
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES
from tests.fault_proxy import FaultProxy, fault_proxy
from tests.matrix import trees
from tests.matrix.broker import add_broker, move_messages, version
from tests.matrix.rows import ROWS
from tests.prove.bad_day.credentials import write_addresses
from tests.prove.bad_day.frame import Case, Figures, Site, endure
from tests.prove.world import opened

FOLDER: Final = ROOT / ".run" / "move"
RESULT: Final = ROOT / ".run" / "prove-move.json"
_ENDPOINTS: Final = FOLDER / "new" / "endpoints.json"  #: as `make up` writes it, with the new broker
_PROVISIONER: Final = "provisioner"


@dataclass(slots=True)
class Move:
    """The brokers of a move, and the address that clients use."""

    old: RabbitMQ
    new: RabbitMQ
    entry: FaultProxy
    queues: int = 0  #: that were moved


@asynccontextmanager
async def moved(site: Site) -> AsyncIterator[None]:
    """Close the entry, stop the services, move the messages, and open again at the new broker."""
    move: Move = site.prepared
    stack, names = site.stack, site.services
    move.entry.cut()
    await asyncio.to_thread(stack.halt, *names)
    _write_addresses(site, move)
    await asyncio.to_thread(_start, stack, _PROVISIONER)
    while await asyncio.to_thread(_topology, "diff"):  # noqa: ASYNC110 - only the broker knows
        await asyncio.sleep(0.5)
    move.queues = await asyncio.to_thread(move_messages, move.old, move.new, _vhosts(site))
    await asyncio.to_thread(stack.halt, "rabbitmq", "epmd")
    await asyncio.to_thread(_start, stack, *(name for name in names if name != _PROVISIONER))
    move.entry.target = move.new.amqp
    move.entry.heal()
    yield


CASE: Final = Case("broker moved", moved, seconds=30)


def _vhosts(site: Site) -> list[str]:
    found = json.loads(site.stack.rabbitmq.management.request("GET", "/api/vhosts")[1])
    return [vhost["name"] for vhost in found]


def _write_addresses(site: Site, move: Move) -> None:
    """Write the address of the new broker into the secret files of the services."""
    old, new = move.old, move.new
    urls = {
        role.removeprefix("service:"): url.replace(f":{old.amqp}", f":{new.amqp}")
        for role, url in site.endpoints.amqp_urls.items()
        if role.startswith("service:")
    }
    write_addresses(site, "dimona_amqp_url", urls)
    file = site.endpoints.secrets / "provisioner" / "dimona_management_url"
    address = file.read_text().replace(f":{old.management_port}", f":{new.management_port}")
    write_private(file, address, 0o400)


def _start(stack: Stack, *names: str) -> None:
    stack.launch(*names)
    for name in names:
        stack.ready(name)


def _topology(action: str) -> int:
    """Run the command of operators about the objects at the new broker, and return its exit code."""
    command = [sys.executable, "-m", "services.cli.main", "topology", action, "--endpoints", str(_ENDPOINTS)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode


async def prove(stack: Stack, new: RabbitMQ) -> tuple[Figures, Move]:
    """Run the move under load on a started stack."""
    for service in (*SERVICES, *JOBS):
        await asyncio.to_thread(stack.serve, stack.endpoints, (service,))
    document = stack.endpoints.document()
    write_private(_ENDPOINTS, json.dumps({**document, "management_url": new.management_url}))
    if await asyncio.to_thread(_topology, "apply"):
        raise RuntimeError("the new broker does not take the topology")
    old = stack.rabbitmq
    async with fault_proxy(old.amqp) as entry:
        led = json.loads(json.dumps(document).replace(f":{old.amqp}/", f":{entry.port}/"))
        async with opened(led) as world:
            move = Move(old, new, entry)
            return await endure(CASE, Site(stack, stack.endpoints, world, move), {}), move


def main() -> None:
    """Prove the move, and print its figures."""
    logging.disable()  # aio-pika logs every connection that is lost
    row, began = ROWS[-1], time.monotonic()
    place = trees.tree(row.release, row.packages)
    stack = Stack(FOLDER, services=())
    try:
        stack.start()
        new = add_broker(stack, place)
        versions = [version(stack.rabbitmq), version(new)]
        figures, move = asyncio.run(prove(stack, new))
    finally:
        stack.stop()
    passed = figures.passed(CASE)
    result = {**asdict(figures), "versions": versions, "queues": move.queues, "passed": passed}
    RESULT.write_text(json.dumps(result | {"seconds": round(time.monotonic() - began)}, indent=1) + "\n")
    print(  # noqa: T201
        f"{'ok  ' if passed else 'FAIL'} RabbitMQ {' to '.join(versions)}: {figures.line(CASE)}, "
        f"{move.queues} queues moved", *figures.broken, sep="\n       ",
    )  # fmt: skip
    sys.exit(not passed)


if __name__ == "__main__":
    main()
