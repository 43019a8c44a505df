"""Run identification (`python -m services.identification`), or load the registers (`… load FILE`)."""

import asyncio
import json
import sys
from pathlib import Path

from services.identification.registers import store
from services.identification.service import service
from services.identification.settings import IdentificationSettings
from shared.messages import Career, RegisterEntry
from shared.runtime.database import open_pool, transaction
from shared.runtime.service import run


async def load(settings: IdentificationSettings, document: dict[str, list[dict[str, object]]]) -> None:
    """Store the persons and careers of a file. An entry that already came in a message is not replaced."""
    pool = await open_pool(settings.database_dsn.get_secret_value(), "identification", size=1)
    async with pool, transaction(pool) as tx:
        persons = [(0, RegisterEntry.model_validate(row)) for row in document.get("persons", ())]
        await store.store_persons(tx, persons)
        careers = [(0, Career.model_validate(row)) for row in document.get("careers", ())]
        await store.store_careers(tx, careers)


if __name__ == "__main__":
    settings = IdentificationSettings.load()
    if sys.argv[1:2] == ["load"]:
        asyncio.run(load(settings, json.loads(Path(sys.argv[2]).read_text())))
    else:
        run(service(settings), settings)
