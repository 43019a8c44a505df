"""The institution of a request, by the technical client of its token. The subjects with routes share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from shared.runtime.api import Bearer, ProblemError, TokenCheck
from shared.runtime.authorization import revoked
from shared.runtime.database import Pool

#: The scope of tokens that read the feed.
SCOPE: Final = "scope:dimona:feed"
_OF_CLIENT: Final = """
SELECT c.institution_id, EXISTS (SELECT FROM access.revoked r WHERE r.id = ANY($2::text[])) AS revoked,
    EXISTS (
        SELECT FROM access.institution_authorizations a WHERE a.institution_id = c.institution_id
            AND a.valid_from <= platform.now()
            AND (a.valid_to IS NULL OR a.valid_to > platform.now())) AS authorized
FROM (SELECT) AS one LEFT JOIN access.institution_clients c ON c.client_id = $1"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The check of tokens of institutions. The guard does its part before it reads a body."""

    pool: Pool
    check: TokenCheck

    @classmethod
    def of(cls, pool: Pool, bearer: Bearer) -> Tokens:
        """Return the check for tokens that `bearer` verifies."""
        return cls(pool, bearer.needs(SCOPE))

    async def institution(self, request: Request) -> str:
        """Return the institution of a request.

        Raise ProblemError: 401 without a token that counts, 403 without the scope, for a caller that is no
        client of an institution, and without an authorization in force.
        """
        caller = await self.check(request)
        # Read for each request: a client that was blocked, or an authorization that ended, counts no longer.
        row = await self.pool.fetchrow(_OF_CLIENT, caller.subject, list(caller.token_ids))
        assert row is not None
        if row["revoked"]:
            raise revoked()
        if row["institution_id"] is None:
            raise ProblemError("missingPermission", "Your client belongs to no institution")
        if not row["authorized"]:
            raise ProblemError("missingPermission", "No authorization of your institution is in force")
        institution: str = row["institution_id"]
        return institution
