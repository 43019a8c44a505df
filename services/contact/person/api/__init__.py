"""The looks at the data of a person, for the person and for agents; and what all requests of agents need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from services.contact.person import handler, store
from services.contact.person.channels import AgentRequest
from services.contact.person.handler import Looking
from services.contact.person.rules.asking import TELLING, Person, Purpose, Unasked, obstacle
from services.contact.settings import ContactSettings
from shared.domain.calendar import local_date
from shared.domain.rights import AUTHORITY
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called, Work
from shared.runtime.guard import guarded_routes
from shared.runtime.request_queue import RequestQueue

MOST: Final = 200
#: Requests per second over time, and at once, of one person or agent for pages of looks.
LOOKS_RATE: Final = (1.0, 100)
_WHY: Final = {
    Unasked.NOT_DECEASED: "The register knows no death of this person",
    Unasked.DECEASED: "The person is deceased: give the reason deceased or inquiry",
    Unasked.NO_INQUIRY: "Only an inquiry can be covert",
    Unasked.NO_COVER: "No rule in force allows so long a cover",
}

Before = Annotated[AwareDatetime | None, Query()]
Size = Annotated[int, Query(alias="pageSize", ge=1, le=MOST)]


def router(settings: ContactSettings) -> APIRouter:
    """Return the routes of the looks at a person, for the person and for agents."""
    routes, coded = guarded_routes(own_queue=RequestQueue(*LOOKS_RATE)), settings.worker_code

    @routes.get("/person/looks", name="readMyLooks")
    async def my_looks(call: Called, before: Before = None, page_size: Size = 50) -> dict[str, Any]:
        async with call.begin(None) as work:
            person = await handler.find_own(work)
            return await handler.show_looks(work.tx, person, coded, looking_of(call), before, page_size)

    @routes.post("/persons/looks", name="readLooksAtPerson")
    async def looks_at(
        request: AgentRequest, call: Called, before: Before = None, page_size: Size = 50
    ) -> dict[str, Any]:
        async with begin_asked(call, request, settings) as (work, person):
            looking = looking_of(call, request.purpose)
            return await handler.show_looks(work.tx, person, coded, looking, before, page_size)

    return routes


@asynccontextmanager
async def begin_asked(
    call: Call, request: AgentRequest, settings: ContactSettings
) -> AsyncIterator[tuple[Work, Person]]:
    """Open the transaction of a request of an agent about a person, and yield it with the person.

    Raise ProblemError (409) if the reason does not fit. A refusal that tells whether the register knows a
    death is a look at the person: its row is committed before the answer.
    """
    async with call.begin_for(AUTHORITY) as work:
        person, purpose = await store.load_person(work.tx, request.ssin), request.purpose
        why = obstacle(person, purpose, local_date(work.tx.now), settings.cover_rules)
        if why is None:
            yield work, person
            return
        if why in TELLING:
            await handler.store_refused_look(work.tx, person, settings.worker_code, looking_of(call, purpose))
        refusal = ProblemError("conflict", _WHY[why])
    raise refusal


def looking_of(call: Call, purpose: Purpose | None = None) -> Looking:
    """Return the look of a call, with the purpose of an agent; None for the person."""
    return Looking(call.caller.subject, call.caller.client_id, call.name, purpose)
