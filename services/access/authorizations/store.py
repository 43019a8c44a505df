"""SQL of the authorizations of institutions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import UUID

from services.access.authorizations.rules import Status, Version, status_of
from shared.runtime.database import Connection, Record

#: Columns of `versions` that decide the status of a version.
_STATUS: Final = (
    "country",
    "guarantee",
    "confirmed_at",
    "valid_from",
    "ended_at",
    "expires_at",
    "replaced_at",
)

Outcome = Literal[
    "done", "unknownInstitution", "noProposal", "sameAgent", "otherKind", "expired", "noAuthorization"
]

_OF: Final = """
SELECT authorization_id, version, institution_id, recipient_class, legal_basis, purpose, fields, kinds,
    all_workers, all_workers_basis, begins_at, expires_at, country, guarantee, contact, granted_by,
    granted_at, confirmed_by, confirmed_at, valid_from, ended_by, ended_at, end_reason,
    CASE WHEN confirmed_at IS NOT NULL THEN (
        SELECT min(n.valid_from) FROM access.institution_authorization n
        WHERE n.institution_id = a.institution_id AND (n.ended_at IS NULL OR n.ended_at > n.valid_from)
            AND (n.valid_from, n.place) > (a.valid_from, a.place)) END AS replaced_at,
    platform.now() AS read_at
FROM access.institution_authorization a WHERE institution_id = $1 ORDER BY place DESC"""
#: Columns that decide the status, and are no part of the version.
_READING: Final = ("replaced_at", "read_at")
_KNOWN: Final = "SELECT EXISTS (SELECT FROM access.institution WHERE institution_id = $1)"
_PROPOSE: Final = "SELECT access.propose_authorization($1, $2::jsonb, $3)"
_CONFIRM: Final = "SELECT access.confirm_authorization($1, $2, $3, $4)"
_END: Final = "SELECT access.end_authorization($1, $2, $3)"


def status(row: Record) -> Status:
    """Return the status of a row of `versions` when it was read."""
    return status_of(Version(**{name: row[name] for name in _STATUS}), row["read_at"])


def terms_of(row: Record) -> dict[str, Any]:
    """Return the values of a version in a row of `versions`, without those that only decide its status."""
    return {name: value for name, value in row.items() if name not in _READING}


async def is_known(connection: Connection, institution: str) -> bool:
    """Return whether the directory has this institution."""
    return bool(await connection.fetchval(_KNOWN, institution))


async def versions(connection: Connection, institution: str) -> list[Record]:
    """Return all versions of the authorizations of an institution, the latest first.

    `replaced_at` is the begin of the next confirmed version, `read_at` the present instant.
    """
    return await connection.fetch(_OF, institution)


async def propose(connection: Connection, institution: str, terms: Mapping[str, Any], agent: str) -> Outcome:
    """Store a proposal in place of a former one. `agent` is the user id of its author."""
    outcome: Outcome = await connection.fetchval(_PROPOSE, institution, json.dumps(terms), agent)
    return outcome


async def confirm(
    connection: Connection, institution: str, authorization_id: UUID, version: int, agent: str
) -> Outcome:
    """Confirm a proposal. `agent` is the user id of the agent that confirms it."""
    outcome: Outcome = await connection.fetchval(_CONFIRM, institution, authorization_id, version, agent)
    return outcome


async def end(connection: Connection, institution: str, reason: str, agent: str) -> Outcome:
    """End all versions of an institution at once. `agent` is the user id of the agent that ends them."""
    outcome: Outcome = await connection.fetchval(_END, institution, reason, agent)
    return outcome
