"""The API of agents: lock a period against changes by its employer, unlock it, read its locks (ADR 10)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.personnel_file.consultation import handler as consultation
from services.personnel_file.mutation.handler import set_lock_of_agent
from services.personnel_file.mutation.store import load_locks, load_people
from shared.domain.rights import AUTHORITY, Right
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call, Called, Operation, Work, not_found
from shared.runtime.database import Record
from shared.runtime.guard import guarded_routes
from shared.runtime.own_matters import refuse_own_matter

_OPERATION: Final = Operation(
    "scope:dimona:agent", 400, frozenset({Right.AGENT}), text="This operation is for agents of the authority"
)
#: The operations by name. The audit rows of requests have this name too.
OPERATIONS: Final[Mapping[str, Operation]] = dict.fromkeys(("getLocks", "createLock"), _OPERATION)
_PATH: Final = "/periods/{periodId}/locks"
_WHY: Final = {True: "The period is locked already", False: "The period is not locked"}

PeriodId = Annotated[int, Path(alias="periodId", ge=1, le=999_999_999_999)]


class LockRequest(BaseModel):
    """The body of a lock or unlock: the state of the period afterwards, and the reason without NISS."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    is_locked: Annotated[bool, Field(strict=True)]
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00]*$")
    ]


routes = guarded_routes()


@routes.get(_PATH, name="getLocks")
async def read_locks(period_id: PeriodId, call: Called, request: Request) -> dict[str, Any]:
    """Return whether a period is locked, and its newest locks. Raise ProblemError (404) if there is none."""
    async with _looking(call, period_id, request) as (work, period):
        rows = await load_locks(work.tx, period_id)
    return {"isLocked": period["locked"], "items": [_lock(row) for row in rows]}


@routes.post(_PATH, name="createLock")
async def create_lock(
    period_id: PeriodId, body: LockRequest, call: Called, request: Request
) -> dict[str, Any]:
    """Lock or unlock a period.

    Raise ProblemError: 404, 409 if it has this state already, or 403 if the agent is concerned by it.
    """
    async with _looking(call, period_id, request) as (work, period):
        people = await load_people(work.tx, [ssin := period["ssin"]])
        numbers = people[ssin].ssins if ssin in people else {ssin}
        await refuse_own_matter(work, numbers, [period["employer"]])
        is_set = await set_lock_of_agent(
            work.tx, period_id, locked=body.is_locked, agent=call.caller.subject, reason=body.reason
        )
        if not is_set:
            raise ProblemError("conflict", _WHY[body.is_locked])
    return {"periodId": period_id, "isLocked": body.is_locked}


@asynccontextmanager
async def _looking(call: Call, period_id: int, request: Request) -> AsyncIterator[tuple[Work, Record]]:
    """Open the transaction of an agent, and yield it with the row of the period. The look is stored.

    Raise ProblemError (404) for a number that no period has.
    """
    code = request.app.state.worker_code
    async with call.begin_for(AUTHORITY) as work:
        period = await consultation.read_period(work, call.name, period_id, code)
        if period is not None:
            yield work, period
    if period is None:
        raise not_found()


def _lock(row: Record) -> dict[str, Any]:
    return {
        "isLocked": row["locked"],
        "setBy": row["set_by"],
        "setAt": row["set_at"].isoformat(),
        "reason": row["reason"],
    }
