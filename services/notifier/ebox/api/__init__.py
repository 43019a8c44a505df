"""The API of the e-Box: overview, documents, labels, attention, events, and the choice of paper."""

from __future__ import annotations

from fastapi import APIRouter

from services.notifier.ebox.api import marking, paper, reading
from services.notifier.ebox.api.operations import Operation
from shared.runtime.authorization import Authorization


def router(authorization: Authorization) -> APIRouter:
    """Return the operations on e-Boxes."""
    routes, caller = APIRouter(), authorization.caller
    reading.add(routes, authorization, caller(Operation.READ))
    marking.add(routes, authorization, caller(Operation.MARK))
    paper.add(routes, authorization, caller(Operation.READ), caller(Operation.CONSENT))
    paper.add_for_agents(routes, authorization, caller(Operation.PRINT))
    return routes
