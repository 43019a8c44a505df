"""`python -m services.access load FILE`: fill the directory from a file."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path

from pydantic import SecretStr

from services.access.document import Document
from services.access.store import Counts, load
from shared.runtime.database import connect
from shared.runtime.logs import configure, log
from shared.runtime.settings import Settings


class AccessSettings(Settings):
    """The directory lives in the database alone: neither broker nor key is needed."""

    amqp_url: SecretStr = SecretStr("")
    key: SecretStr = SecretStr("")


async def _load(settings: AccessSettings, document: Document) -> Counts:
    connection = await connect(settings.database_dsn.get_secret_value())
    try:
        return await load(connection, document)
    finally:
        await connection.close()


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m services.access", description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("load", help="add and change what a file names").add_argument("file", type=Path)
    arguments = parser.parse_args()
    settings = AccessSettings.load()
    configure("access", settings.log_level)
    document = Document.model_validate_json(arguments.file.read_bytes())
    log.info("directory_loaded", **asdict(asyncio.run(_load(settings, document))))


if __name__ == "__main__":
    main()
