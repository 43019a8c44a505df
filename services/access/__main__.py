"""Run access (`python -m services.access`), or load a file into the directory (`… load FILE`)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from services.access.loading.document import Document
from services.access.loading.store import load
from services.access.service import service
from services.access.settings import AccessSettings, LoaderSettings
from shared.runtime.database import connect
from shared.runtime.logs import configure, log
from shared.runtime.service import run


async def _load(settings: LoaderSettings, document: Document) -> dict[str, int]:
    connection = await connect(settings.database_dsn.get_secret_value())
    try:
        return await load(connection, document)
    finally:
        await connection.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        loader = LoaderSettings.load()
        configure("access", loader.log_level)
        document = Document.model_validate_json(Path(sys.argv[2]).read_bytes())
        log.info("directory_loaded", **asyncio.run(_load(loader, document)))
    else:
        settings = AccessSettings.load()
        run(service(settings), settings)
