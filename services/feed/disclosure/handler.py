"""Write events that an institution gets into the log of disclosures, in the transaction that reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.feed.disclosure.rules import Disclosure, SentEvent, Way
from services.feed.disclosure.store import record
from services.feed.event.store import Seen
from shared.runtime.api import away
from shared.runtime.database import Connection
from shared.runtime.logs import log

WorkerCode = Callable[[str], str]  #: returns the keyed code of a NISS


async def disclose(
    connection: Connection, institution: str, way: Way, events: Sequence[Seen], code: WorkerCode
) -> None:
    """Append the events to the log of an institution."""
    sent = [
        SentEvent(
            seen.place.id,
            seen.authorization_id,
            seen.version,
            None if seen.ssin is None else code(seen.ssin),
            seen.text,
        )
        for seen in events
    ]
    await record(connection, Disclosure(institution, way, sent))


async def disclose_page(
    connection: Connection, institution: str, way: Way, events: Sequence[Seen], code: WorkerCode
) -> None:
    """Append the events of a page to the log. Raise ProblemError (503) if this fails: no row, no data."""
    try:
        await disclose(connection, institution, way, events, code)
    except Exception as error:
        log.error("disclosure_failed", error=error)
        raise away() from None
