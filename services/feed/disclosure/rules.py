"""The rows of the log of disclosures, the chain that binds them, and the search for its breaks (ADR 35).

A row is about one page or batch of events that an institution got under one version of its authorization.
It names the events and has a digest of their texts instead of a copy. Its hash covers all its values and the
hash of the row before it, so that a changed, removed or moved row breaks the chain. Rows that were removed at
the end break no chain: an anchor, which another role keeps, finds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from typing import Final
from uuid import UUID

#: The hash before the first row of a chain.
START: Final = bytes(32)


class Way(StrEnum):
    """The ways in which an institution gets events."""

    PUSH = "push"  #: to its queue
    PULL = "pull"  #: in a page of `GET /events`
    SNAPSHOT = "snapshot"
    STATE = "state"  #: the state of a worker at the inscription
    REPEAT = "repeat"  #: in the answer to "what did you send on day D"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """One event of the feed, as an institution gets it.

    Attributes:
        id: Number of its row in the feed.
        authorization_id: The authorization under which the institution gets it.
        version: Version of this authorization, which decides its fields.
        worker: Keyed code of the NISS of the worker; None for an event about no worker.
        text: The event as JSON, byte for byte.
    """

    id: int
    authorization_id: UUID
    version: int
    worker: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The events that an institution gets in one transaction, in their order."""

    institution_id: str
    way: Way
    events: Sequence[SentEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The content of one row of the log: one institution, one way, one version of an authorization."""

    institution_id: str
    way: Way
    authorization_id: UUID
    version: int
    disclosed_at: datetime
    events: tuple[int, ...]  #: numbers of the rows of the feed, in the order in which they were sent
    workers: tuple[str, ...]  #: keyed codes of their workers, each once
    digest: bytes  #: of their texts, as `digest_of` makes it


@dataclass(frozen=True, slots=True)
class Row:
    """An entry at its place in the chain of its institution."""

    seq: int  #: 1 for the first row of an institution
    entry: Entry
    previous: bytes  #: hash of the row before
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a chain, or of a part of it that was checked before: its number and its hash."""

    seq: int = 0
    hash: bytes = START


#: The head of a chain without rows.
EMPTY: Final = Head()


class Fault(StrEnum):
    """The faults that the check of a chain finds."""

    MISSING = "missing"  #: rows before this one are not there
    ORDER = "order"  #: the row does not follow the row before it
    CHANGED = "changed"  #: the values of the row do not give its hash
    ANCHOR = "anchor"  #: the row of an anchor is not there, or has another hash


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """A fault in the chain of an institution, with the number of the row where it was found."""

    seq: int
    fault: Fault


def digest_of(texts: Iterable[str]) -> bytes:
    """Return the SHA-256 digest of these events, each followed by a line feed."""
    state = sha256()
    for text in texts:
        state.update(text.encode())
        state.update(b"\n")
    return state.digest()


def entries_of(disclosure: Disclosure, at: datetime) -> Iterator[Entry]:
    """Yield the entries of a disclosure: one for each run of events under one version of an authorization."""
    for (authorization_id, version), run in groupby(
        disclosure.events, lambda event: (event.authorization_id, event.version)
    ):
        events = list(run)
        yield Entry(
            institution_id=disclosure.institution_id,
            way=disclosure.way,
            authorization_id=authorization_id,
            version=version,
            disclosed_at=at,
            events=tuple(event.id for event in events),
            workers=tuple(sorted({event.worker for event in events if event.worker is not None})),
            digest=digest_of(event.text for event in events),
        )


def chained(entries: Iterable[Entry], head: Head) -> Iterator[Row]:
    """Yield the rows that append these entries, in their order, to the chain with this last row."""
    previous = head.hash
    for seq, entry in enumerate(entries, head.seq + 1):
        row = Row(seq, entry, previous, _hash(seq, entry, previous))
        yield row
        previous = row.hash


def canonical(seq: int, entry: Entry) -> bytes:
    """Return the values of a row as JSON without spaces, with sorted names and the instant in UTC."""
    values = {
        "seq": seq,
        "institution": entry.institution_id,
        "way": entry.way,
        "authorization": str(entry.authorization_id),
        "version": entry.version,
        "at": entry.disclosed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "events": entry.events,
        "workers": entry.workers,
        "digest": entry.digest.hex(),
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def breaks(
    rows: Iterable[Row], anchors: Mapping[int, bytes] | None = None, since: Head = EMPTY
) -> Iterator[Break]:
    """Yield the faults in the chain of one institution. Keep only one row in memory.

    Args:
        rows: All rows of the institution after `since`, in the order of their numbers.
        anchors: Hashes that were kept elsewhere, by the number of their row.
        since: The row up to which the chain was checked before.
    """
    seq, head, expected = since.seq, since.hash, dict(anchors or {})
    for row in rows:
        if row.seq > seq + 1:
            yield Break(row.seq, Fault.MISSING)
        elif row.previous != head:
            yield Break(row.seq, Fault.ORDER)
        if row.hash != _hash(row.seq, row.entry, row.previous):
            yield Break(row.seq, Fault.CHANGED)
        if expected.pop(row.seq, row.hash) != row.hash:
            yield Break(row.seq, Fault.ANCHOR)
        seq, head = row.seq, row.hash
    for missing in sorted(expected):
        yield Break(missing, Fault.ANCHOR)


def expand(entry: Entry, texts: Mapping[int, str]) -> Sequence[tuple[int, str]] | None:
    """Return the events of an entry as they were sent, each with its number, without those that were removed.

    Return None if they are not equal byte for byte to those that were sent. Without the removed ones the
    digest cannot tell that.

    Args:
        entry: The entry.
        texts: Events cut by the fields of the entry's version, by the number of their row in the feed;
            without those that were removed after their term.
    """
    found = [(id_, texts[id_]) for id_ in entry.events if id_ in texts]
    if len(found) == len(entry.events) and digest_of(text for _, text in found) != entry.digest:
        return None
    return found


def _hash(seq: int, entry: Entry, previous: bytes) -> bytes:
    return sha256(previous + canonical(seq, entry)).digest()
