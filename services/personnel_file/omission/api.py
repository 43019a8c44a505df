"""The API of agents: candidates for an omitted declaration, hearings and decisions (ADR 32)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from services.personnel_file.omission.handler import cases as agents
from services.personnel_file.omission.handler.cases import Request, Whole
from services.personnel_file.omission.rules.contribution import Contribution
from services.personnel_file.omission.rules.decision import Action, Obstacle, State
from services.personnel_file.omission.store.cases import Case, load_parties
from shared.domain.rights import AUTHORITY, Right
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called, Operation, not_found
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes
from shared.runtime.own_matters import refuse_own_matter

_MOST: Final = 200
_OPERATION: Final = Operation(
    "scope:dimona:agent", 400, frozenset({Right.AGENT}), text="This operation is for agents of the authority"
)
#: The operations by name. None of them claims an amount, and no right is for that.
OPERATIONS: Final[Mapping[str, Operation]] = dict.fromkeys(
    ("getOmissions", "getOmission", "createHearing", "createDecision"), _OPERATION
)
_WHY: Final = {
    Obstacle.ENDED: "This case has ended",
    Obstacle.NOT_HEARD: "Hear the employer first, today or before",
    Obstacle.SAME_AGENT: "You have decided about this case: another agent decides",
}

CaseId = Annotated[int, Path(alias="omissionId", ge=1, le=2**63 - 1)]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=r"^[^\x00]*$")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)


class HearingRequest(_Body):
    """The body of a hearing: its day, and the answer of the employer."""

    heard_on: date
    answer: Words


class DecisionRequest(_Body):
    """The body of a decision: confirmed or dismissed, and the reason."""

    decision: Literal[Action.CONFIRMED, Action.DISMISSED]
    reason: Words


routes = guarded_routes()


@routes.get("/omissions", name="getOmissions")
async def list_omissions(
    call: Called,
    state: State | None = None,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=_MOST)] = 50,
) -> dict[str, Any]:
    """Return a page of candidates by number, without NISS. A full page has `nextAfter`."""
    async with call.begin_for(AUTHORITY) as work:
        found = await agents.read_cases(
            work.tx.connection, call.caller.subject, call.name, after, state, page_size
        )
    page: dict[str, Any] = {"items": [_line(case) for case in found]}
    return page | ({"nextAfter": found[-1].id} if len(found) == page_size else {})


@routes.get("/omissions/{omissionId}", name="getOmission")
async def read_omission(case_id: CaseId, call: Called) -> dict[str, Any]:
    """Return a case with its evidence, steps and contribution. Raise ProblemError (404) if there is none."""
    async with call.begin_for(AUTHORITY) as work:
        whole = await agents.read_case(work.tx.connection, call.caller.subject, call.name, case_id)
    if whole is None:
        raise not_found()
    return _whole(whole)


@routes.post("/omissions/{omissionId}/hearings", name="createHearing")
async def hear_employer(case_id: CaseId, request: HearingRequest, call: Called) -> dict[str, Any]:
    """Record that the employer was heard.

    Raise ProblemError: 404, 409 if the case has ended, or 403 if the agent is concerned by it.
    """
    asked = Request(Action.HEARD, call.caller.subject, request.answer, request.heard_on)
    return await _act(case_id, asked, call)


@routes.post("/omissions/{omissionId}/decisions", name="createDecision")
async def decide_omission(case_id: CaseId, request: DecisionRequest, call: Called) -> dict[str, Any]:
    """Record the decision of an agent; two different agents must agree.

    Raise ProblemError: 404; 409 if the case has ended, if the employer was not heard, or if this agent has
    decided already; 403 if the agent is concerned by it.
    """
    return await _act(case_id, Request(request.decision, call.caller.subject, request.reason), call)


async def _act(case_id: int, request: Request, call: Call) -> dict[str, Any]:
    async with call.begin_for(AUTHORITY) as work:
        if (parties := await load_parties(work.tx.connection, case_id)) is not None:
            employer, ssins = parties
            await refuse_own_matter(work, ssins, [employer])
        end = await agents.act(work.tx.connection, case_id, request)
        if isinstance(end, Obstacle):
            raise ProblemError("conflict", _WHY[end])
    if end is None:
        raise not_found()
    return {"caseId": case_id, "state": end}


def _line(case: Case) -> dict[str, Any]:
    return {
        "caseId": case.id,
        "state": case.state,
        "employer": case.employer,
        "quarter": case.quarter,
        "days": case.days,
        "openedAt": case.opened_at.isoformat(),
        "changedAt": case.changed_at.isoformat(),
    }


def _whole(whole: Whole) -> dict[str, Any]:
    return _line(whole.case) | {
        "ssin": whole.case.ssin,
        "contribution": _contribution(whole.contribution),
        "findings": [_day(row) for row in whole.days],
        "steps": [_step(row) for row in whole.steps],
    }


def _contribution(found: Contribution | None) -> dict[str, Any]:
    """Return the contribution as JSON. Amounts are texts, so that no reader rounds them."""
    if found is None:
        return {"known": False}
    return _given(
        year=found.year,
        known=found.amount is not None,
        minimum=None if found.minimum is None else str(found.minimum),
        atLeast=None if found.amount is None else str(found.amount),
        source=found.source,
        confidence=found.confidence,
    )


def _day(row: Record) -> dict[str, Any]:
    return _given(
        day=str(row["day"]),
        startHour=_hour(row["start_hour"]),
        endHour=_hour(row["end_hour"]),
        status=row["status"],
        source=row["source"],
        reference=row["reference"],
        foundAt=row["found_at"].isoformat(),
        outcome=row["outcome"],
        judgedAt=row["judged_at"].isoformat(),
        periodId=row["period_id"],
        declaredAt=_instant(row["received_at"]),
        lateAfter=_instant(row["late_after"]),
        fileSha256=row["sha256"],
        line=row["line"],
    )


def _step(row: Record) -> dict[str, Any]:
    return _given(
        action=row["action"],
        agent=row["agent"],
        at=row["at"].isoformat(),
        heardOn=None if row["heard_on"] is None else str(row["heard_on"]),
        words=row["words"],
    )


def _hour(hour: Any) -> str | None:
    return None if hour is None else f"{hour:%H%M}"


def _instant(instant: Any) -> str | None:
    return None if instant is None else str(instant.isoformat())


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
