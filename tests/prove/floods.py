"""Flood intake as one client and measure what another one notices: `python -m tests.prove.floods`.

Three floods, each from processes of its own, at the addresses of the contract: 1,200 messages of 225 kB with
20,000 unknown properties in 1.5 s; 30 REST connections that send the same bodies; 12,000 valid declarations
in 9.6 s. Meanwhile another client declares every 0.1 s, and `/readyz` is read. Writes
`.run/prove-floods.json`; the exit code is 1 when a confirmation of reception takes more than a second
(p99), or `/readyz` is not 200.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from tests.bench.lean import Connection, Message, Publish
from tests.oauth import assertion, grant, key_of, post

FOLDER: Final = ROOT / ".run" / "floods"
RESULT: Final = ROOT / ".run" / "prove-floods.json"
CREATE: Final = "be.nsso.dimona.v1.declarations.create"
_TYPE: Final = "application/cloudevents+json"
_RELATED: Final = re.compile(rb'"relatedto": ?"([^"]+)"')
_SCOPE: Final = "scope:dimona:declaration:declarant"
_EVERY: Final = 0.1  #: seconds between two declarations of the other client
_PATIENCE: Final = 180.0  #: seconds for its last confirmation
CONNECTIONS: Final = 30


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the stack; `key`: the routing key of its declarations."""

    document: Mapping[str, Any]
    client_id: str
    key: str

    @property
    def url(self) -> str:
        """Return its address at the broker."""
        return str(self.document["integrators"][self.client_id]["amqp_url"])

    @property
    def employers(self) -> list[str]:
        """Return the employers that it declares for."""
        return list(self.document["integrators"][self.client_id]["employers"])

    def message(self, data: str) -> Publish:
        """Return a message with this data, as JSON."""
        id_ = str(uuid4())
        event = f'{{"specversion":"1.0","id":"{id_}","source":"urn:flood","type":"{CREATE}","data":{data}}}'
        return Publish("dimona.in", self.key, event.encode(), _TYPE, id_, CREATE, self.client_id)

    def declarations(self, first: date) -> Iterator[str]:
        """Yield INs without end, as JSON: of each worker, a day each, from the first day on."""
        employers, workers = self.employers, self.document["workers"]
        for n in range(sys.maxsize):
            day = str(first + timedelta(days=n // len(workers)))
            block = {"startDate": day, "endDate": day,
                     "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"}}  # fmt: skip
            employer, worker = {"enterpriseNumber": employers[0]}, {"ssin": workers[n % len(workers)]}
            yield json.dumps({"employer": employer, "worker": worker, "dimonaIn": block})


def hostile() -> str:
    """Return an object with 20,000 properties that no declaration has: 220 kB."""
    return "{" + ",".join(f'"p{n:05}":1' for n in range(20_000)) + "}"


@dataclass(slots=True)
class Watched:
    """The waits of the other client, in seconds, and the answers of `/readyz`."""

    waits: list[float] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)

    def figures(self, flood: str, sent: str) -> Figures:
        """Return the figures of a flood."""
        ordered = sorted(self.waits)

        def share(part: float) -> float:
            return round(ordered[min(int(len(ordered) * part), len(ordered) - 1)], 3)

        refused = sum(status != 200 for status in self.ready)
        return Figures(
            flood,
            sent,
            len(ordered),
            share(0.5),
            share(0.99),
            round(ordered[-1], 3),
            len(self.ready),
            refused,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one flood; waits in seconds."""

    flood: str
    sent: str
    declarations: int
    p50: float
    p99: float
    longest: float
    asked: int
    unready: int

    @property
    def good(self) -> bool:
        """Return whether the other client and the probe noticed nothing."""
        return self.p99 <= 1.0 and not self.unready


# -- the other client


async def watch(client: Client, ops: str, seconds: float, done: asyncio.Event) -> Watched:
    """Declare every 0.1 s, at least for some seconds and until `done`; wait for every confirmation."""
    watched, sent = Watched(), dict[str, float]()

    def hear(message: Message) -> None:
        found = _RELATED.search(message.body)
        if b"receivedReply" in message.body and found and (at := sent.pop(found[1].decode(), None)):
            watched.waits.append(time.perf_counter() - at)
        reading.ack(message.tag)

    reading = await Connection.open(client.url, hear)
    await reading.consume(f"reply.{client.client_id}", 512)
    sending = await Connection.open(client.url)
    probe = asyncio.create_task(_probe(ops, watched.ready))
    declarations = client.declarations(date.today() + timedelta(days=2000))  # noqa: DTZ011
    began = time.perf_counter()
    try:
        while time.perf_counter() - began < seconds or not done.is_set():
            message = client.message(next(declarations))
            sent[message.message_id] = time.perf_counter()
            sending.publish([message])
            await asyncio.sleep(_EVERY)
        end = time.perf_counter() + _PATIENCE
        while sent and time.perf_counter() < end:  # noqa: ASYNC110 - a load generator measures, and does no more
            await asyncio.sleep(0.2)
        watched.waits += [_PATIENCE] * len(sent)
    finally:
        probe.cancel()
        reading.close()
        sending.close()
    return watched


async def _probe(ops: str, answers: list[int]) -> None:
    while True:
        answers.append(await asyncio.to_thread(_status, f"{ops}/readyz"))
        await asyncio.sleep(0.25)


def _status(url: str) -> int:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.netloc, timeout=5)) as connection:
        try:
            connection.request("GET", parts.path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0


# -- the floods, in processes of their own


async def flood_queue(client: Client, count: int, seconds: float, *, valid: bool) -> None:
    """Send messages evenly over some seconds; print how long it took until all were confirmed."""
    declarations = client.declarations(date.today() + timedelta(days=1))  # noqa: DTZ011
    bad = hostile()
    messages = [client.message(next(declarations) if valid else bad) for _ in range(count)]
    connection = await Connection.open(client.url)
    began, at_once = time.perf_counter(), max(count // 100, 1)
    confirmed: Any = None
    for start in range(0, count, at_once):
        await asyncio.sleep(max(began + seconds * start / count - time.perf_counter(), 0.0))
        confirmed = connection.publish(messages[start : start + at_once])
    sent = time.perf_counter() - began
    await asyncio.wait_for(confirmed, _PATIENCE)
    print(f"{count} messages in {sent:.1f} s, confirmed after {time.perf_counter() - began:.1f} s")  # noqa: T201
    connection.close()


def flood_rest(client: Client, seconds: float) -> None:
    """Send bodies over 30 connections for some seconds; print the statuses of the answers."""
    url = client.document["token_url"]
    signed = assertion(client.client_id, url, key_of(client.document, client.client_id))
    answer = post(url, grant(signed, scope=_SCOPE))
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "Content-Type": "application/json"}
    body, parts = hostile().encode(), urlsplit(client.document["rest_url"])
    statuses: dict[int, int] = {}

    def send(until: float) -> None:
        while time.perf_counter() < until:
            with closing(HTTPConnection(parts.netloc, timeout=30)) as connection:
                try:
                    connection.request("POST", f"{parts.path}/declarations", body, headers)
                    status = connection.getresponse().status
                except (OSError, HTTPException):
                    status = 0
            statuses[status] = statuses.get(status, 0) + 1

    async def all_at_once() -> None:
        until = time.perf_counter() + seconds
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            await asyncio.gather(*(loop.run_in_executor(pool, send, until) for _ in range(CONNECTIONS)))

    asyncio.run(all_at_once())
    print(f"{CONNECTIONS} connections, answers {statuses}")  # noqa: T201


async def prove(endpoints: Path, flood: str, scale: float, *, own: bool) -> Figures:
    """Run one flood (`hostile`, `rest`, `valid`) at a part of its full size.

    Args:
        endpoints: The file with the addresses of the deployment.
        flood: `hostile`, `rest` or `valid`.
        scale: The part.
        own: Whether both clients use their own routing keys.
    """
    document = json.loads(endpoints.read_text())  # noqa: ASYNC240 - before anything runs
    rich = sorted(document["integrators"], key=lambda id_: len(document["integrators"][id_]["employers"]))
    other = Client(document, rich[-2], f"{CREATE}.{rich[-2]}" if own else CREATE)
    argv = [
        sys.executable, "-m", "tests.prove.floods", flood, "--as", rich[-1], "--scale", str(scale),
        "--endpoints", str(endpoints), *(["--own"] if own else []),
    ]  # fmt: skip
    received = await _count(document["postgres_dsn"], rich[-1])
    done = asyncio.Event()
    watching = asyncio.create_task(watch(other, document["ops"]["intake"], 20.0 * scale, done))
    await asyncio.sleep(2 * _EVERY)
    process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, stdout=subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the flood ended with {process.returncode}")
    if flood == "valid":
        await _received(document["postgres_dsn"], rich[-1], received + int(12_000 * scale))
    done.set()
    return (await watching).figures(flood, said.decode().strip())


async def _count(dsn: str, client_id: str) -> int:
    """Return how many declarations of a client are received."""
    query = "SELECT count(*) FROM intake.declarations WHERE client_id = $1"
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        return int(await pool.fetchval(query, client_id))


async def _received(dsn: str, client_id: str, count: int) -> None:
    """Wait until so many declarations of a client are received: a flood waits, and nothing of it is lost."""
    async with asyncio.timeout(_PATIENCE):
        while await _count(dsn, client_id) < count:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.5)


def _flood(options: argparse.Namespace) -> None:
    document = json.loads(Path(options.endpoints).read_text())
    key = f"{CREATE}.{options.client}" if options.own else CREATE
    client, scale = Client(document, options.client, key), options.scale
    match options.floods:
        case ["hostile"]:
            asyncio.run(flood_queue(client, int(1_200 * scale), 1.5 * scale, valid=False))
        case ["valid"]:
            asyncio.run(flood_queue(client, int(12_000 * scale), 9.6 * scale, valid=True))
        case _:
            flood_rest(client, 10.0 * scale)


def main() -> None:
    """Run the floods on a stack of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("floods", nargs="*", default=["hostile", "rest", "valid"])
    parser.add_argument("--own", action="store_true", help="with the clients' own routing keys")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--as", dest="client", help=argparse.SUPPRESS)
    parser.add_argument("--endpoints", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        _flood(options)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    stack, result = Stack(FOLDER), {}
    stack.start()
    try:
        for flood in options.floods:
            figures = asyncio.run(prove(FOLDER / "endpoints.json", flood, options.scale, own=options.own))
            result[flood] = {**asdict(figures), "passed": figures.good}
            print(f"{'ok  ' if figures.good else 'FAIL'} {figures}", flush=True)  # noqa: T201
    finally:
        stack.stop()
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(not all(row["passed"] for row in result.values()))


if __name__ == "__main__":
    main()
