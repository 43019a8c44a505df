"""Operations on e-Boxes and deliveries: their scope, assurance level and rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path

from services.notifier.ebox.store import readers
from services.notifier.ebox.store.overview import Reader
from shared.domain.rights import Right
from shared.runtime import authorization as runtime
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Call
from shared.runtime.database import Transaction

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


@asynccontextmanager
async def in_ebox(call: Call, enterprise_number: str) -> AsyncIterator[tuple[Transaction, Reader]]:
    """Open the transaction of an operation in the e-Box of an enterprise.

    Yield the transaction and the caller as a reader, with the types of message that it may see. Raise
    ProblemError (403) if the caller has no right to the operation.
    """
    async with call.begin_for(enterprise_number) as work:
        yield work.tx, readers.reader_of(work.actor, enterprise_number)


def unknown() -> ProblemError:
    """Return the problem (404) for a message that is missing or that the caller may not see."""
    return ProblemError("resourceNotFound", "There is no such message in this e-Box")
