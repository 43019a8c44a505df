"""`GET /snapshot?after=`: the state of each worker, page by page, and the cursor of the tail."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.feed.disclosure.handler import WorkerCode, disclose_page
from services.feed.disclosure.rules import Way
from services.feed.event.store import enter, find_head, load_epoch, load_states_page
from services.feed.snapshot import store
from services.feed.token import Tokens
from shared.runtime.api import ProblemError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Transaction, transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.sealing import SealBrokenError, Sealer, is_sealed

WORKERS: Final = 50  #: in one page
#: A page ends with the state that reaches so many bytes, also inside a worker.
MOST_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two pages of a snapshot.

    Attributes:
        tail: The cursor at which the snapshot began.
        worker: The pages before have all states of the workers up to this one.
        last: The last worker of a page that its bytes ended; empty if none is open.
        state: The pages before have the states of the workers up to `last` with numbers up to this one.
    """

    tail: Cursor
    worker: str = ""
    last: str = ""
    state: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the place that was written as this text. Raise ValueError for another text."""
        worker, tail, *rest = text.split(" ")
        last, state = rest or ("", "0")
        return cls(Cursor.parse(tail), worker, last, int(state))

    def __str__(self) -> str:
        rest = f" {self.last} {self.state}" if self.last else ""
        return f"{self.worker} {self.tail}{rest}"

    def workers_of(self, found: list[str]) -> list[str]:
        """Return the workers of this page, of those that follow `worker`."""
        return [worker for worker in found if not self.last or worker <= self.last]

    def following(self, found: list[str]) -> Place | None:
        """Return the place after the workers of this page, or None after the last page.

        Workers may have been added since an open page. Those that no longer fit are left to the next page.
        """
        ends = ([found[-1]] if len(found) == WORKERS else []) + ([self.last] if self.last else [])
        return Place(self.tail, min(ends)) if ends else None


def routes(tokens: Tokens, sealer: Sealer, code: WorkerCode) -> APIRouter:
    """Return the router with the route of snapshots. The `sealer` hides the numbers in `next`."""
    caller: Any = Depends(tokens.institution)
    found = guarded_routes(check=tokens.check)

    @found.get("/snapshot")
    async def read_snapshot(request: Request, institution: str = caller) -> Response:
        async with transaction(tokens.pool) as tx:
            place, horizon = await _place(tx, request, sealer, institution)
            await enter(tx.connection, institution)
            following = await store.load_workers(tx.connection, place.worker, WORKERS)
            workers = place.workers_of(following)
            states, more = await load_states_page(tx.connection, workers, place.state, MOST_BYTES)
            await disclose_page(tx.connection, institution, Way.SNAPSHOT, states, code)
        after = (
            replace(place, last=workers[-1], state=states[-1].place.id)
            if more
            else place.following(following)
        )
        rest = {} if after is None else {"next": sealer.seal(str(after), institution)}
        facts = {"cursor": str(place.tail), "horizon": str(horizon), "time": tx.now.isoformat(), **rest}
        items = ", ".join(state.text for state in states)
        return Response(f'{{"items": [{items}], {json.dumps(facts)[1:]}', media_type="application/json")

    return found


async def _place(tx: Transaction, request: Request, sealer: Sealer, institution: str) -> tuple[Place, Cursor]:
    """Return the place at which a page begins, and the horizon.

    Raise ProblemError (400) for a text that is not `next` of an earlier page of this institution.
    """
    after = request.query_params.get("after")
    epoch, horizon = await load_epoch(tx.connection)
    if not after:
        head = await find_head(tx.connection)
        return Place(Cursor(epoch, head.xid, head.id)), Cursor(epoch, str(horizon))
    try:
        place = Place.parse(sealer.open(after, institution) if is_sealed(after) else "")
    except (SealBrokenError, ValueError):
        raise ProblemError("badRequest", "`after` must be `next` of an earlier page") from None
    if place.tail.epoch != epoch:
        raise ProblemError("badRequest", "The feed was restored: start again without `after`")
    return place, Cursor(epoch, str(horizon))
