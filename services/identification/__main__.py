"""Runs identification (`python -m services.identification`), or loads the registers (`… load FILE`)."""

import asyncio
import json
import sys
from pathlib import Path

from services.identification import store
from services.identification.handler import IdentificationSettings, service
from shared.messages import Career, RegisterEntry
from shared.runtime.database import open_pool, transaction
from shared.runtime.service import run


async def load(settings: IdentificationSettings, document: dict[str, list[dict[str, object]]]) -> None:
    """Take over a file of persons, of careers, or of both; what later messages told stays as it is."""
    pool = await open_pool(settings.database_dsn.get_secret_value(), "identification", size=1)
    async with pool, transaction(pool) as tx:
        persons = [(0, RegisterEntry.model_validate(row)) for row in document.get("persons", ())]
        await store.register(tx, persons)
        careers = [(0, Career.model_validate(row)) for row in document.get("careers", ())]
        await store.register_careers(tx, careers)


if __name__ == "__main__":
    settings = IdentificationSettings.load()
    if sys.argv[1:2] == ["load"]:
        asyncio.run(load(settings, json.loads(Path(sys.argv[2]).read_text())))
    else:
        run(service(settings), settings)
