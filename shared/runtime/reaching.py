"""The start of a process: it waits for its servers, and ends when TLS refuses one of them."""

from __future__ import annotations

import asyncio

from shared.runtime import database
from shared.runtime.database import Dsn
from shared.runtime.logs import log
from shared.runtime.migrations import pending
from shared.runtime.parts import PartEndedError


async def database_answers(dsn: Dsn) -> None:
    """Wait until the database accepts writes. Raise UntrustedError if TLS refuses it."""
    while not await database.answers(dsn):
        await database.refuse_untrusted(dsn)
        log.info("waiting_for_database")
        await asyncio.sleep(1)


async def check_schema(dsn: Dsn) -> None:
    """Raise PartEndedError if a migration is missing."""
    connection = await database.connect(dsn)
    try:
        if missing := await pending(connection):
            raise PartEndedError(f"run `dimona migrate` first: {', '.join(missing)}")
    finally:
        await connection.close()
