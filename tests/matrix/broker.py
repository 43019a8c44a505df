"""The broker of a tree beside a stack, and the move of all messages from one broker to another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from deploy.local import rabbitmq
from deploy.local.processes import wait_until, write_private
from deploy.local.rabbitmq import OPERATOR, RabbitMQ
from deploy.local.stack import Stack
from deploy.local.supervisor import Process

_SECONDS: Final = 120.0
_PLUGINS: Final = "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_shovel,rabbitmq_shovel_management].\n"
#: The folder of the broker is at one path inside and outside of the tree.
_ENTER: Final = """\
set -e
tree=$1; folder=$2; shift 2
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mkdir -p "$tree$folder"
mount --bind "$folder" "$tree$folder"
exec chroot "$tree" "$@"
"""


def add_broker(stack: Stack, place: Path) -> RabbitMQ:
    """Run the broker of a tree beside that of a stack, with its password of the operator, and return it.

    It has the plugin that moves messages.
    """
    folder = stack.folder / "new"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    write_private(folder / "secrets" / "rabbitmq", stack.rabbitmq.password)
    write_private(folder / "rabbitmq" / ".erlang.cookie", stack.rabbitmq.password, 0o400)
    broker = replace(rabbitmq.prepare(folder), root=Path("/"))
    write_private(broker.folder / "enabled_plugins", _PLUGINS)
    for process in broker.processes():
        ready = broker.is_ready if process.name == broker.name else lambda: True
        stack.add(_inside(process, place, broker.home), ready)
    stack.ready(f"new-{broker.name}", _SECONDS)
    broker.management.delete_vhost("/")
    return broker


def _inside(process: Process, place: Path, folder: Path) -> Process:
    enter = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", _ENTER, "sh"]
    argv = [*enter, str(place), str(folder), *process.argv]
    return replace(process, name=f"new-{process.name}", argv=argv, cwd="/")


def move_messages(old: RabbitMQ, new: RabbitMQ, vhosts: Iterable[str]) -> int:
    """Move all messages of all queues in these vhosts to the queues of the same names at `new`.

    No program may use the old broker. The messages keep their order, their properties and the name of
    their sender. Return the number of queues. Raise RuntimeError for a refused request, and TimeoutError.
    """
    queues = [
        (vhost, queue["name"]) for vhost in vhosts for queue in _read(old, f"queues/{quote(vhost, safe='')}")
    ]
    for number, (vhost, queue) in enumerate(queues):
        value = {
            "src-protocol": "amqp091", "src-uri": old.url(OPERATOR, old.password, vhost), "src-queue": queue,
            "dest-protocol": "amqp091", "dest-uri": new.url(OPERATOR, new.password, vhost),
            "dest-queue": queue, "src-delete-after": "queue-length", "ack-mode": "on-confirm",
            "src-predeclared": True, "dest-predeclared": True,
        }  # fmt: skip
        path = f"/api/parameters/shovel/{quote(vhost, safe='')}/move-{number}"
        status, answer = new.management.request("PUT", path, {"value": value})
        if status >= 300:
            raise RuntimeError(f"{queue}: {status}: {answer.decode(errors='replace')}")
    wait_until(lambda: not _read(new, "parameters/shovel"), _SECONDS, "all queues to be moved")
    return len(queues)


def _read(broker: RabbitMQ, path: str) -> Any:
    status, answer = broker.management.request("GET", f"/api/{path}")
    if status >= 300:
        raise RuntimeError(f"{path}: {status}: {answer.decode(errors='replace')}")
    return json.loads(answer)


def version(broker: RabbitMQ) -> str:
    """Return the version of a broker."""
    found: str = _read(broker, "overview")["rabbitmq_version"]
    return found
