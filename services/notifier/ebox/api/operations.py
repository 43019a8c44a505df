"""Operations on e-Boxes and deliveries: their scope, assurance level and rights."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Path

from services.notifier.ebox import store
from services.notifier.ebox.store import Reader
from shared.domain.rights import AUTHORITY, Right
from shared.runtime import authorization as runtime
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Actor, Authorization
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

T = TypeVar("T")

EnterpriseNumber = Annotated[str, Path(alias="enterpriseNumber", pattern=r"^[01]\d{9}$")]
MessageId = Annotated[UUID, Path(alias="messageId")]


class Operation(StrEnum):
    """Name of an operation in the audit."""

    READ = "read"
    MARK = "mark"
    MANAGE = "manage"
    CONSENT = "consent"
    PRINT = "print"
    DELIVERIES = "deliveries"
    CHANNELS = "channels"


_SCOPE: Final = "scope:dimona:ebox"
_MANAGERS: Final = frozenset({Right.EBOX_MANAGEMENT})
_READERS: Final = frozenset({Right.EBOX, Right.EBOX_MANAGEMENT})
_TEXT: Final = "You have no right to this in the e-Box of this enterprise"


def _row(level: int, rights: frozenset[Right], *, clients: bool = True) -> runtime.Operation:
    return runtime.Operation(_SCOPE, level, rights, clients=clients, text=_TEXT)


OPERATIONS: Final[Mapping[str, runtime.Operation]] = {
    Operation.READ: _row(300, _READERS),
    Operation.MARK: _row(300, _READERS),
    Operation.MANAGE: _row(300, _MANAGERS),
    Operation.CONSENT: _row(400, _MANAGERS, clients=False),
    Operation.DELIVERIES: _row(300, _MANAGERS),
    Operation.CHANNELS: _row(400, _MANAGERS),
    Operation.PRINT: runtime.Operation(
        "scope:dimona:agent",
        400,
        frozenset({Right.AGENT}),
        text="This operation is for agents of the authority",
    ),
}


async def in_ebox(
    authorization: Authorization,
    caller: Caller,
    enterprise_number: str,
    operation: Operation,
    act: Callable[[Transaction, Reader], Awaitable[T]],
) -> T:
    """Run an operation in an e-Box, in one transaction.

    Args:
        authorization: Authorization of this API.
        caller: Caller that the token names.
        enterprise_number: Owner of the e-Box.
        operation: The operation.
        act: The operation for a reader, with the message types that the reader may see.

    Raises:
        ProblemError: 403 without the necessary right.
    """

    async def authorized(tx: Transaction, actor: Actor) -> tuple[T, Sequence[Effect]]:
        actor.require(enterprise_number)
        return await act(tx, store.reader_of(actor, enterprise_number)), ()

    return await authorization.perform(operation, caller, [enterprise_number], authorized)


async def as_agent(
    authorization: Authorization,
    caller: Caller,
    operation: Operation,
    act: Callable[[Transaction], Awaitable[T]],
) -> T:
    """Run an operation for an agent of the authority. Raises ProblemError (403) for other callers."""

    async def authorized(tx: Transaction, actor: Actor) -> tuple[T, Sequence[Effect]]:
        actor.require(AUTHORITY)
        return await act(tx), ()

    return await authorization.perform(operation, caller, [AUTHORITY], authorized)


def unknown() -> ProblemError:
    """Return the 404 for a missing and for a forbidden message alike."""
    return ProblemError("resourceNotFound", "There is no such message in this e-Box")
