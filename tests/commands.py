"""The `dimona` command in a test."""

from __future__ import annotations

import asyncio
from pathlib import Path

from typer.testing import CliRunner, Result

from services.cli.main import commands


async def dimona(file: Path, *arguments: str) -> Result:
    """Run `dimona` with a file of endpoints. An error of the code is raised, and is no exit code."""
    line = [*arguments, "--endpoints", str(file)]
    return await asyncio.to_thread(CliRunner().invoke, commands, line, catch_exceptions=False)
