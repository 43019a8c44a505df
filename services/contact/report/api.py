"""The API of reports of errors: for persons, and for agents of the authority."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.contact.case.rules import Kind, Obstacle, State
from services.contact.case.store import Case
from services.contact.person import handler as persons
from services.contact.person import store as people
from services.contact.person.api import LOOKS_RATE, begin_asked
from services.contact.person.channels import AgentRequest, text
from services.contact.person.handler import Coded
from services.contact.person.rules.asking import Person
from services.contact.report import store
from services.contact.report.handler import Reported, open_report, show_report
from services.contact.report.rules import MOST_OPEN, Report
from services.contact.settings import ContactSettings
from services.contact.work.handler import answer_case, claim_case
from services.contact.work.store import store_reading
from shared.domain.rights import AUTHORITY
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called, Work, not_found
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import HIGHEST, NOT_NULL
from shared.runtime.own_matters import refuse_own_matter
from shared.runtime.request_queue import RequestQueue

#: Reports per second over time, and at once, of one person.
_WRITING_RATE: Final = (1 / 60, 20)
_REPORTS: Final = frozenset({Kind.REPORT})
_WHY: Final = {
    Obstacle.ENDED: "This report has ended",
    Obstacle.NOT_CLAIMED: "Claim the report first",
    Obstacle.WRONG_END: "A report is upheld or rejected",
}

ReportId = Annotated[UUID, Path(alias="reportId")]
Size = Annotated[int, Query(alias="pageSize", ge=1, le=200)]


class ErrorRequest(BaseModel):
    """The body of a report of a person: the error in words, and the number of the period, if it is in one.

    `restrict` asks that the employer cannot change this period while the error is examined.
    """

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    description: Annotated[str, text(8000)]
    period_id: Annotated[Annotated[int, Field(ge=1, le=HIGHEST)] | None, NOT_NULL] = None
    restrict: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _period_to_restrict(self) -> Self:
        if self.restrict and self.period_id is None:
            raise PydanticCustomError("required_input", "only a period can be restricted")
        return self

    @property
    def reported(self) -> Reported:
        """Return the error that is reported."""
        return Reported(self.description, self.period_id, self.restrict)


class ErrorOfAgentRequest(AgentRequest, ErrorRequest):
    """The body of a report of an agent on behalf of a person."""


class EndRequest(BaseModel):
    """The body of a request that ends a report: the final state, and the answer in words."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    state: State
    answer: Annotated[str, text(8000)]


def router_of_persons(settings: ContactSettings) -> APIRouter:
    """Return the routes of persons."""
    routes, coded = APIRouter(), settings.worker_code
    writing = guarded_routes(own_queue=RequestQueue(*_WRITING_RATE))
    reading = guarded_routes(own_queue=RequestQueue(*LOOKS_RATE))

    @writing.post("/person/reports", name="reportError", status_code=201)
    async def report(request: ErrorRequest, response: Response, call: Called) -> dict[str, Any]:
        async with call.begin(None) as work:
            person = await persons.find_own(work)
            found = await _open(work, person, request, call.caller.subject, coded)
        response.headers["Location"] = f"/person/reports/{found['reportId']}"
        return found

    @reading.get("/person/reports", name="readMyReports")
    async def mine(call: Called) -> dict[str, Any]:
        async with call.begin(None) as work:
            person = await persons.find_own(work)
            reports = await store.load_of_person(work.tx, person.ssins)
            return {"items": [await show_report(work.tx, each, person, coded) for each in reports]}

    @reading.get("/person/reports/{reportId}", name="readMyReport")
    async def one(report_id: ReportId, call: Called) -> dict[str, Any]:
        async with call.begin(None) as work:
            person = await persons.find_own(work)
            found = await store.load_report(work.tx, report_id)
            if found is None or found.ssin not in person.ssins:
                raise not_found()
            return await show_report(work.tx, found, person, coded)

    routes.include_router(writing)
    routes.include_router(reading)
    return routes


def router_of_agents(settings: ContactSettings) -> APIRouter:
    """Return the routes of agents."""
    routes, coded = guarded_routes(), settings.worker_code

    @routes.post("/persons/reports", name="reportErrorOfPerson", status_code=201)
    async def on_behalf(request: ErrorOfAgentRequest, response: Response, call: Called) -> dict[str, Any]:
        async with begin_asked(call, request, settings) as (work, person):
            found = await _open(work, person, request, call.caller.subject, coded)
            await people.store_look(
                work.tx, call.caller.subject, call.caller.client_id, call.name,
                coded(person.ssin), request.purpose, 1,
            )  # fmt: skip
        response.headers["Location"] = f"/persons/reports/{found['reportId']}"
        return found

    @routes.get("/persons/reports", name="readOpenReports")
    async def waiting(call: Called, page_size: Size = 50) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            found = await store.load_open(work.tx, page_size)
            await store_reading(work.tx, call.caller.subject, "readOpenReports", len(found))
        return {"items": [_line(each) for each in found]}

    @routes.get("/persons/reports/{reportId}", name="readReport")
    async def read(report_id: ReportId, call: Called) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            found = await store.load_report(work.tx, report_id)
            await store_reading(
                work.tx, call.caller.subject, "readReport", int(found is not None), case_id=report_id
            )
            whole = None if found is None else await _whole(work, found, coded)
        if whole is None:  # after the commit: the audit has this reading too
            raise not_found()
        return whole

    @routes.post("/persons/reports/{reportId}/claims", name="claimReport")
    async def claim(report_id: ReportId, call: Called) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            end = await claim_case(work.tx, report_id, _REPORTS, call.caller.subject)
            return await _done(work, end, coded)

    @routes.post("/persons/reports/{reportId}/answers", name="answerReport")
    async def answer(report_id: ReportId, request: EndRequest, call: Called) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            if (reported := await store.load_report(work.tx, report_id)) is not None:
                person = await people.load_person(work.tx, reported.ssin)
                await refuse_own_matter(work, person.ssins, ())
            end, _ = await answer_case(
                work.tx, report_id, _REPORTS, request.state, request.answer, call.caller.subject
            )
            return await _done(work, end, coded)

    return routes


async def _open(work: Work, person: Person, request: ErrorRequest, by: str, coded: Coded) -> dict[str, Any]:
    """Open a report and return it.

    Raise ProblemError: 404 for a period that is not of the person, 409 for too many open reports.
    """
    if await store.count_open(work.tx, person.ssins) >= MOST_OPEN:
        raise ProblemError("conflict", f"The person has {MOST_OPEN} open reports. Wait for an answer")
    id_ = await open_report(work.tx, person, request.reported, by)
    found = None if id_ is None else await store.load_report(work.tx, id_)
    if found is None:
        raise ProblemError("resourceNotFound", "This is no period of the person")
    return await show_report(work.tx, found, person, coded)


async def _done(work: Work, end: Case | Obstacle | None, coded: Coded) -> dict[str, Any]:
    """Return a changed report. Raise ProblemError: 409 for an obstacle, 404 without a report."""
    if isinstance(end, Obstacle):
        raise ProblemError("conflict", _WHY[end])
    found = None if end is None else await store.load_report(work.tx, end.id)
    if found is None:
        raise not_found()
    return await _whole(work, found, coded)


async def _whole(work: Work, report: Report, coded: Coded) -> dict[str, Any]:
    """Return a report as an agent sees it: as the person does, with the NISS in force and the agent."""
    person = await people.load_person(work.tx, report.ssin)
    return {**await show_report(work.tx, report, person, coded), "ssin": person.ssin, **_agent(report)}


def _line(report: Report) -> dict[str, Any]:
    return {
        "reportId": str(report.id),
        "state": report.state,
        "receivedAt": report.opened_at.isoformat(),
        "answerDueOn": str(report.due_on),
        **({"isRestrictionAsked": True} if report.is_restriction_asked else {}),
        **_agent(report),
    }


def _agent(report: Report) -> dict[str, Any]:
    return {} if report.agent is None else {"agent": report.agent}
