"""The API of agents: list, search, read, claim and answer cases, and send letters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Path, Query
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
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.inputs import NOT_NULL
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

T = TypeVar("T")

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
    """A search: by enterprise, by worker, or by both."""

    enterprise_number: Annotated[_Enterprise | None, NOT_NULL] = None
    ssin: Annotated[_Ssin | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _something(self) -> SearchRequest:
        if self.enterprise_number is None and self.ssin is None:
            raise PydanticCustomError("required_input", "an enterprise number or a NISS")
        return self


class AnswerRequest(_Request):
    """The end of a case: its state and the answer."""

    state: State
    answer: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=r"^[^\x00]*$")
    ]


Act = Callable[[Transaction, frozenset[Kind]], Awaitable[tuple[T, Sequence[Effect]]]]


class _Agents:
    """Runs operations for agents of the authority, with the kinds of case that their rights cover."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    def caller(self, name: str) -> Any:
        """Return the dependency that gives the caller of an operation."""
        return self._authorization.caller(name)

    async def perform(self, caller: Caller, name: str, act: Act[T]) -> T:
        """Run an operation. Raise ProblemError (403) for a caller that is no agent."""

        async def authorized(tx: Transaction, actor: Actor) -> tuple[T, Sequence[Effect]]:
            actor.require(AUTHORITY)
            rights = actor.rights_in(AUTHORITY)
            kinds = frozenset(
                kind for right in rights & KIND_OF_RIGHT.keys() for kind in KIND_OF_RIGHT[right]
            )
            return await act(tx, kinds)

        return await self._authorization.perform(name, caller, [AUTHORITY], authorized)


def router(authorization: Authorization) -> APIRouter:
    """Return the operations of agents."""
    routes, agents = APIRouter(), _Agents(authorization)
    _on_lists(routes, agents)
    _on_one(routes, agents)
    _on_letters(routes, agents)
    return routes


def _on_lists(routes: APIRouter, agents: _Agents) -> None:
    agent = agents.caller("list")

    @routes.get("/cases")
    async def listed(
        state: State | None = None,
        kind: Kind | None = None,
        mine: bool = False,
        after: UUID | None = None,
        page_size: Size = 50,
        caller: Caller = agent,
    ) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[list[Case], tuple[()]]:
            of = kinds & {kind} if kind else kinds
            found = await store.load_cases(tx, of, state, caller.subject if mine else None, after, page_size)
            await store.store_reading(tx, caller.subject, "list", len(found))
            return found, ()

        found = await agents.perform(caller, "list", act)
        page: dict[str, Any] = {"items": [_line(case) for case in found]}
        return page | ({"nextAfter": str(found[-1].id)} if len(found) == page_size else {})

    @routes.post("/cases/search")
    async def search(request: SearchRequest, page_size: Size = 50, caller: Caller = agent) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[list[Case], tuple[()]]:
            found = await store.search_cases(tx, kinds, request.enterprise_number, request.ssin, page_size)
            await store.store_reading(
                tx, caller.subject, "search", len(found),
                enterprise_number=request.enterprise_number, ssin=request.ssin,
            )  # fmt: skip
            return found, ()

        return {"items": [_line(case) for case in await agents.perform(caller, "search", act)]}


def _on_one(routes: APIRouter, agents: _Agents) -> None:
    agent = agents.caller("read")

    @routes.get("/cases/{caseId}")
    async def read(case_id: CaseId, caller: Caller = agent) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[dict[str, Any], tuple[()]]:
            case = await cases.lock_case(tx, case_id)
            seen = case is not None and case.kind in kinds
            await store.store_reading(tx, caller.subject, "read", int(seen), case_id=case_id)
            return (await _whole(tx, case) if case is not None and seen else {}), ()

        return await agents.perform(caller, "read", act) or _nothing()

    @routes.post("/cases/{caseId}/claims")
    async def claimed(case_id: CaseId, caller: Caller = agent) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[_End, tuple[()]]:
            return _End(await claim_case(tx, case_id, kinds, caller.subject)), ()

        return _done(await agents.perform(caller, "claim", act))

    @routes.post("/cases/{caseId}/answers")
    async def answered(case_id: CaseId, request: AnswerRequest, caller: Caller = agent) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[_End, Sequence[Effect]]:
            end, effects = await answer_case(
                tx, case_id, kinds, request.state, request.answer, caller.subject
            )
            return _End(end), effects

        return _done(await agents.perform(caller, "answer", act))


def _on_letters(routes: APIRouter, agents: _Agents) -> None:
    agent = agents.caller("letters")

    @routes.get("/letters")
    async def letters(page_size: Size = 50, caller: Caller = agent) -> dict[str, Any]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[list[complaints.Written], tuple[()]]:
            found = await complaints.load_unsent(tx, kinds, page_size)
            await store.store_reading(tx, caller.subject, "letters", len(found))
            return found, ()

        return {"items": [_letter(one) for one in await agents.perform(caller, "letters", act)]}

    @routes.post("/letters/{letterId}/sendings")
    async def sent(
        letter_id: Annotated[UUID, Path(alias="letterId")], caller: Caller = agent
    ) -> dict[str, str]:
        async def act(tx: Transaction, kinds: frozenset[Kind]) -> tuple[list[bool], tuple[()]]:
            return [await complaints.store_sent(tx, letter_id, kinds, caller.subject)], ()

        (done,) = await agents.perform(caller, "sending", act)
        return {"letterId": str(letter_id), "state": "sent"} if done else _nothing()


class _End:
    """The outcome of an act on a case by an agent with the right to it."""

    def __init__(self, end: Case | Obstacle | None) -> None:
        self.end = end


_WHY: Final = {
    Obstacle.ENDED: "This case has ended",
    Obstacle.NOT_CLAIMED: "Claim the case first",
    Obstacle.WRONG_END: "A case of this kind cannot end in this state",
}


def _done(done: _End) -> dict[str, Any]:
    if done.end is None:
        _nothing()
    if isinstance(done.end, Obstacle):
        raise ProblemError("conflict", _WHY[done.end])
    assert done.end is not None
    return _line(done.end)


def _nothing() -> Any:
    raise ProblemError("resourceNotFound", "No case or letter in your view has this id")


def _line(case: Case) -> dict[str, Any]:
    """Return a case as an item of a list; no nulls."""
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
    """Return a case with all details for its agent; no nulls."""
    document: dict[str, Any] = _line(case) | {"said": case.said}
    if case.answer is not None:
        document["answer"] = case.answer
    if case.notification_id is not None:
        about = await store.load_about(tx, case.notification_id)
        facts = {"employer": about.employer, "ssin": about.ssin}
        document["notification"] = {
            "notificationId": str(case.notification_id),
            "declarationId": about.number,
            "addressee": about.addressee,
            "result": about.result,
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
        {"event": event.event, "at": event.at.isoformat(), "by": event.by}
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
