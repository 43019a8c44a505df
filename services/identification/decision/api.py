"""The API of agents: open identifications, one with its candidates, and the decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from services.identification.cases.handler import Identification
from services.identification.decision import handler, store
from services.identification.decision.handler import Agent, Candidate, Coded, Obstacle, Whole
from services.identification.decision.store import Case, Reading
from shared.domain.declared import DeclaredWorker
from shared.domain.identifiers import parse_ssin
from shared.domain.rights import AUTHORITY, Right
from shared.messages import CaseResolved, RegisteredAddress
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called, Operation, Refusal, not_found
from shared.runtime.database import Record, Transaction
from shared.runtime.guard import guarded_routes
from shared.runtime.inputs import NOT_NULL

_MOST: Final = 200
_OPERATION: Final = Operation(
    "scope:dimona:agent", 400, frozenset({Right.AGENT}), text="This operation is for agents of the authority"
)
OPERATIONS: Final[Mapping[str, Operation]] = dict.fromkeys(
    ("listIdentifications", "readIdentification", "decideIdentification"), _OPERATION
)
_WHY: Final = {
    Obstacle.ENDED: "This case has ended",
    Obstacle.UNKNOWN_WORKER: "The register has no person with this NISS",
}

Number = Annotated[int, Path(alias="declarationId", ge=1, le=2**63 - 1)]


def _ssin(text: str) -> str:
    if (found := parse_ssin(text)) is None:
        raise PydanticCustomError("invalid_structure", "no such number")
    return found


class DecisionRequest(BaseModel):
    """The body of a decision: the NISS of the worker, absent if no person is the worker, and the reason."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ssin: Annotated[Annotated[str, AfterValidator(_ssin)] | None, NOT_NULL] = None
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")
    ]


async def store_refusal(tx: Transaction, refusal: Refusal) -> None:
    """Store in the audit a request that was refused because a right was missing."""
    caller = refusal.caller
    await store.store_reading(
        tx, Reading(caller.subject, caller.client_id, refusal.operation, refused=refusal.reason)
    )


def router(identification: Identification, coded: Coded) -> APIRouter:
    """Return the routes. `coded` returns the keyed code of a NISS."""
    routes = guarded_routes()

    @routes.get("/identifications", name="listIdentifications")
    async def listed(
        call: Called,
        after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=_MOST)] = 50,
    ) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            found = await handler.list_cases(work.tx, _agent(call), after, page_size)
        page: dict[str, Any] = {"items": [_line(case) for case in found]}
        full = len(found) == page_size
        return page | ({"nextAfter": found[-1].declaration.number} if full else {})

    @routes.get("/identifications/{declarationId}", name="readIdentification")
    async def read(number: Number, call: Called) -> dict[str, Any]:
        async with call.begin_for(AUTHORITY) as work:
            whole = await handler.read_case(work.tx, _agent(call), number, coded)
        if whole is None:  # after the commit: the audit has this reading too
            raise not_found()
        return _whole(whole)

    @routes.post("/identifications/{declarationId}/decisions", name="decideIdentification")
    async def decided(number: Number, request: DecisionRequest, call: Called) -> dict[str, Any]:
        agent = _agent(call)
        decision = CaseResolved(number=number, ssin=request.ssin, decided_by=agent.subject)
        async with call.begin_for(AUTHORITY) as work:
            end = await handler.decide(work, agent, identification, decision, request.reason)
            if end is None:
                raise not_found()
            obstacle, effects = end
            if obstacle is not None:
                raise ProblemError("conflict", _WHY[obstacle])
            work.effects.extend(effects)
        return {"declarationId": number, "state": "given_up" if request.ssin is None else "resolved"}

    return routes


def _agent(call: Call) -> Agent:
    return Agent(call.caller.subject, call.caller.client_id, call.name)


def _line(case: Case) -> dict[str, Any]:
    employer = case.declaration.employer
    return _given(
        declarationId=case.declaration.number,
        state=case.state,
        reason=case.reason,
        openedAt=case.opened_at.isoformat(),
        deadline=case.deadline.isoformat(),
        employer=None if employer is None else employer.enterprise_number,
    )


def _whole(whole: Whole) -> dict[str, Any]:
    worker = whole.case.declaration.declared.worker or DeclaredWorker()
    return _line(whole.case) | {
        "declared": _declared(worker),
        "candidates": [_candidate(each) for each in whole.candidates],
        "history": [_event(row) for row in whole.history],
    }


def _declared(worker: DeclaredWorker) -> dict[str, Any]:
    address = worker.address
    return _given(
        ssin=worker.ssin,
        familyName=worker.family_name,
        givenName=worker.given_name,
        birthDate=worker.birth_date,
        gender=worker.gender,
        nationality=worker.nationality,
        street=None if address is None else address.street,
        postCode=None if address is None else address.post_code,
    )


def _candidate(candidate: Candidate) -> dict[str, Any]:
    entry = candidate.entry
    address = entry.address or RegisteredAddress()
    return _given(
        ssin=entry.ssin,
        familyName=entry.family_name,
        givenName=entry.given_name,
        birthDate=entry.birth_date,
        gender=entry.gender,
        nationality=entry.nationality,
        street=address.street,
        postCode=address.post_code,
        deceasedOn=entry.deceased_on,
        points=candidate.points,
    )


def _event(row: Record) -> dict[str, Any]:
    return _given(
        event=row["event"], reason=row["reason"], at=row["recorded_at"].isoformat(), by=row["decided_by"]
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
