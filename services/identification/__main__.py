"""Runs identification (`python -m services.identification`), or loads a register file (`… load FILE`)."""

import asyncio
import json
import sys
from pathlib import Path

from services.identification import store
from services.identification.handler import IdentificationSettings, service
from shared.messages import RegisterEntry
from shared.runtime.database import open_pool, transaction
from shared.runtime.service import run


async def load(settings: IdentificationSettings, rows: list[dict[str, object]]) -> None:
    """Take over a whole register file; the persons of later messages stay as they are."""
    pool = await open_pool(settings.database_dsn.get_secret_value(), "identification", size=1)
    async with pool, transaction(pool) as tx:
        await store.register(tx, [(0, RegisterEntry.model_validate(row)) for row in rows])


if __name__ == "__main__":
    settings = IdentificationSettings.load()
    if sys.argv[1:2] == ["load"]:
        asyncio.run(load(settings, json.loads(Path(sys.argv[2]).read_text())["persons"]))
    else:
        run(service(settings), settings)
