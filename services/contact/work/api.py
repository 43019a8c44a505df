"""The API of agents: list, search, read, claim and answer cases, and send letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from services.contact.case import store as cases
from services.contact.case.rules import KIND_OF_RIGHT, Kind, Obstacle, State
from services.contact.case.store import Case
from services.contact.complaint import store as complaints
from services.contact.work import store
from services.contact.work.handler import answer_case, claim_case
from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.domain.rights import AUTHORITY
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called, Work
from shared.runtime.database import Transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import NOT_NULL
from shared.runtime.own_matters import refuse_own_matter

MOST: Final = 200

CaseId = Annotated[UUID, Path(alias="caseId")]
Size = Annotated[int, Query(alias="pageSize", ge=1, le=MOST)]


def _valid(parse: Callable[[str], str | None]) -> AfterValidator:
    def check(text: str) -> str:
        if (found := parse(text)) is None:
            raise PydanticCustomError("invalid_structure", "no such number")
        return found

    return AfterValidator(check)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)


_Enterprise = Annotated[str, _valid(parse_enterprise_number)]
_Ssin = Annotated[str, _valid(parse_ssin)]


class SearchRequest(_Request):
    """The body of a search for cases: an enterprise number, a NISS, or both. At least one is required.

    The reason is stored in the audit.
    """

    reason: Annotated[
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$"),
        ]
        | None,
        NOT_NULL,
    ] = None
    enterprise_number: Annotated[_Enterprise | None, NOT_NULL] = None
    ssin: Annotated[_Ssin | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _something(self) -> SearchRequest:
        if self.enterprise_number is None and self.ssin is None:
            raise PydanticCustomError("required_input", "an enterprise number or a NISS")
        return self


class AnswerRequest(_Request):
    """The body of a request that ends a case: the final state, and the answer in words."""

    state: State
    answer: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=r"^[^\x00]*$")
    ]


routes = guarded_routes()


def _kinds(work: Work) -> frozenset[Kind]:
    """Return the kinds of case that the calling agent may see."""
    rights = work.actor.rights_in(AUTHORITY) & KIND_OF_RIGHT.keys()
    return frozenset(kind for right in rights for kind in KIND_OF_RIGHT[right])


@routes.get("/cases", name="list")
async def listed(
    call: Called,
    state: State | None = None,
    kind: Kind | None = None,
    mine: bool = False,
    after: UUID | None = None,
    page_size: Size = 50,
) -> dict[str, Any]:
    """Return a page of the cases that the agent may see, the earliest due day first.

    `state` and `kind` limit the page to cases of this state and kind, `mine` to cases that the agent has
    claimed. A full page has `nextAfter`, the id to send as `after` in the request for the next page. The
    reading is stored in the audit.
    """
    agent = call.caller.subject
    async with call.begin_for(AUTHORITY) as work:
        of = _kinds(work) & {kind} if kind else _kinds(work)
        found = await store.load_cases(work.tx, of, state, agent if mine else None, after, page_size)
        await store.store_reading(work.tx, agent, "list", len(found))
    page: dict[str, Any] = {"items": [_line(case) for case in found]}
    return page | ({"nextAfter": str(found[-1].id)} if len(found) == page_size else {})


@routes.post("/cases/search", name="search")
async def search(request: SearchRequest, call: Called, page_size: Size = 50) -> dict[str, Any]:
    """Return the newest cases about an enterprise, a worker, or both together, and store the search."""
    number, ssin = request.enterprise_number, request.ssin
    async with call.begin_for(AUTHORITY) as work:
        found = await store.search_cases(work.tx, _kinds(work), number, ssin, page_size)
        await store.store_reading(
            work.tx, call.caller.subject, "search", len(found), enterprise_number=number, ssin=ssin,
            reason=request.reason,
        )  # fmt: skip
    return {"items": [_line(case) for case in found]}


@routes.get("/cases/{caseId}", name="read")
async def read(case_id: CaseId, call: Called) -> dict[str, Any]:
    """Return a case with all details. Raise ProblemError (404) if the agent sees no case with this id.

    The audit gets a row for every reading, also for one that ends with 404.
    """
    async with call.begin_for(AUTHORITY) as work:
        case = await cases.lock_case(work.tx, case_id)
        seen = case if case is not None and case.kind in _kinds(work) else None
        found = int(seen is not None)
        await store.store_reading(work.tx, call.caller.subject, "read", found, case_id=case_id)
        document = None if seen is None else await _whole(work.tx, seen)
    if document is None:
        raise _nothing()
    return document


@routes.post("/cases/{caseId}/claims", name="claim")
async def claimed(case_id: CaseId, call: Called) -> dict[str, Any]:
    """Assign a case to the calling agent and return it.

    Raise ProblemError: 404 if the agent sees no case with this id, 409 if the case has ended.
    """
    async with call.begin_for(AUTHORITY) as work:
        return _done(await claim_case(work.tx, case_id, _kinds(work), call.caller.subject))


@routes.post("/cases/{caseId}/answers", name="answer")
async def answered(case_id: CaseId, request: AnswerRequest, call: Called) -> dict[str, Any]:
    """End a case with an answer and return it.

    Raise ProblemError: 404 if the agent sees no case with this id; 409 if the case has ended, if the agent
    has not claimed it, or if a case of its kind cannot end in this state; 403 if the agent is concerned by
    the contested notification.
    """
    async with call.begin_for(AUTHORITY) as work:
        await _refuse_own(work, case_id)
        end, effects = await answer_case(
            work.tx, case_id, _kinds(work), request.state, request.answer, call.caller.subject
        )
        work.effects.extend(effects)
    return _done(end)


async def _refuse_own(work: Work, case_id: UUID) -> None:
    """Raise RefusedError if the agent is the worker of a contested notification, or acts for a party."""
    case = await cases.lock_case(work.tx, case_id)
    if case is None or case.notification_id is None:
        return
    about = await store.load_about(work.tx, case.notification_id)
    ssin = about["ssin"]
    ssins = [] if ssin is None else await store.load_numbers(work.tx, ssin)
    parties = {about["employer"], about["addressee"], case.enterprise_number} - {None}
    await refuse_own_matter(work, ssins, parties)


@routes.get("/letters", name="letters")
async def letters(call: Called, page_size: Size = 50) -> dict[str, Any]:
    """Return the unsent letters that the agent may see, the oldest first, and store the reading."""
    async with call.begin_for(AUTHORITY) as work:
        found = await complaints.load_unsent(work.tx, _kinds(work), page_size)
        await store.store_reading(work.tx, call.caller.subject, "letters", len(found))
    return {"items": [_letter(one) for one in found]}


@routes.post("/letters/{letterId}/sendings", name="sending")
async def sent(letter_id: Annotated[UUID, Path(alias="letterId")], call: Called) -> dict[str, str]:
    """Store that a letter was sent.

    Raise ProblemError (404) if the agent sees no unsent letter with this id.
    """
    async with call.begin_for(AUTHORITY) as work:
        if not await complaints.store_sent(work.tx, letter_id, _kinds(work), call.caller.subject):
            raise _nothing()
    return {"letterId": str(letter_id), "state": "sent"}


_WHY: Final = {
    Obstacle.ENDED: "This case has ended",
    Obstacle.NOT_CLAIMED: "Claim the case first",
    Obstacle.WRONG_END: "A case of this kind cannot end in this state",
}


def _done(end: Case | Obstacle | None) -> dict[str, Any]:
    """Return a changed case as JSON.

    Raise ProblemError: 409 for an obstacle, 404 for None (the agent sees no case with the id).
    """
    if end is None:
        raise _nothing()
    if isinstance(end, Obstacle):
        raise ProblemError("conflict", _WHY[end])
    return _line(end)


def _nothing() -> ProblemError:
    return ProblemError("resourceNotFound", "No case or letter that you may see has this id")


def _line(case: Case) -> dict[str, Any]:
    """Return a case as JSON for a list, without its text and without nulls."""
    optional = {
        "enterpriseNumber": case.enterprise_number,
        "agent": case.agent,
        "endedAt": case.ended_at.isoformat() if case.ended_at else None,
    }
    return {
        "caseId": str(case.id),
        "kind": case.kind,
        "state": case.state,
        "openedAt": case.opened_at.isoformat(),
        "dueOn": str(case.due_on),
        **{name: value for name, value in optional.items() if value is not None},
    }


async def _whole(tx: Transaction, case: Case) -> dict[str, Any]:
    """Return a case as JSON without nulls: text, answer, history, and notification or complainant."""
    document: dict[str, Any] = _line(case) | {"said": case.said}
    if case.answer is not None:
        document["answer"] = case.answer
    if case.notification_id is not None:
        about = await store.load_about(tx, case.notification_id)
        facts = {"employer": about["employer"], "ssin": about["ssin"]}
        document["notification"] = {
            "notificationId": str(case.notification_id),
            "declarationId": about["declaration_id"],
            "addressee": about["addressee"],
            "result": about["result"],
            **{name: value for name, value in facts.items() if value is not None},
        }
    elif (complainant := await complaints.load_complainant(tx, case.id)) is not None:
        ways = {"email": complainant.email, "serviceConcerned": complainant.service_concerned}
        document["complainant"] = {
            "name": complainant.name,
            "address": complainant.address,
            "language": complainant.language,
            **{name: value for name, value in ways.items() if value is not None},
        }
    document["history"] = [
        {"event": event["event"], "at": event["happened_at"].isoformat(), "by": event["by_whom"]}
        for event in await store.load_history(tx, case.id)
    ]
    return document


def _letter(one: complaints.Written) -> dict[str, Any]:
    return {
        "letterId": str(one.id),
        "caseId": str(one.case_id),
        "purpose": one.purpose,
        "channel": one.channel,
        "language": one.language,
        "name": one.name,
        "to": one.to,
        "subject": one.letter.subject,
        "body": one.letter.body,
        "writtenAt": one.written_at.isoformat(),
    }
