"""`GET /snapshot?after=`: the state of each worker, page by page, and the cursor of the tail."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.feed.disclosure.handler import WorkerCode, disclose_page
from services.feed.disclosure.rules import Way
from services.feed.event.store import enter, find_head, load_epoch, load_states
from services.feed.snapshot import store
from services.feed.token import Tokens
from shared.runtime.api import ProblemError
from shared.runtime.cursor import Cursor
from shared.runtime.database import Transaction, transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.sealing import SealBrokenError, Sealer, is_sealed

WORKERS: Final = 50  #: in one page


def routes(tokens: Tokens, sealer: Sealer, code: WorkerCode) -> APIRouter:
    """Return the router with the route of snapshots. The `sealer` hides the last number in `next`."""
    caller: Any = Depends(tokens.institution)
    found = guarded_routes()

    @found.get("/snapshot")
    async def read_snapshot(request: Request, institution: str = caller) -> Response:
        async with transaction(tokens.pool) as tx:
            worker, tail = await _place(tx, request, sealer, institution)
            await enter(tx.connection, institution)
            workers = await store.load_workers(tx.connection, worker, WORKERS)
            states = await load_states(tx.connection, workers)
            await disclose_page(tx.connection, institution, Way.SNAPSHOT, states, code)
        items = ", ".join(state.text for state in states)
        more = len(workers) == WORKERS
        following = f', "next": "{sealer.seal(f"{workers[-1]} {tail}", institution)}"' if more else ""
        return Response(
            f'{{"items": [{items}], "cursor": "{tail}", "time": "{tx.now.isoformat()}"{following}}}',
            media_type="application/json",
        )

    return found


async def _place(tx: Transaction, request: Request, sealer: Sealer, institution: str) -> tuple[str, Cursor]:
    """Return the last worker of the page before, and the cursor at which the snapshot began.

    Raise ProblemError (400) for a text that is not `next` of an earlier page of this institution.
    """
    after = request.query_params.get("after")
    epoch, _ = await load_epoch(tx.connection)
    if not after:
        head = await find_head(tx.connection)
        return "", Cursor(epoch, head.xid, head.id)
    try:
        worker, _, text = sealer.open(after, institution).partition(" ") if is_sealed(after) else ("", "", "")
        tail = Cursor.parse(text)
    except (SealBrokenError, ValueError):
        raise ProblemError("badRequest", "`after` must be `next` of an earlier page") from None
    if tail.epoch != epoch:
        raise ProblemError("badRequest", "The feed was restored: start again without `after`")
    return worker, tail
