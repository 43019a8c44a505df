"""Readers that pull the whole feed of an institution again and again, beside declarations that are settled.

`python -m tests.prove.readers URL TOKEN READERS` pulls until its standard input ends, and prints the answers.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from deploy.local.deployment import ROOT
from tests.oauth import feed_token
from tests.prove.world import World

READERS: Final = 40
_CLIENT: Final = "127.0.0.1"  #: attacks come from other addresses
_FILL: Final = """
INSERT INTO personnel_file.feed (event_id, type, data, occurred_at)
SELECT gen_random_uuid(), 'test', $1, now() FROM generate_series(1, $2)"""


def status_of(address: str, path: str, headers: Mapping[str, str]) -> int | None:
    """Return the status of an answer on a new connection, or None without one."""
    connection = http.client.HTTPConnection(address, timeout=5, source_address=(_CLIENT, 0))
    try:
        with closing(connection):
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            response.read()
            return response.status
    except (OSError, http.client.HTTPException):
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """The time to settle a declaration, alone and while readers pull the feed."""

    readers: int
    alone: float  #: milliseconds, p50 from sending to the final reply
    beside: float
    pulls: int  #: answers of 200 to the readers

    @property
    def good(self) -> bool:
        """Whether the readers at most double the time."""
        return self.beside <= 2 * self.alone and self.pulls > 0


async def read_feed(world: World, declarations: int, readers: int = READERS) -> Reading:
    """Settle declarations alone, and then while so many readers pull the whole feed of an institution."""
    name, institution = next(iter(world.document["institutions"].items()))
    token = await asyncio.to_thread(feed_token, world.document, name)
    data = json.dumps({"version": 1, "filler": "x" * 500, "employer": {"enterpriseNumber": "0"}})
    await world.database.fetch(_FILL, data, 5000)

    async def settle() -> float:
        times = []
        for _ in range(declarations):
            relation = world.relation()
            began = time.monotonic()
            id_ = await world[relation.client].declare(world.engage(relation))
            await world[relation.client].finals([id_])
            times.append(time.monotonic() - began)
        return round(median(times) * 1000, 1)

    await settle()
    alone = await settle()
    pulling = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.prove.readers", institution["events_url"],
        token, str(readers), cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await asyncio.sleep(3)
        beside = await settle()
    finally:
        pulls = int((await pulling.communicate(b""))[0])  # the bytes let it close the input
        await world.database.fetch("DELETE FROM personnel_file.feed WHERE type = 'test'")
    return Reading(readers, alone, beside, pulls)


def pull(url: str, token: str, readers: int) -> int:
    """Pull the feed from its beginning again and again until the standard input ends; return the answers."""
    parts, stop = urlsplit(url), threading.Event()

    def read() -> int:
        found = 0
        while not stop.is_set():
            headers = {"Authorization": f"Bearer {token}"}
            found += status_of(parts.netloc, f"{parts.path}?limit=1000", headers) == 200
        return found

    with ThreadPoolExecutor(readers) as pool:
        reading = [pool.submit(read) for _ in range(readers)]
        sys.stdin.read()
        stop.set()
        return sum(each.result() for each in reading)


if __name__ == "__main__":
    print(pull(sys.argv[1], sys.argv[2], int(sys.argv[3])))  # noqa: T201
