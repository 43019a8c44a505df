"""Start a stack, and print the versions that its servers report, as JSON: `python -m tests.matrix.probe`."""

from __future__ import annotations

import asyncio
import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.stack import Stack


async def _server_version(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        version: str = await connection.fetchval("SHOW server_version")
        return version.partition(" ")[0]
    finally:
        await connection.close()


def versions(stack: Stack) -> dict[str, Any]:
    """Return the versions of the servers of a started stack and of Python.

    `khepri` is whether the broker has this store for its metadata, which replaces Mnesia.
    """
    overview = json.loads(stack.rabbitmq.management.request("GET", "/api/overview")[1])
    flags = json.loads(stack.rabbitmq.management.request("GET", "/api/feature-flags")[1])
    return {
        "rabbitmq": overview["rabbitmq_version"],
        "python": platform.python_version(),
        "postgresql": asyncio.run(_server_version(stack.postgres.dsn())),
        "khepri": any(flag["name"] == "khepri_db" and flag["state"] == "enabled" for flag in flags),
    }


def main() -> None:
    """Print the versions. End with an error if the stack does not start, also if a migration fails."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), services=())
        stack.start()
        try:
            print(json.dumps(versions(stack)))  # noqa: T201
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
