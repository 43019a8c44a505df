"""Readers of the feed that store each event in a journal on disk before they acknowledge it.

A journal is a file of JSON lines, one CloudEvent each.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from tests.foreign.events import HEARTBEAT, Event
from tests.foreign.program import Program


def journaled(journal: Path) -> list[dict[str, Any]]:
    """Return the events of a journal, without a last line that a kill cut short."""
    if not journal.exists():
        return []
    lines = journal.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1]]


def _reopened(journal: Path) -> IO[bytes]:
    """Open a journal for appending, without a last line that a kill cut short."""
    data = journal.read_bytes() if journal.exists() else b""
    whole = data.rfind(b"\n") + 1
    file = journal.open("ab")
    if whole < len(data):
        file.truncate(whole)
    return file


def _write(file: IO[bytes], lines: Iterable[Mapping[str, Any]]) -> None:
    file.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    file.flush()
    os.fsync(file.fileno())


async def push(url: str, queue: str, journal: Path) -> None:
    """Read the queue for ever; each event is journaled, then acknowledged."""
    with _reopened(journal) as file:

        class Reader(Program):
            async def hear(self, event: Event) -> None:
                if event.type != HEARTBEAT:
                    _write(file, [event.document])

        async with Reader(url, queue):
            await asyncio.Event().wait()


def page(url: str, token: str, cursor: str | None, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
    """One page of `GET /events`: its events, and the cursor behind the last of them."""
    query = f"?limit={limit}" + (f"&after={cursor}" if cursor else "")
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url + query, headers=headers)  # noqa: S310 - an address of the stack
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        document = json.loads(response.read())
    return document["items"], document["cursor"]


async def pull(url: str, token: str, journal: Path) -> None:
    """Read page by page for ever; the cursor is the last line of the journal that says where it is."""
    cursors = [line["cursor"] for line in journaled(journal) if "cursor" in line]
    cursor = cursors[-1] if cursors else None
    with _reopened(journal) as file:
        while True:
            try:
                items, cursor = await asyncio.to_thread(page, url, token, cursor)
            except (OSError, http.client.HTTPException):  # the service is away, or ended within its answer
                items = []
            if items:
                _write(file, [*items, {"cursor": cursor}])
            else:
                await asyncio.sleep(0.05)
