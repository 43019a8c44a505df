"""The institution of a request, by its token. The subjects of the feed with routes share it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from shared.runtime.api import ProblemError
from shared.runtime.database import Pool
from shared.runtime.request_queue import RequestQueue
from shared.runtime.scope import note_authenticated

_BY_DIGEST: Final = """
SELECT i.institution_id, EXISTS (
    SELECT FROM access.institution_authorizations a WHERE a.institution_id = i.institution_id
        AND a.valid_from <= platform.now()
        AND (a.valid_to IS NULL OR a.valid_to > platform.now())) AS authorized
FROM access.institutions i WHERE i.token_sha256 = $1"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The check of tokens of institutions, which also limits the rate of each institution."""

    pool: Pool
    queue: RequestQueue

    async def institution(self, request: Request) -> str:
        """Return the institution of a request.

        Raise ProblemError: 401 without a token that counts, 403 without an authorization in force, 429 for
        too many requests.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            # Read for each request: a token that was replaced or withdrawn counts no longer.
            row = await self.pool.fetchrow(_BY_DIGEST, hashlib.sha256(token.encode()).digest())
            if row is not None:
                institution: str = row["institution_id"]
                note_authenticated(request.scope, institution)
                self.queue.check_rate(institution)
                if not row["authorized"]:
                    raise ProblemError(
                        "missingPermission", "No authorization of your institution is in force"
                    )
                return institution
        raise ProblemError(
            "invalidAccessToken" if token else "noAccessToken",
            "Send the token of your institution as bearer token",
            headers={"WWW-Authenticate": 'Bearer realm="dimona"'},
        )
