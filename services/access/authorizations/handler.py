"""Proposal, confirmation, end and list of authorizations, for agents of the authority."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from services.access.authorizations import store
from services.access.authorizations.rules import Terms, faults
from services.access.authorizations.store import Outcome
from services.access.problems import check, conflict
from services.access.shape import shown
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Record, Transaction

_CONFLICTS: Final = {
    "noProposal": "This version is not proposed any more, or it never was",
    "expired": "This proposal has expired",
    "noAuthorization": "This institution has no authorization to end",
}
_REFUSALS: Final = {
    "sameAgent": "Another agent confirms this authorization",
    "otherKind": "An operator confirms the proposal of an operator",
}


async def list_authorizations(tx: Transaction, institution: str) -> list[dict[str, Any]]:
    """Return all versions of an institution as the API shows them, the latest first.

    Raise ProblemError (404) for an unknown institution.
    """
    if not await store.is_known(tx.connection, institution):
        raise not_found()
    return [_shown(row) for row in await store.versions(tx.connection, institution)]


async def propose_authorization(
    tx: Transaction, actor: Actor, institution: str, terms: Terms
) -> dict[str, Any]:
    """Store a proposal of an agent, which gives nothing until another agent confirms it. Return it.

    A former proposal that waits for its confirmation is withdrawn.

    Raises:
        ProblemError: 400 for contradictions in the terms, 404 for an unknown institution.
    """
    check(faults(terms))
    outcome = await store.propose(tx.connection, institution, terms.model_dump(mode="json"), _agent(actor))
    return await _latest(tx, institution, outcome)


async def confirm_authorization(
    tx: Transaction, actor: Actor, institution: str, authorization_id: UUID, version: int
) -> dict[str, Any]:
    """Confirm the proposal of another agent, and return it.

    Raises:
        RefusedError: The agent is the author of the proposal, also under another user id, or an operator
            is its author.
        ProblemError: 409 for a version that does not wait for its confirmation.
    """
    outcome = await store.confirm(tx.connection, institution, authorization_id, version, _agent(actor))
    if outcome in _REFUSALS:
        raise RefusedError(_REFUSALS[outcome])
    return await _latest(tx, institution, outcome)


async def end_authorization(tx: Transaction, actor: Actor, institution: str, reason: str) -> dict[str, Any]:
    """End all versions of an institution at once, proposals and planned ones included. Return the latest.

    Raise ProblemError (409) if there is none to end.
    """
    outcome = await store.end(tx.connection, institution, reason, _agent(actor))
    return await _latest(tx, institution, outcome)


async def _latest(tx: Transaction, institution: str, outcome: Outcome) -> dict[str, Any]:
    """Return the latest version after a change. Raise ProblemError if the change did not take place."""
    if outcome == "unknownInstitution":
        raise not_found()
    if outcome != "done":
        raise conflict(_CONFLICTS[outcome])
    rows = await store.versions(tx.connection, institution)
    return _shown(rows[0])


def _shown(row: Record) -> dict[str, Any]:
    return {**shown(store.terms_of(row), key=""), "status": store.status(row)}


def _agent(actor: Actor) -> str:
    return str(actor.user_id)
