"""A part of a transaction that is undone, for previews of acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.runtime.database import Transaction


@asynccontextmanager
async def undone(tx: Transaction) -> AsyncIterator[None]:
    """Undo all changes that the block makes in the database; locks that it takes are released.

    A preview so follows the rules of the act itself, and its result cannot differ from them.
    """
    part = tx.connection.transaction()
    await part.start()
    try:
        yield
    finally:
        await part.rollback()
