"""The quotas of an enterprise over REST v2: the days that it has used, and the days that are left."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from services.personnel_file.consultation.channels.quotas import quota
from services.personnel_file.consultation.handler import LONGEST
from services.personnel_file.consultation.handler.quotas import read_quotas
from services.personnel_file.settings import BASE
from shared.runtime.authorization import Called
from shared.runtime.guard import guarded_routes
from shared.runtime.negotiation import json_only
from shared.runtime.request_queue import RequestQueue
from shared.runtime.searching import Enterprise

_DIGITS: Final = 10  #: of an enterprise number; some clients drop the leading zero (client Q18)


def routes(queue: RequestQueue) -> APIRouter:
    """Return the route of quotas."""
    routes = guarded_routes(own_queue=queue)
    routes.dependencies += [Depends(json_only)]

    @routes.get(f"{BASE}/quotas", name="getQuotas")
    async def read(call: Called, employer: Annotated[Enterprise | None, Query()] = None) -> dict[str, Any]:
        """Return the quotas of an enterprise in the present year; of the only one of the caller by default.

        Raise ProblemError (403) for an enterprise that the caller may not see.
        """
        wanted = None if employer is None else employer.zfill(_DIGITS)
        async with asyncio.timeout(LONGEST), call.begin(None) as work:
            number, found = await read_quotas(work, wanted)
        return {"employer": {"enterpriseNumber": number}, "items": [quota(each) for each in found]}

    return routes
