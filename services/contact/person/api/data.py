"""All data of a person, for the person and for agents. An answer is sent while its rows are read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from starlette.responses import StreamingResponse

from services.contact.person import handler
from services.contact.person.api import begin_asked, looking_of
from services.contact.person.channels import AgentRequest
from services.contact.person.rules.asking import Person
from services.contact.person.rules.document import JsonWriter
from services.contact.person.rules.words import TextWriter
from services.contact.settings import ContactSettings
from shared.runtime.authorization import Call, Called
from shared.runtime.database import Connection, Pool
from shared.runtime.guard import guarded_routes
from shared.runtime.request_queue import Limits, RequestQueue
from shared.runtime.streaming import Streamed

#: Requests per second over time, and at once, of one person or agent.
RATE: Final = (0.1, 40)
#: The rows are read from all schemas, so few such answers are made at one time.
_LIMITS: Final = Limits(at_once=2, waiting=8, of_one_client=1, in_line=1)
_EXPORT: Final = {"Content-Disposition": 'attachment; filename="my-data.json"'}

#: Yields the parts of an answer, read over a connection with an open transaction that has this instant.
Source = Callable[[Connection, datetime], AsyncGenerator[str, None]]
Language = Annotated[Literal["fr", "nl", "de", "en"], Query()]


class Answers:
    """The answers with all data of a person. The look is stored and committed before the first byte."""

    def __init__(self, settings: ContactSettings) -> None:
        self._settings, self._coded = settings, settings.worker_code
        self._places = RequestQueue(limits=_LIMITS)

    async def own(self, call: Call) -> Person:
        """Return the person that has logged in, after the look is stored."""
        async with call.begin(None) as work:
            person = await handler.find_own(work)
            await handler.store_data_look(work.tx, person, self._coded, looking_of(call))
        return person

    async def asked(self, call: Call, request: AgentRequest) -> Person:
        """Return the person that an agent asks about, after the look is stored."""
        async with begin_asked(call, request, self._settings) as (work, person):
            looking = looking_of(call, request.purpose)
            await handler.store_data_look(work.tx, person, self._coded, looking)
        return person

    def data(self, call: Call, person: Person) -> Response:
        """Return all data of a person as JSON."""

        def source(connection: Connection, now: datetime) -> AsyncGenerator[str, None]:
            return handler.write_data(connection, person, JsonWriter(person, now))

        return self._sent(call, source, JsonWriter.media_type)

    def statement(self, call: Call, person: Person, language: str) -> Response:
        """Return all data of a person in plain words."""

        def source(connection: Connection, now: datetime) -> AsyncGenerator[str, None]:
            return handler.write_data(connection, person, TextWriter(person, now, language))

        return self._sent(call, source, TextWriter.media_type)

    def export(self, call: Call, person: Person) -> Response:
        """Return all data of a person and all looks at them, as a JSON file."""

        def source(connection: Connection, now: datetime) -> AsyncGenerator[str, None]:
            return handler.write_export(connection, person, self._coded, now)

        return self._sent(call, source, JsonWriter.media_type, _EXPORT)

    def _sent(
        self, call: Call, source: Source, media_type: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        begin = partial(_read, call.pool, source, media_type, headers or {})
        return Streamed(self._places, call.caller.subject, begin)


def router(settings: ContactSettings) -> APIRouter:
    """Return the routes of persons and of agents."""
    routes = guarded_routes(own_queue=RequestQueue(*RATE, limits=_LIMITS))
    answers = Answers(settings)

    @routes.get("/person/data", name="readMyData")
    async def my_data(call: Called) -> Response:
        return answers.data(call, await answers.own(call))

    @routes.get("/person/statement", name="readMyStatement")
    async def my_statement(call: Called, language: Language = "fr") -> Response:
        return answers.statement(call, await answers.own(call), language)

    @routes.get("/person/export", name="exportMyData")
    async def my_export(call: Called) -> Response:
        return answers.export(call, await answers.own(call))

    @routes.post("/persons/data", name="readDataOfPerson")
    async def data_of(request: AgentRequest, call: Called) -> Response:
        return answers.data(call, await answers.asked(call, request))

    @routes.post("/persons/statement", name="readStatementOfPerson")
    async def statement_of(request: AgentRequest, call: Called, language: Language = "fr") -> Response:
        return answers.statement(call, await answers.asked(call, request), language)

    return routes


@asynccontextmanager
async def _read(
    pool: Pool, source: Source, media_type: str, headers: Mapping[str, str]
) -> AsyncIterator[Response]:
    """Yield the response with the parts of a source, after its first rows were read.

    All rows are read from one snapshot of the database, which ends with the response.
    """
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        now = await connection.fetchval("SELECT platform.now()")
        async with aclosing(source(connection, now)) as parts:
            first = [await anext(parts), await anext(parts)]
            yield StreamingResponse(_joined(first, parts), media_type=media_type, headers=headers)


async def _joined(first: Sequence[str], rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield "".join(first)
    async for part in rest:
        yield part
