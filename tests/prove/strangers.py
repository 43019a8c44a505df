"""Attack the HTTP ports of services as a stranger would: `python -m tests.prove.strangers` (threat T14).

The attacks use raw sockets and no token. Each time a client is served, and so is the ops port. Afterwards 40
readers pull the feed at once while declarations are settled. The result is in `.run/prove-strangers.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.local.deployment import ROOT
from tests.oauth import assertion, feed_token, grant, key_of, post
from tests.prove.readers import read_feed, status_of
from tests.prove.world import opened

FOLDER: Final = ROOT / ".run" / "prove-strangers"
RESULT: Final = ROOT / ".run" / "prove-strangers.json"
DESCRIPTORS: Final = 1024
MOST_MIB: Final = 50.0
GONE_SECONDS: Final = 15.0
SLOWEST: Final = 2.0  #: seconds for an answer to the client or from the ops port
_BODY: Final = b"x" * 900_000
_HEAD: Final = b"GET / HTTP/1.1\r\nHost: dimona\r\nX-Fill: " + b"x" * 15_000
_CONSULT: Final = "scope:dimona:declaration:consult"


@dataclass(frozen=True, slots=True)
class Target:
    """A process with an API, and a request of a legitimate client to it."""

    service: str
    api: str  #: host and port
    ops: str
    pid: int
    log: Path
    path: str
    headers: Mapping[str, str]
    posted: str  #: the path of an operation with a body

    def memory(self) -> float:
        """Return the resident memory in MiB."""
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    def lines(self) -> int:
        """Return the number of lines in the log."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to use up a process: connections, the bytes that each sends at once, and then drop by drop."""

    name: str
    connections: int
    first: bytes = b""  #: PATH stands for that of an operation with a body
    drop: bytes = b""  #: sent each second
    sources: Sequence[str] = ("127.0.0.2",)


@dataclass(slots=True)
class Outcome:
    """The effect of an attack."""

    opened: int = 0
    left: int = 0  #: connections that were open 15 seconds after they began
    longest: float = 0.0  #: seconds that a connection stayed
    grown_mib: float = 0.0
    served: int = 0
    failed: int = 0  #: requests of the client without an answer
    slowest: float = 0.0  #: seconds
    ops_failed: int = 0
    log_lines: int = 0
    _ages: list[float] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the process withstood the attack."""
        return (
            self.left == 0 and self.grown_mib <= MOST_MIB and self.served > 0 and self.failed == 0
            and self.ops_failed == 0 and self.slowest <= SLOWEST and self.log_lines < 1000
        )  # fmt: skip


def attacks(scale: float = 1.0) -> tuple[Attack, ...]:
    """Return the attacks, with a share of the connections of the full size."""
    many = tuple(f"127.0.1.{n}" for n in range(1, 61))

    def size(connections: int) -> int:
        return round(connections * scale)

    def post_head(path: str, kind: str, length: int) -> bytes:
        kind = f"Content-Type: application/{kind}"
        return f"POST {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: {length}\r\n\r\n".encode()

    declare = post_head("PATH", "json", 1_000_000) + _BODY
    form = post_head("/REST/oauth/v5/token", "x-www-form-urlencoded", 60_000) + _BODY[:50_000]
    return (
        Attack("bodies", size(400), declare),
        Attack("bodies from 60 sources", size(400), declare, sources=many),
        Attack("bodies of forms", size(400), form, sources=many),
        Attack("heads", size(800), _HEAD, b"x"),
        Attack("heads from 60 sources", size(800), _HEAD, b"x", sources=many),
        Attack("idle", size(1200)),
        Attack("idle from 60 sources", size(1200), sources=many),
    )


async def run(attack: Attack, target: Target) -> Outcome:
    """Attack a process, and ask it as a client meanwhile."""
    outcome, stop = Outcome(), asyncio.Event()
    before, lines = target.memory(), target.lines()
    watching = [
        asyncio.create_task(_watch_memory(target, before, outcome, stop)),
        asyncio.create_task(_ask(target, outcome, stop)),
    ]
    gate = asyncio.Semaphore(200)  # connects in progress
    holders = [
        asyncio.create_task(_hold(attack, target, attack.sources[n % len(attack.sources)], gate, outcome))
        for n in range(attack.connections)
    ]
    await asyncio.wait(holders)
    stop.set()
    await asyncio.gather(*watching)
    outcome.left = sum(age > GONE_SECONDS for age in outcome._ages)
    outcome.longest = round(max(outcome._ages, default=0.0), 1)
    outcome.grown_mib = round(outcome.grown_mib, 1)
    outcome.log_lines = target.lines() - lines
    return outcome


async def _hold(
    attack: Attack, target: Target, source: str, gate: asyncio.Semaphore, outcome: Outcome
) -> None:
    """Open a connection and keep it until the other side closes it, a little over 15 seconds at most."""
    loop, host = asyncio.get_running_loop(), target.api.rpartition(":")
    with socket.socket() as sock:
        sock.setblocking(False)
        sock.bind((source, 0))
        try:
            async with gate, asyncio.timeout(10):
                await loop.sock_connect(sock, (host[0], int(host[2])))
        except (OSError, TimeoutError):
            return
        began = loop.time()
        outcome.opened += 1
        sending = asyncio.create_task(_send(sock, attack, target.posted.encode()))
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(GONE_SECONDS + 1):
                while await loop.sock_recv(sock, 65536):
                    pass
        sending.cancel()
        outcome._ages.append(loop.time() - began)
        await asyncio.wait([sending])


async def _send(sock: socket.socket, attack: Attack, path: bytes) -> None:
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        head, separator, body = attack.first.partition(b"\r\n\r\n")
        await loop.sock_sendall(sock, head.replace(b"PATH", path) + separator)
        await loop.sock_sendall(sock, memoryview(body))
        while attack.drop:
            await asyncio.sleep(1)
            await loop.sock_sendall(sock, attack.drop)


async def _watch_memory(target: Target, before: float, outcome: Outcome, stop: asyncio.Event) -> None:
    while not stop.is_set():
        outcome.grown_mib = max(outcome.grown_mib, target.memory() - before)
        await asyncio.sleep(0.1)


async def _ask(target: Target, outcome: Outcome, stop: asyncio.Event) -> None:
    """Ask the API as a client and the ops port as a probe, on a new connection each time."""
    while not stop.is_set():
        began = time.monotonic()
        status = await asyncio.to_thread(status_of, target.api, target.path, target.headers)
        outcome.slowest = round(max(outcome.slowest, time.monotonic() - began), 2)
        outcome.served += status is not None and status < 500
        outcome.failed += status is None or status >= 500
        for path in ("/readyz", "/metrics"):
            outcome.ops_failed += await asyncio.to_thread(status_of, target.ops, path, {}) != 200
        await asyncio.sleep(0.2)


def targets(document: Mapping[str, Any], folder: Path, prefix: str = "") -> list[Target]:
    """Return the processes with an API of a running stack; the prefix begins their names there."""
    client = next(iter(document["integrators"]))
    signed = assertion(client, document["token_url"], key_of(document, client))
    answer = post(document["token_url"], grant(signed, scope=_CONSULT))
    assert answer.status == 200, answer.body
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    reader = {"Authorization": f"Bearer {feed_token(document, next(iter(document['institutions'])))}"}
    requests = {
        "intake": ("/REST/dimona/v2/declarations/600027876089", bearer, "/REST/dimona/v2/declarations"),
        "access": ("/jwks", {}, "/employers"),
        "feed": ("/events?limit=1", reader, "/events"),
        "notifier": ("/organizations/0/channels", bearer, "/eboxes/0477472701/search"),
        "contact": ("/contestations", bearer, "/contestations"),
    }
    state = json.loads((folder / "state.json").read_text())
    urls = document["api"]
    return [
        Target(
            service, urlsplit(urls[service]).netloc, urlsplit(document["ops"][service]).netloc,
            state[prefix + service]["pid"], folder / "logs" / f"{prefix}{service}.log", path, headers, posted,
        )
        for service, (path, headers, posted) in requests.items()
    ]  # fmt: skip


async def prove(document: Mapping[str, Any], folder: Path, scale: float) -> dict[str, Any]:
    """Run everything and print each figure."""
    figures: dict[str, Any] = {}
    attacked = targets(document, folder)
    for target in attacked:
        resource.prlimit(target.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    for attack in attacks(scale):
        outcomes = await asyncio.gather(*(run(attack, target) for target in attacked))
        for target, outcome in zip(attacked, outcomes, strict=True):
            shown = {key: value for key, value in asdict(outcome).items() if not key.startswith("_")}
            figures[f"{target.service}: {attack.name}"] = {**shown, "passed": outcome.good}
            _say(outcome.good, f"{target.service}, {attack.connections} {attack.name}", shown)
    async with opened(document) as world:
        reading = await read_feed(world, round(60 * scale) or 1)
    figures["feed"] = {**asdict(reading), "passed": reading.good}
    _say(reading.good, "settling beside readers of the feed", asdict(reading))
    return figures


def _say(good: bool, name: str, figures: Mapping[str, Any]) -> None:
    text = ", ".join(f"{key} {value}" for key, value in figures.items())
    print(f"{'ok  ' if good else 'FAIL'} {name}: {text}", flush=True)  # noqa: T201


def main() -> None:
    """Read the command line, run the attacks on a stack of its own, and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.strangers", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size (default: 1)")
    arguments = parser.parse_args()
    logging.disable()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    command = [sys.executable, "-m", "deploy.local"]
    subprocess.run([*command, "up", "--folder", str(FOLDER)], cwd=ROOT, check=True)
    try:
        document = json.loads((FOLDER / "endpoints.json").read_text())
        figures = asyncio.run(prove(document, FOLDER, arguments.scale))
    finally:
        subprocess.run([*command, "down", "--folder", str(FOLDER)], cwd=ROOT, check=True)
    failed = [name for name, each in figures.items() if not each["passed"]]
    RESULT.write_text(json.dumps({"failed": failed, "figures": figures}, indent=1) + "\n")
    print(f"{len(failed)} of {len(figures)} failed; {RESULT.relative_to(ROOT)}")  # noqa: T201
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
