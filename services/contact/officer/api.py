"""The API of the data protection officer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter

from services.contact.officer import store
from services.contact.officer.channels import LooksRequest, UnusualRequest
from services.contact.officer.rules import officer_line, organization_line, reader_line
from services.contact.person import store as people
from services.contact.person.api import LOOKS_RATE, Size
from services.contact.person.rules.looks import Look, newest
from services.contact.settings import ContactSettings
from services.contact.work.store import store_reading
from shared.domain.rights import AUTHORITY
from shared.runtime.authorization import Called
from shared.runtime.database import Transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.request_queue import RequestQueue

#: Looks at a person in which a page looks for those of one reader.
_EXAMINED: Final = 1000


def router(settings: ContactSettings) -> APIRouter:
    """Return the routes of the officer. Each request leaves a row with its reason, before it is answered."""
    routes = guarded_routes(own_queue=RequestQueue(*LOOKS_RATE))

    @routes.post("/looks/search", name="searchLooks")
    async def search(request: LooksRequest, call: Called, page_size: Size = 50) -> dict[str, Any]:
        """Return a page of looks, the newest first; `nextUntil` is `until` of the next page."""
        async with call.begin_for(AUTHORITY) as work:
            page, rest = await _find(work.tx, request, page_size, settings)
            readers = {look.reader for look in page}
            organizations = await people.load_organizations(work.tx.connection, readers)
            await store_reading(
                work.tx, call.caller.subject, call.name, len(page), ssin=request.ssin, reason=request.words
            )
        items = [officer_line(look, organizations.get(look.reader, ())) for look in page]
        return {"items": items, **({} if rest is None else {"nextUntil": rest.isoformat()})}

    @routes.post("/looks/unusual", name="findUnusualLooks")
    async def unusual(request: UnusualRequest, call: Called) -> dict[str, Any]:
        """Return readers of many workers, and organizations with many quick CANCELs or contradictions."""
        async with call.begin_for(AUTHORITY) as work:
            readers = await store.load_busy_readers(work.tx, request.period, request.least)
            busy = await store.load_busy_organizations(work.tx, request.period, request.least)
            of = await people.load_organizations(work.tx.connection, {each.reader for each in readers})
            await store_reading(
                work.tx, call.caller.subject, call.name, len(readers) + len(busy), reason=request.words
            )
        return {
            "readers": [reader_line(each, of.get(each.reader, ())) for each in readers],
            "organizations": [organization_line(each) for each in busy],
        }

    return routes


async def _find(
    tx: Transaction, request: LooksRequest, most: int, settings: ContactSettings
) -> tuple[list[Look], datetime | None]:
    """Return a page of the looks that a request asks for, and the instant before which the next page begins.

    A page for a person and a reader may have few looks, or none, and still have a next one.
    """
    if request.ssin is None:
        assert request.reader is not None, "a request has a person or a reader"
        return newest(
            await store.load_looks_of(tx, request.reader, request.since, request.until, most + 1), most
        )
    person = await people.load_person(tx, request.ssin)
    codes = [settings.worker_code(ssin) for ssin in person.ssins]
    size = most if request.reader is None else _EXAMINED
    looks = await people.load_looks(tx.connection, person, codes, request.until, size + 1)
    page, rest = newest(looks, size)
    found = [look for look in page if look.at >= request.since and request.reader in (None, look.reader)]
    return found, rest if rest is not None and rest > request.since else None
