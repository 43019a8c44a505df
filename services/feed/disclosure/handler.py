"""Write the events that an institution gets into the log of disclosures, expand it, check it, anchor it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from uuid import UUID

from services.feed.disclosure import store
from services.feed.disclosure.rules import (
    EMPTY,
    Break,
    Disclosure,
    Entry,
    Head,
    Row,
    SentEvent,
    Way,
    breaks,
    expand,
)
from services.feed.disclosure.store import LoggedEvent, record
from services.feed.event.rules import FeedEvent
from services.feed.event.store import Seen
from shared.runtime import metrics
from shared.runtime.api import away
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

WorkerCode = Callable[[str], str]  #: returns the keyed code of a NISS


async def disclose(
    connection: Connection, institution: str, way: Way, events: Sequence[Seen], code: WorkerCode
) -> None:
    """Append the events to the log of an institution."""
    await record(connection, Disclosure(institution, way, _sent(events, code)))


def _sent(events: Sequence[Seen], code: WorkerCode) -> Sequence[SentEvent]:
    return [
        SentEvent(
            seen.place.id,
            seen.authorization_id,
            seen.version,
            None if seen.ssin is None else code(seen.ssin),
            seen.text,
        )
        for seen in events
    ]


async def disclose_page(
    connection: Connection, institution: str, way: Way, events: Sequence[Seen], code: WorkerCode
) -> None:
    """Append the events of a page to the log. Raise ProblemError (503) if this fails: no row, no data."""
    await record_page(connection, Disclosure(institution, way, _sent(events, code)))


async def record_page(connection: Connection, disclosure: Disclosure) -> None:
    """Append a disclosure to the log. Raise ProblemError (503) if this fails: no row, no data."""
    try:
        await record(connection, disclosure)
    except Exception as error:
        log.error("disclosure_failed", error=error)
        raise away() from None


async def expand_rows(
    connection: Connection, institution_id: str, rows: Sequence[Row], code: WorkerCode
) -> Sequence[Sequence[SentEvent] | None]:
    """Return the events of each row as they were sent; None for a row without them.

    A row has no events if it is a repeat, or if they are not equal byte for byte to those that were sent.
    Events that were removed after their term are left out. The transaction has the context of the
    institution.
    """
    whole = [row for row in rows if row.entry.way is not Way.REPEAT]
    events = await store.load_events(connection, [row.seq for row in whole])
    fields = await store.load_fields(connection, institution_id)
    found = {row.seq: _expanded(row.entry, events, fields, code) for row in whole}
    for seq in (seq for seq, each in found.items() if each is None):
        log.error("disclosure_not_equal", institution=institution_id, row=seq)
    return [found.get(row.seq) for row in rows]


def _expanded(
    entry: Entry,
    events: Mapping[int, LoggedEvent],
    fields: Mapping[tuple[UUID, int], Sequence[str]],
    code: WorkerCode,
) -> Sequence[SentEvent] | None:
    allowed = fields.get((entry.authorization_id, entry.version))
    if allowed is None:
        return None
    found = {id_: events[id_] for id_ in entry.events if id_ in events}
    texts = expand(
        entry, {id_: _shown(each.event, entry.way).seen_by(allowed) for id_, each in found.items()}
    )
    if texts is None:
        return None
    return [
        SentEvent(
            id_,
            entry.authorization_id,
            entry.version,
            None if (ssin := found[id_].ssin) is None else code(ssin),
            text,
        )
        for id_, text in texts
    ]


def _shown(event: FeedEvent, way: Way) -> FeedEvent:
    """Return an event as it is given in this way: a snapshot and a new inscription give the state."""
    return event.as_state() if way in (Way.SNAPSHOT, Way.STATE) else event


async def check_chain(
    connection: Connection, institution_id: str, *, whole: bool
) -> tuple[Head, Sequence[Break]]:
    """Return the head of the chain of an institution, and its faults.

    With `whole` check all its rows and anchors, else those after the last anchor but one.
    """
    anchors = dict(await store.load_anchors(connection, institution_id))
    before = [] if whole else list(anchors)[:-1]
    head = Head(before[-1], anchors[before[-1]]) if before else EMPTY
    for seq in before:
        del anchors[seq]
    found: list[Break] = []
    while rows := await store.load_chain(connection, institution_id, head):
        last = rows[-1]
        passed = [seq for seq in anchors if seq <= last.seq]
        found += breaks(rows, {seq: anchors.pop(seq) for seq in passed}, head)
        head = Head(last.seq, last.hash)
    return head, [*found, *breaks((), anchors, head)]


async def anchor_chains(tx: Transaction) -> Sequence[Effect]:
    """Check the new rows of each chain, and keep the hash of the last one if the chain is whole.

    The anchors are written after all checks, because a transaction that writes holds the horizon of all
    readers. The log of the process has each anchor, too. A broken chain gets no further anchor, so that the
    next check finds its fault again.
    """
    heads: list[tuple[str, Head]] = []
    total = 0
    for institution_id in await store.load_institutions(tx.connection):
        head, found = await check_chain(tx.connection, institution_id, whole=False)
        total += len(found)
        for each in islice(found, 10):
            log.error("disclosures_broken", institution=institution_id, row=each.seq, fault=each.fault)
        if not found and head != EMPTY:
            heads.append((institution_id, head))
    metrics.DISCLOSURE_BREAKS.set(total)
    for institution_id, head in heads:
        if await store.store_anchor(tx.connection, institution_id, head):
            log.info("disclosures_anchored", institution=institution_id, row=head.seq, hash=head.hash.hex())
    return ()
