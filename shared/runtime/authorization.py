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
from shared.runtime.looks import Look, id_in, store_look
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
    """The requirements that a caller must meet for one operation of an API.

    Attributes:
        scope: Scope of the token.
        level: Lowest assurance level of a person's login.
        rights: A person needs one of these rights for the organization concerned. Some operations apply a
            rule of their service in addition.
        clients: Whether a technical client may call the operation, for its own organization.
        hidden: Whether a refusal is answered with 404, because the resource itself is confidential.
        recorded: Whether each call leaves a row in `platform.looks`, because it shows data about persons and
            the service has no record of its own.
        text: Detail of the problem that answers a refused request.
    """

    scope: str
    level: int
    rights: frozenset[Right] = frozenset()
    clients: bool = False
    hidden: bool = False
    recorded: bool = False
    text: str = "You may not do this for this organization"


class RefusedError(OurError):
    """The error for a caller without the necessary right. The answer is 403, or 404 with `hidden`."""

    def __init__(self, reason: str, *, hidden: bool = False, organizations: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.hidden = hidden
        self.organizations = organizations  #: enterprise numbers, if `begin` did not get them


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request, as the audit stores it. It has no data of the request except these fields."""

    caller: Caller
    operation: str
    organizations: Sequence[str]  #: enterprise numbers
    reason: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of an operation, with the rights that this caller has now."""

    caller: Caller
    operation: Operation
    user_id: UUID | None = None  #: of a person; None for a client, and for a person of another issuer
    organization: str | None = None  #: enterprise number, for a technical client; None for a person
    #: Enterprise number → rights for it, each with a message type of the e-Box. None: for all types.
    grants: Mapping[str, frozenset[tuple[Right, str | None]]] = field(default_factory=dict)

    def rights_in(self, enterprise_number: str) -> frozenset[Right]:
        """Return the rights of this caller in an organization.

        A person with the right AGENT for the authority has this right in every organization. The right
        AGENT for any other organization does not count.
        """
        agent = {right for right, _ in self.grants.get(AUTHORITY, ()) if right is Right.AGENT}
        own = {right for right, _ in self.grants.get(enterprise_number, ())}
        return frozenset((own - {Right.AGENT}) | agent)

    def may(self, enterprise_number: str) -> bool:
        """Return whether the caller may do the operation for this organization."""
        if self.operation.clients and self.organization == enterprise_number:
            return True
        return bool(self.rights_in(enterprise_number) & self.operation.rights)

    def require(self, *organizations: str, hidden: bool | None = None) -> None:
        """Raise RefusedError unless the caller may do the operation for at least one of these organizations.

        Args:
            *organizations: Enterprise numbers.
            hidden: Whether the refusal is answered with 404; None: as the operation says.
        """
        if not any(self.may(number) for number in organizations):
            raise RefusedError(
                self.operation.text, hidden=self.operation.hidden if hidden is None else hidden
            )

    @property
    def organizations(self) -> frozenset[str]:
        """The enterprise numbers for which the caller may do the operation.

        The result has only organizations with rights that were read at the beginning of the transaction.
        """
        known = frozenset(self.grants) | ({self.organization} if self.organization else frozenset())
        return frozenset(number for number in known if self.may(number))


Audit = Callable[[Transaction, Refusal], Awaitable[None]]
#: A function called with the enterprise numbers before the rights are read, for example to take locks.
Before = Callable[[Transaction, Caller, Sequence[str]], Awaitable[None]]


class Authorization:
    """The operations of one API by the name of their route, with the function that audits refusals.

    The object is stored in `app.state.authorization`.
    """

    def __init__(
        self, bearer: Bearer, stage: Stage, operations: Mapping[str, Operation], audit: Audit
    ) -> None:
        self.stage, self.operations, self.audit, self._bearer = stage, operations, audit, bearer

    async def caller(self, request: Request, operation: Operation) -> Caller:
        """Return the caller that the token of a request names.

        Raise ProblemError (401, 403 or 503) when the token is not accepted, cannot be verified now, or does
        not have the scope and level that the operation needs.
        """
        return await self._bearer.needs(operation.scope, level=operation.level, clients=operation.clients)(
            request
        )


@dataclass(frozen=True, slots=True)
class Work:
    """The open transaction of an operation, its actor, and a list of effects to publish after the commit.

    `shown` gets the enterprise numbers of the shown data, if the request does not name them.
    """

    tx: Transaction
    actor: Actor
    effects: list[Effect]
    shown: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Call:
    """A request for one operation, with the caller that its token names."""

    authorization: Authorization
    name: str  #: key of the operation in the table
    caller: Caller
    about: str | None = None  #: id of the user, case or other resource in the path

    def as_operation(self, name: str) -> Call:
        """Return this call for another operation.

        That operation must require an equal scope and level, because this method does not check them.
        """
        return replace(self, name=name)

    @property
    def pool(self) -> Pool:
        """The pool of database connections, for reads before the transaction of `begin`."""
        return self.authorization.stage.pool

    @asynccontextmanager
    async def begin(
        self, organizations: Sequence[str] | None, before: Before | None = None
    ) -> AsyncIterator[Work]:
        """Open the transaction of the operation and yield it with its actor.

        A RefusedError in the block undoes the transaction. The refusal is then stored in the audit and in
        the security log.

        The look of a recorded operation is stored last, for the organizations in `Work.shown` or else of the
        request. Without its row the caller gets nothing.

        Args:
            organizations: Enterprise numbers concerned; None for all organizations of the caller.
            before: A function that is called before the rights are read.

        Raises:
            ProblemError: 403, or 404 if hidden, for a RefusedError; 401 for a token that no longer counts.
        """
        stage, operation = self.authorization.stage, self.authorization.operations[self.name]
        try:
            async with stage.work() as (tx, effects):
                if before is not None:
                    await before(tx, self.caller, organizations or ())
                found = await actor(tx, self.caller, operation, organizations)
                work = Work(tx, found, effects)
                yield work
                if operation.recorded:
                    await self._record(tx, sorted(work.shown) or organizations or ())
        except RefusedError as error:
            await self._store(
                Refusal(self.caller, self.name, organizations or error.organizations, str(error))
            )
            if error.hidden:
                raise not_found() from None
            raise ProblemError("missingPermission", str(error)) from None

    @asynccontextmanager
    async def begin_for(self, *organizations: str, before: Before | None = None) -> AsyncIterator[Work]:
        """Open the transaction of the operation, if the caller may do it for one of these organizations.

        Otherwise store the refusal and raise ProblemError (403 or 404), as `begin` does.
        """
        async with self.begin(organizations, before) as work:
            work.actor.require(*organizations)
            yield work

    async def _record(self, tx: Transaction, organizations: Sequence[str]) -> None:
        """Store the look of this call. A refusal undoes the transaction, and the look with it."""
        look = Look(
            operation=self.name,
            reader=self.caller.subject,
            client_id=self.caller.client_id,
            organizations=organizations,
            about=self.about,
        )
        await store_look(tx.connection, look)

    async def _store(self, refusal: Refusal) -> None:
        caller = refusal.caller
        event = SecurityEvent("refusal", "refused", caller.subject, caller.client_id, refusal.operation)
        async with self.authorization.stage.work() as (tx, _):
            await self.authorization.audit(tx, refusal)
            await store_event(tx.connection, event)


class _Calling(Authentication):
    """A dependency that authenticates a request for the operation with the name of its route."""

    async def __call__(self, request: Request) -> Call:
        """Return the call that a request makes. Raise ProblemError (401, 403 or 503)."""
        authorization: Authorization = request.app.state.authorization
        name = request.scope["route"].name
        caller = await authorization.caller(request, authorization.operations[name])
        return Call(authorization, name, caller, id_in(request.path_params.values()))


#: The type of the parameter through which the function of a route gets its call.
Called = Annotated[Call, Depends(_Calling())]


async def actor(
    tx: Transaction, caller: Caller, operation: Operation, organizations: Sequence[str] | None
) -> Actor:
    """Return the caller with its rights in these organizations; None: in all its organizations.

    A technical client gets its own organization instead of rights. A person that the directory does not know
    gets no rights. Raise ProblemError (401) for a token that no longer counts, as `require_valid` does.
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
    """Raise ProblemError (401) for a token that was revoked, of an ended login, or of a blocked client."""
    if caller.token_ids and await tx.connection.fetchval(_REVOKED, list(caller.token_ids)):
        raise revoked()


async def grants(
    tx: Transaction, user_id: UUID, organizations: Sequence[str] | None
) -> Mapping[str, frozenset[tuple[Right, str | None]]]:
    """Return the rights of a person in these organizations and for the authority, by enterprise number.

    Without organizations (None) return all rights of the person. Each right comes with a message type of
    the e-Box, or None.
    """
    numbers = None if organizations is None else [*organizations, AUTHORITY]
    found: dict[str, set[tuple[Right, str | None]]] = {}
    for row in await tx.connection.fetch(_RIGHTS, user_id, numbers):
        found.setdefault(row["enterprise_number"], set()).add((Right(row["what"]), row["message_type"]))
    return {number: frozenset(rights) for number, rights in found.items()}


def revoked() -> ProblemError:
    """Return the ProblemError (401) for a revoked token, or a token of an ended login or a blocked client."""
    return ProblemError(
        "invalidAccessToken",
        "This token was revoked, its login has ended, or its client is blocked",
        headers={"WWW-Authenticate": 'Bearer realm="dimona", error="invalid_token"'},
    )


def not_found() -> ProblemError:
    """Return the ProblemError (404) for a missing or a forbidden resource, with one text for both cases."""
    return ProblemError("resourceNotFound", "This resource does not exist, or you have no right to see it")
