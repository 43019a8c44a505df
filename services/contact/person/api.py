"""The API of persons about their own data, and of agents on their behalf."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from services.contact.person import handler, store
from services.contact.person.channels import AgentRequest
from services.contact.person.handler import Looking
from services.contact.person.rules.asking import Person, Purpose, Unasked, obstacle
from services.contact.settings import ContactSettings
from shared.domain.calendar import local_date
from shared.domain.rights import AUTHORITY
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called, Work
from shared.runtime.guard import guarded_routes
from shared.runtime.request_queue import Limits, RequestQueue

MOST: Final = 200
#: All data of a person are made in memory, so few such answers are made at one time.
_LIMITS: Final = Limits(at_once=2, waiting=8, of_one_client=1, in_line=1)
_WHY: Final = {
    Unasked.NOT_DECEASED: "The register knows no death of this person",
    Unasked.DECEASED: "The person is deceased: give the reason deceased or inquiry",
    Unasked.NO_INQUIRY: "Only an inquiry can be covert",
    Unasked.NO_COVER: "No rule in force allows so long a cover",
}

Language = Annotated[Literal["fr", "nl", "de", "en"], Query()]
Before = Annotated[AwareDatetime | None, Query()]
Size = Annotated[int, Query(alias="pageSize", ge=1, le=MOST)]


def router(settings: ContactSettings) -> APIRouter:
    """Return the routes of persons and of agents."""
    routes = guarded_routes(own_queue=RequestQueue(limits=_LIMITS))
    coded = settings.worker_code

    async def asked(work: Work, request: AgentRequest) -> tuple[Person, Purpose]:
        return await find_asked(work, request, settings)

    @routes.get("/person/data", name="readMyData")
    async def my_data(call: Called) -> dict[str, Any]:
        async with call.begin(None) as work:
            return await handler.show_data(work.tx, await handler.find_own(work), coded, _looking(call))

    @routes.get("/person/statement", name="readMyStatement", response_class=Response)
    async def my_statement(call: Called, language: Language = "fr") -> Response:
        async with call.begin(None) as work:
            text = await handler.show_statement(
                work.tx, await handler.find_own(work), coded, _looking(call), language
            )
        return _plain(text)

    @routes.get("/person/looks", name="readMyLooks")
    async def my_looks(call: Called, before: Before = None, page_size: Size = 50) -> dict[str, Any]:
        async with call.begin(None) as work:
            person = await handler.find_own(work)
            return await handler.show_looks(work.tx, person, coded, _looking(call), before, page_size)

    @routes.get("/person/export", name="exportMyData")
    async def my_export(call: Called, response: Response) -> dict[str, Any]:
        async with call.begin(None) as work:
            found = await handler.export(work.tx, await handler.find_own(work), coded, _looking(call))
        response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
        return found

    @routes.post("/persons/data", name="readDataOfPerson")
    async def data_of(request: AgentRequest, call: Called) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            person, purpose = await asked(work, request)
            return await handler.show_data(work.tx, person, coded, _looking(call, purpose))

    @routes.post("/persons/statement", name="readStatementOfPerson", response_class=Response)
    async def statement_of(request: AgentRequest, call: Called, language: Language = "fr") -> Response:
        async with call.begin_for(AUTHORITY) as work:
            person, purpose = await asked(work, request)
            text = await handler.show_statement(work.tx, person, coded, _looking(call, purpose), language)
        return _plain(text)

    @routes.post("/persons/looks", name="readLooksAtPerson")
    async def looks_at(
        request: AgentRequest, call: Called, before: Before = None, page_size: Size = 50
    ) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            person, purpose = await asked(work, request)
            looking = _looking(call, purpose)
            return await handler.show_looks(work.tx, person, coded, looking, before, page_size)

    return routes


async def find_asked(work: Work, request: AgentRequest, settings: ContactSettings) -> tuple[Person, Purpose]:
    """Return the person and the purpose of a request of an agent.

    Raise ProblemError (409) if the reason does not fit.
    """
    person, purpose = await store.load_person(work.tx, request.ssin), request.purpose
    if why := obstacle(person, purpose, local_date(work.tx.now), settings.cover_rules):
        raise ProblemError("conflict", _WHY[why])
    return person, purpose


def _looking(call: Call, purpose: Purpose | None = None) -> Looking:
    return Looking(call.caller.subject, call.caller.client_id, call.name, purpose)


def _plain(text: str) -> Response:
    return Response(text, media_type="text/plain; charset=utf-8")
