"""Where every operation is done: one transaction, its caller's rights asked in it, refusals written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Depends

from services.access.api.operations import OPERATIONS
from services.access.rules.finding import Finding
from services.access.store import acting
from services.access.store.acting import Actor
from shared.problems import issue
from shared.runtime.api import Bearer, ProblemError
from shared.runtime.database import Transaction
from shared.runtime.errors import OurError
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

T = TypeVar("T")
Act = Callable[[Transaction, Actor], Awaitable[tuple[T, Sequence[Effect]]]]


class RefusedError(OurError):
    """The caller has not the right to what he asks; `hidden`: nor to know that there is such a thing."""

    def __init__(self, reason: str, *, hidden: bool = False) -> None:
        super().__init__(reason)
        self.hidden = hidden


class Desk:
    """Does the operations of the table for callers whose tokens are believed."""

    def __init__(self, bearer: Bearer, stage: Stage) -> None:
        self._bearer, self.stage = bearer, stage

    def caller(self, operation: str) -> Any:
        """The dependency that gives the caller of an operation: scope and level as the table says."""
        row = OPERATIONS[operation]
        return Depends(self._bearer.needs(row.scope, level=row.level, clients=row.clients))

    async def change(self, operation: str, caller: Caller, parties: Sequence[str], act: Act[T]) -> T:
        """Change these organizations, while nobody else does. Audits, and answers, a refusal."""

        async def locked(tx: Transaction) -> tuple[T, Sequence[Effect]]:
            await acting.lock(tx, parties)
            return await act(tx, await _actor(tx, caller, parties))

        return await self._audited(operation, caller, parties, locked)

    async def read(
        self, operation: str, caller: Caller, parties: Sequence[str] | None,
        look: Callable[[Transaction, Actor], Awaitable[T]],
    ) -> T:  # fmt: skip
        """Read of these organizations, or of all that are the caller's. Audits, and answers, a refusal."""

        async def looked(tx: Transaction) -> tuple[T, Sequence[Effect]]:
            return await look(tx, await _actor(tx, caller, parties)), ()

        return await self._audited(operation, caller, parties or (), looked)

    async def _audited(
        self, operation: str, caller: Caller, parties: Sequence[str],
        act: Callable[[Transaction], Awaitable[tuple[T, Sequence[Effect]]]],
    ) -> T:  # fmt: skip
        try:
            return await self.stage.perform(act)
        except RefusedError as refused:
            reason = str(refused)
            await self.stage.perform(partial(_noted, operation, caller, parties, reason))
            if refused.hidden:
                raise not_found() from None
            raise ProblemError("missingPermission", reason) from None


def entitled(operation: str, actor: Actor, *organizations: str, hidden: bool = False) -> None:
    """Whether an actor has one of the operation's rights in one of these. Raises RefusedError."""
    row = OPERATIONS[operation]
    own = row.clients and actor.organization in organizations
    if not own and not any(actor.rights_in(number) & row.rights for number in organizations):
        raise RefusedError("You may not do this for this organization", hidden=hidden)


def checked(findings: Sequence[Finding]) -> None:
    """Raises the problem that tells what is wrong with an input."""
    if findings:
        raise ProblemError(
            "badRequest",
            "The input message is incorrect",
            issues=[issue(kind, field, detail=detail) for kind, field, detail in findings],
        )


def not_found() -> ProblemError:
    """There is no such thing, or the caller may not know that there is."""
    return ProblemError("resourceNotFound", "There is nothing here for this request")


async def _actor(tx: Transaction, caller: Caller, parties: Sequence[str] | None) -> Actor:
    if not caller.is_person:
        return await acting.client(tx.connection, caller.subject)
    try:
        user_id = UUID(caller.subject)
    except ValueError:
        raise RefusedError("The directory does not know who has logged in") from None
    return await acting.person(tx, user_id, parties)


async def _noted(
    operation: str, caller: Caller, parties: Sequence[str], reason: str, tx: Transaction
) -> tuple[None, Sequence[Effect]]:
    await acting.refused(tx, caller.subject, caller.client_id, operation, parties, reason)
    return None, ()
