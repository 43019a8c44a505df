"""Authorization of requests to an e-Box, checked in the transaction of the request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Path

from services.notifier.ebox import store
from services.notifier.ebox.store import Visit
from shared.runtime.api import ProblemError
from shared.runtime.database import Transaction, transaction
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller

T = TypeVar("T")

SCOPE: Final = "scope:dimona:ebox"

EnterpriseNumber = Annotated[str, Path(alias="enterpriseNumber", pattern=r"^[01]\d{9}$")]
MessageId = Annotated[UUID, Path(alias="messageId")]


class Operation(StrEnum):
    """Operations, with their names in the audit."""

    READ = "read"
    MARK = "mark"
    MANAGE = "manage"
    CONSENT = "consent"
    PRINT = "print"
    DELIVERIES = "deliveries"
    CHANNELS = "channels"


#: The minimum assurance level of the login of a person.
LEVELS: Final[Mapping[Operation, int]] = {
    Operation.READ: 300,
    Operation.MARK: 300,
    Operation.MANAGE: 300,
    Operation.CONSENT: 400,
    Operation.PRINT: 400,
    Operation.DELIVERIES: 300,
    Operation.CHANNELS: 400,
}
_FOR_MANAGERS: Final = frozenset(
    {Operation.MANAGE, Operation.CONSENT, Operation.DELIVERIES, Operation.CHANNELS}
)


class Door:
    """Authorizer of requests that stores refusals."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def enter(
        self,
        caller: Caller,
        enterprise_number: str,
        operation: Operation,
        act: Callable[[Transaction, Visit], Awaitable[T]],
    ) -> T:
        """Run `act` in one transaction. Raise ProblemError if the caller has no right to the operation."""
        async with transaction(self._stage.pool) as tx:
            visit = await store.visit(tx, caller, enterprise_number)
            if visit is not None and (visit.manages or operation not in _FOR_MANAGERS):
                return await act(tx, visit)
            await store.refused(tx, caller, enterprise_number, operation)
        raise ProblemError("missingPermission", "You have no right to this in the e-Box of this enterprise")

    async def as_agent(
        self, caller: Caller, operation: Operation, act: Callable[[Transaction], Awaitable[T]]
    ) -> T:
        """Run `act` for an agent of the authority. Raise ProblemError for any other caller."""
        async with transaction(self._stage.pool) as tx:
            if await store.is_agent(tx, caller):
                return await act(tx)
            await store.refused(tx, caller, "", operation)
        raise ProblemError("missingPermission", "This operation is for agents of the authority")


def unknown() -> ProblemError:
    """Return the 404 for a missing and for a forbidden message alike."""
    return ProblemError("resourceNotFound", "There is no such message in this e-Box")
