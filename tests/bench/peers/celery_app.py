"""The job with Celery: `python -m tests.bench.peers.celery_app intake` runs the worker of a service.

Each step is a task in a queue of its service, run by two processes, acknowledged late, with confirmed
publishes and no results. The commands of clients are no Celery messages, so the worker of a service that
faces clients has a consumer beside it that turns each into a task.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Any

import kombu
from celery import Celery
from celery.signals import worker_process_init, worker_ready

from shared.messages import Delivery
from shared.runtime.step import Step
from shared.topology import QUEUES
from tests.bench.job import Job, incoming, job

SERVICE = os.environ.get("BENCH_SERVICE", "")
PROCESSES = 2
_CONFIRMED = {"confirm_publish": True}

app = Celery("bench", broker=os.environ.get("BENCH_CELERY_URL", ""))
app.conf.update(
    broker_transport_options=_CONFIRMED,
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue=SERVICE or "bench",
    worker_prefetch_multiplier=8,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)


def _tasks_of(key: str) -> list[tuple[str, str]]:
    """Return the services that hear a routing key, each with the queue that hears it."""
    return [(queue.service, queue.name) for queue in QUEUES if key in queue.hears and not queue.public]


class Worker:
    """One process of a worker: an event loop for the statements, and connections for the answers."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._job: Job = self._loop.run_until_complete(job(SERVICE, size=1))
        self._steps = {queue.name: step for step in self._job.service.steps for queue in step.queues}
        self._producers: dict[str, kombu.Producer] = {}

    def handle(self, queue: str, body: str, key: str, message_id: str | None, user_id: str | None) -> None:
        """Handle a message of a queue and publish its effects."""
        self._loop.run_until_complete(
            self._handle(self._steps[queue], queue, body.encode(), key, message_id, user_id)
        )

    async def _handle(
        self, step: Step[Any], queue: str, body: bytes, key: str, message_id: str | None, user_id: str | None
    ) -> None:
        async for effects in self._job.handle(step, incoming(body, queue, key, message_id, user_id)):
            for effect in effects:
                vhost, message = self._job.outgoing(effect)
                if isinstance(effect, Delivery):
                    self._producer(vhost).publish(
                        message.body, exchange=message.exchange, routing_key=message.routing_key,
                        message_id=message.id, type=message.type, content_type=message.content_type,
                        content_encoding="utf-8", delivery_mode=2,
                    )  # fmt: skip
                else:
                    for service, heard in _tasks_of(message.routing_key):
                        arguments = [heard, message.body.decode(), message.routing_key, message.id, None]
                        app.send_task("bench.handle", arguments, queue=service)

    def _producer(self, vhost: str) -> kombu.Producer:
        if vhost not in self._producers:
            connection = kombu.Connection(f"{self._job.url}/{vhost}", transport_options=_CONFIRMED)
            self._producers[vhost] = kombu.Producer(connection.channel())
        return self._producers[vhost]


_workers: list[Worker] = []


@worker_process_init.connect
def _start(**_: object) -> None:
    _workers.append(Worker())


@app.task(name="bench.handle")
def handle(queue: str, body: str, key: str, message_id: str | None, user_id: str | None) -> None:
    """Handle a message of a queue."""
    _workers[0].handle(queue, body, key, message_id, user_id)


@worker_ready.connect
def _ready(**_: object) -> None:
    work = asyncio.run(job(SERVICE, size=1))
    for step in work.service.steps:
        for queue in step.queues:
            if queue.public:
                url = f"{work.url}/{work.vhost(step)}"
                threading.Thread(target=_commands, args=(url, queue.name), daemon=True).start()
    print("ready", flush=True)  # the bench waits for it


def _commands(url: str, queue: str) -> None:
    """Turn each command of a client into a task, and acknowledge it afterwards."""

    def receive(body: Any, message: kombu.Message) -> None:
        text = message.body if isinstance(message.body, str) else bytes(message.body).decode()
        properties = message.properties
        arguments = [queue, text, message.delivery_info["routing_key"], properties.get("message_id"),
                     properties.get("user_id")]  # fmt: skip
        app.send_task("bench.handle", arguments, queue=SERVICE)
        message.ack()

    with kombu.Connection(url) as connection:
        source = kombu.Queue(queue, no_declare=True)
        with kombu.Consumer(
            connection.channel(), [source], callbacks=[receive], prefetch_count=64, auto_declare=False,
            accept=None, on_message=lambda message: receive(None, message),
        ):  # fmt: skip
            while True:
                connection.drain_events()


if __name__ == "__main__":
    os.environ["BENCH_SERVICE"] = sys.argv[1]
    os.execv(  # noqa: S606 - this process becomes the worker
        sys.executable,
        [sys.executable, "-m", "celery", "-A", "tests.bench.peers.celery_app", "worker", "-Q", sys.argv[1],
         "-c", str(PROCESSES), "-n", f"{sys.argv[1]}@bench", "-l", "WARNING", "--without-gossip",
         "--without-mingle", "--without-heartbeat"],
    )  # fmt: skip
