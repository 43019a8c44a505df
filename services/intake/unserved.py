"""Official paths that this system does not serve.

They answer 501. A client that polls for a result would read 404 as "not ready yet".
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Response

from shared.runtime.api import Bearer, ProblemError

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_FIRST_VERSION: Final = "/REST/dimona/v1"


def add_routes(routes: APIRouter, bearer: Bearer) -> None:
    """Add the paths of version 1 of the official service. They answer 501."""
    known: Any = Depends(bearer.needs())

    async def refuse() -> Response:
        raise ProblemError("notImplemented", "Version 1 is not served; use version 2, /REST/dimona/v2")

    routes.add_api_route(
        f"{_FIRST_VERSION}/{{rest:path}}",
        refuse,
        methods=list(_METHODS),
        dependencies=[known],
        include_in_schema=False,
    )
