"""Exports: a search is stored, and its rows are read page by page while the file is sent (ADR 23)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from services.personnel_file.consultation import store
from services.personnel_file.consultation.channels.answer import item
from services.personnel_file.consultation.channels.files import Form, writer
from services.personnel_file.consultation.channels.stored import ExportRequest, StoredSearch
from services.personnel_file.consultation.handler import acting_for, authorized, search
from services.personnel_file.consultation.rules import Query
from services.personnel_file.consultation.store import Found, Look
from services.personnel_file.consultation.store.exports import (
    Export,
    State,
    add_export,
    forget_expired,
    load_export,
    store_end,
)
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Work, not_found
from shared.runtime.database import Transaction
from shared.runtime.parts import Slice
from shared.runtime.step import Effect
from shared.runtime.streaming import CutShortError
from shared.workbook import MOST_ROWS

KEPT: Final = timedelta(hours=24)
#: Rows of a page: the most rows that one search examines.
PAGE: Final = sum(store.WINDOWS)
#: Most rows and bytes of a file: a sheet can have no more rows, and a ZIP archive no larger part.
ROWS: Final = MOST_ROWS - 1
BYTES: Final = 2_000_000_000
_FORMATTED: Final = 100  #: rows that are formatted before other tasks may run


async def create(work: Work, operation: str, request: ExportRequest) -> Export:
    """Store a search as an export with an audit row, and return the export.

    Raise ProblemError (409) if the organization has too many exports. Further errors are as in `authorized`.
    """
    tx, caller = work.tx, work.actor.caller
    query, scope = await authorized(work, request.query(PAGE), request.criteria.employer_id, ("criteria",))
    total = await store.count(tx, query, scope)
    organization = acting_for(work.actor, query.criteria.employer)
    export = Export(
        uuid4(), organization, caller.subject, request.form, request.text, tx.now, tx.now + KEPT, total.rows,
        total.whole,
    )  # fmt: skip
    await forget_expired(tx)
    if not await add_export(tx, export):
        detail = "Your organization has too many exports. Delete one, or wait until one expires"
        raise ProblemError("conflict", detail)
    employer, given = query.criteria.employer, query.criteria.given().keys()
    client = caller.client_id if caller.is_person else None
    await store.store_look(tx, Look(operation, caller.subject, client, employer, criteria=given))
    return export


async def read(work: Work, export_id: UUID) -> Export:
    """Return an export of the caller. Raise ProblemError (404) if there is none, or if it has expired."""
    found = await load_export(work.tx, export_id, work.actor.caller.subject)
    if found is None:
        raise not_found()
    return found


async def forget(tx: Transaction) -> Sequence[Effect]:
    """Delete exports that have expired, at most 1,000 at one time. Return no messages."""
    await forget_expired(tx)
    return ()


class Content:
    """The content of an export, which is read while it is sent.

    Each page is read in its own transaction, which checks the rights of the caller again and stores an audit
    row. The pages follow the order of the search. So a row appears exactly once, unless a change moves it in
    this order meanwhile.
    """

    def __init__(self, call: Call, export: Export, base: str) -> None:
        self._call, self._export, self._base = call, export, base
        self._search = StoredSearch.model_validate_json(export.search)
        self._rows = 0

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of the file, page by page.

        Raise ProblemError if the caller has no right to a page, and CutShortError if the file is too large.
        """
        file, formatted = writer(Form(self._export.form)), Slice()
        query: Query | None = self._search.query(PAGE)
        start = file.begin()
        while query is not None:
            found = await self._page(query)
            items = [item(query.level, row, self._base) for row in found.rows]
            for at in range(0, len(items), _FORMATTED):
                start += file.add(items[at : at + _FORMATTED])
                await formatted.end()
            self._rows += len(items)
            if self._rows > ROWS or file.size > BYTES:
                await self._end(State.TOO_LARGE)
                raise CutShortError("the export is larger than its limits")
            yield start
            start = b""
            query = None if found.rest is None else replace(query, after=found.rest)
        yield file.end()
        await self._end(State.DELIVERED)

    async def _page(self, query: Query) -> Found:
        async with self._call.begin(None) as work:
            return (await search(work, self._call.name, query, self._search.criteria.employer_id)).found

    async def _end(self, state: State) -> None:
        async with self._call.begin(None) as work:
            await store_end(work.tx, self._export.export_id, state, self._rows)
