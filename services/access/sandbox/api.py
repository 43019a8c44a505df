"""`/organizations/{enterpriseNumber}/sandbox`: reset the data of an organization, move its clock."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Request
from pydantic import Field

from services.access.fields import Input
from services.access.problems import conflict
from services.access.sandbox import store
from services.access.shape import Number
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes

_PATH: Final = "/organizations/{enterpriseNumber}/sandbox"
_OPEN: Final = "A declaration has no result yet, or has had it for less than two seconds: repeat this later"
_BACK: Final = "The clock goes forward only; a reset of the sandbox returns it to the present"


class Clock(Input):
    """Body of a request: the number of days by which the clock of an organization is ahead."""

    days_ahead: Annotated[int, Field(strict=True, ge=0, le=400)]


def _require_sandbox(request: Request) -> None:
    """Raise ProblemError (404) in a production deployment."""
    if not request.app.state.simulation:
        raise ProblemError("resourceNotFound", "This deployment is no sandbox")


routes = guarded_routes()


@routes.post(f"{_PATH}/resets", name="resetSandbox")
async def reset(number: Number, request: Request, call: Called) -> dict[str, int]:
    """Delete the declarations of an organization with their results and data; return their number.

    Raises ProblemError: 404 in production; 409 while a declaration is processed, and until two seconds after
    a declaration got its result.
    """
    async with call.begin_for(number) as work:
        _require_sandbox(request)
        deleted = await store.reset(work.tx, number)
    if deleted is None:
        raise conflict(_OPEN)
    return {"declarations": deleted}


@routes.get(f"{_PATH}/clock", name="readSandboxClock")
async def read_clock(number: Number, request: Request, call: Called) -> dict[str, int]:
    """Return by how many days the organization's clock is ahead. Raises ProblemError (404) in production."""
    async with call.begin_for(number) as work:
        _require_sandbox(request)
        return {"daysAhead": await store.days_ahead(work.tx, number)}


@routes.put(f"{_PATH}/clock", name="moveSandboxClock")
async def move_clock(number: Number, body: Clock, request: Request, call: Called) -> dict[str, int]:
    """Set by how many days the clock of an organization is ahead.

    Raises ProblemError: 404 in production, 409 for fewer days than before.
    """
    async with call.begin_for(number) as work:
        _require_sandbox(request)
        moved = await store.move_clock(work.tx, number, body.days_ahead)
    if not moved:
        raise conflict(_BACK)
    return {"daysAhead": body.days_ahead}
