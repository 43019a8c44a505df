"""The API of the e-Box: overview, documents, labels, attention, events, and the choice of paper."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from services.notifier.ebox.api import marking, paper, reading
from services.notifier.ebox.api.door import LEVELS, SCOPE, Door, Operation
from shared.runtime.api import Bearer
from shared.runtime.stage import Stage


def router(stage: Stage, bearer: Bearer) -> APIRouter:
    """Return the routes of e-Boxes."""
    routes, door = APIRouter(), Door(stage)

    def may(operation: Operation, scope: str = SCOPE, *, clients: bool = True) -> object:
        return Depends(bearer.needs(scope, level=LEVELS[operation], clients=clients))

    reading.add(routes, door, may(Operation.READ))
    marking.add(routes, door, may(Operation.MARK))
    paper.add(routes, door, may(Operation.READ), may(Operation.CONSENT, clients=False))
    paper.add_for_agents(routes, door, may(Operation.PRINT, "scope:dimona:agent", clients=False))
    return routes
