"""Authorize, refuse and audit the requests of persons and technical clients, for the APIs of all services.

Each service has a table of its operations. The rights of the caller are read from the views of the directory
in the transaction of the request, so that a revoked right ends at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from shared.domain.rights import AUTHORITY, Right
from shared.runtime.api import Authentication, Bearer, ProblemError
from shared.runtime.database import Pool, Transaction
from shared.runtime.errors import OurError
from shared.runtime.security_log import SecurityEvent, store_event
from shared.runtime.stage import Stage
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

_RIGHTS: Final = """
SELECT enterprise_number::text, what, message_type FROM access.rights
WHERE user_id = $1 AND ($2::text[] IS NULL OR enterprise_number = ANY($2::text[]))"""
_REVOKED: Final = "SELECT EXISTS (SELECT FROM access.revoked WHERE id = ANY($1::text[]))"
_ORGANIZATION: Final = "SELECT organization::text FROM access.clients WHERE client_id = $1"


@dataclass(frozen=True, slots=True)
class Operation:
    """The requirements of one operation.

    Attributes:
        scope: Scope of the token.
        level: Lowest assurance level of a person's login.
        rights: A person needs one of these for the organization concerned. Where a rule decides, that rule
            is applied besides.
        clients: Whether a technical client may call it, for its own organization.
        hidden: Whether a refusal reads as 404, because the resource itself is confidential.
        text: Detail of the problem in a refusal.
    """

    scope: str
    level: int
    rights: frozenset[Right] = frozenset()
    clients: bool = False
    hidden: bool = False
    text: str = "You may not do this for this organization"


class RefusedError(OurError):
    """A request without the necessary right. With `hidden`, the caller gets 404 instead of 403."""

    def __init__(self, reason: str, *, hidden: bool = False, organizations: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.hidden = hidden
        self.organizations = organizations  #: enterprise numbers, where the call did not know them before


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request, as the audit stores it. It holds no data of the request."""

    caller: Caller
    operation: str
    organizations: Sequence[str]  #: enterprise numbers
    reason: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of an operation with its present rights."""

    caller: Caller
    operation: Operation
    user_id: UUID | None = None  #: of a person that has logged in
    organization: str | None = None  #: that a technical client belongs to
    #: Enterprise number → rights there. The right to the e-Box comes with a message type, or None for all.
    grants: Mapping[str, frozenset[tuple[Right, str | None]]] = field(default_factory=dict)

    def rights_in(self, enterprise_number: str) -> frozenset[Right]:
        """Return the rights for an organization. An agent of the authority is an agent everywhere."""
        agent = {right for right, _ in self.grants.get(AUTHORITY, ()) if right is Right.AGENT}
        own = {right for right, _ in self.grants.get(enterprise_number, ())}
        return frozenset((own - {Right.AGENT}) | agent)

    def may(self, enterprise_number: str) -> bool:
        """Return whether the caller may do the operation for an organization."""
        if self.operation.clients and self.organization == enterprise_number:
            return True
        return bool(self.rights_in(enterprise_number) & self.operation.rights)

    def require(self, *organizations: str, hidden: bool | None = None) -> None:
        """Raise RefusedError unless the operation is allowed for one of these organizations."""
        if not any(self.may(number) for number in organizations):
            raise RefusedError(
                self.operation.text, hidden=self.operation.hidden if hidden is None else hidden
            )

    @property
    def organizations(self) -> frozenset[str]:
        """The organizations for which the caller may do the operation."""
        known = frozenset(self.grants) | ({self.organization} if self.organization else frozenset())
        return frozenset(number for number in known if self.may(number))


Audit = Callable[[Transaction, Refusal], Awaitable[None]]
#: Done before the rights are read, for example to take locks: transaction, caller, enterprise numbers.
Before = Callable[[Transaction, Caller, Sequence[str]], Awaitable[None]]


class Authorization:
    """The operations of one API, by the name of their route. It is stored in `app.state`."""

    def __init__(
        self, bearer: Bearer, stage: Stage, operations: Mapping[str, Operation], audit: Audit
    ) -> None:
        self.stage, self.operations, self.audit, self._bearer = stage, operations, audit, bearer

    async def caller(self, request: Request, operation: Operation) -> Caller:
        """Return the caller; the token needs the scope and level of the operation. Raises ProblemError."""
        return await self._bearer.needs(operation.scope, level=operation.level, clients=operation.clients)(
            request
        )


@dataclass(frozen=True, slots=True)
class Work:
    """An operation in its transaction, by an actor; `effects` are published after the commit."""

    tx: Transaction
    actor: Actor
    effects: list[Effect]


@dataclass(frozen=True, slots=True)
class Call:
    """A request for an operation, by the caller that the token names."""

    authorization: Authorization
    name: str  #: key of the operation in the table
    caller: Caller

    def as_operation(self, name: str) -> Call:
        """Return this call under another operation with equal scope and level."""
        return replace(self, name=name)

    @property
    def pool(self) -> Pool:
        """The pool of connections, for reads before the transaction."""
        return self.authorization.stage.pool

    @asynccontextmanager
    async def begin(
        self, organizations: Sequence[str] | None, before: Before | None = None
    ) -> AsyncIterator[Work]:
        """Open the transaction of the operation. Store and answer a refusal.

        Args:
            organizations: Enterprise numbers concerned; None for all organizations of the caller.
            before: Called before the rights are read.

        Raises:
            ProblemError: 403 or 404 for a RefusedError, or a problem raised inside.
        """
        stage, operation = self.authorization.stage, self.authorization.operations[self.name]
        try:
            async with stage.work() as (tx, effects):
                if before is not None:
                    await before(tx, self.caller, organizations or ())
                yield Work(tx, await actor(tx, self.caller, operation, organizations), effects)
        except RefusedError as error:
            await self._store(
                Refusal(self.caller, self.name, organizations or error.organizations, str(error))
            )
            if error.hidden:
                raise not_found() from None
            raise ProblemError("missingPermission", str(error)) from None

    @asynccontextmanager
    async def begin_for(self, *organizations: str, before: Before | None = None) -> AsyncIterator[Work]:
        """Open the transaction of the operation.

        Refuse it unless it is allowed for one of these organizations.
        """
        async with self.begin(organizations, before) as work:
            work.actor.require(*organizations)
            yield work

    async def _store(self, refusal: Refusal) -> None:
        caller = refusal.caller
        event = SecurityEvent("refusal", "refused", caller.subject, caller.client_id, refusal.operation)
        async with self.authorization.stage.work() as (tx, _):
            await self.authorization.audit(tx, refusal)
            await store_event(tx.connection, event)


class _Calling(Authentication):
    """The authentication of the operation with the name of the route."""

    async def __call__(self, request: Request) -> Call:
        """Return the call. Raises ProblemError (401, 403)."""
        authorization: Authorization = request.app.state.authorization
        name = request.scope["route"].name
        return Call(authorization, name, await authorization.caller(request, authorization.operations[name]))


#: The parameter of a route that is an operation.
Called = Annotated[Call, Depends(_Calling())]


async def actor(
    tx: Transaction, caller: Caller, operation: Operation, organizations: Sequence[str] | None
) -> Actor:
    """Return the caller with its rights in these organizations, or in all of them for None.

    Raises ProblemError (401) for a token that was revoked, or of an ended login.
    """
    await require_valid(tx, caller)
    if not caller.is_person:
        organization = await tx.connection.fetchval(_ORGANIZATION, caller.subject)
        return Actor(caller, operation, organization=organization)
    try:
        user_id = UUID(caller.subject)
    except ValueError:  # an issuer outside names persons that the directory does not know
        return Actor(caller, operation)
    return Actor(caller, operation, user_id, grants=await grants(tx, user_id, organizations))


async def require_valid(tx: Transaction, caller: Caller) -> None:
    """Raise ProblemError (401) for a token that was revoked or belongs to a login that has ended."""
    if caller.token_ids and await tx.connection.fetchval(_REVOKED, list(caller.token_ids)):
        raise revoked()


async def grants(
    tx: Transaction, user_id: UUID, organizations: Sequence[str] | None
) -> Mapping[str, frozenset[tuple[Right, str | None]]]:
    """Return the rights of a person by enterprise number; those for the authority are always included."""
    numbers = None if organizations is None else [*organizations, AUTHORITY]
    found: dict[str, set[tuple[Right, str | None]]] = {}
    for row in await tx.connection.fetch(_RIGHTS, user_id, numbers):
        found.setdefault(row["enterprise_number"], set()).add((Right(row["what"]), row["message_type"]))
    return {number: frozenset(rights) for number, rights in found.items()}


def revoked() -> ProblemError:
    """Return the problem 401 for a revoked token."""
    return ProblemError(
        "invalidAccessToken",
        "This token was revoked, or its login has ended",
        headers={"WWW-Authenticate": 'Bearer realm="dimona", error="invalid_token"'},
    )


def not_found() -> ProblemError:
    """Return the problem 404, for a missing and for a forbidden resource alike."""
    return ProblemError("resourceNotFound", "This resource does not exist, or you have no right to see it")
