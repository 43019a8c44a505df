"""The toy service as a separate process, with its output in a file."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.deployment import ROOT
from tests.integration.runtime.toys import Place


@dataclass
class ToyProcess:
    """A running toy service."""

    process: asyncio.subprocess.Process
    output: Path

    @property
    def deaths(self) -> int:
        """The number of deaths that the supervisor has seen."""
        return self.output.read_text().count("died with")

    def events(self) -> list[str]:
        """Return the events of its log so far."""
        lines = [line for line in self.output.read_text().splitlines() if line.startswith("{")]
        return [str(json.loads(line)["event"]) for line in lines]

    async def exit_code(self, seconds: float = 60.0) -> int:
        """Wait for the end of the process and return its exit code."""
        return await asyncio.wait_for(self.process.wait(), seconds)


@asynccontextmanager
async def toy_process(
    place: Place, folder: Path, *, fault: str = "", restarts: bool = False, amqp: str = "", **environment: str
) -> AsyncIterator[ToyProcess]:
    """Run the toy service as a process group, which is killed at the end."""
    settings = place.settings(amqp=amqp or None)
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    for name in ("database_dsn", "amqp_url", "key"):
        (folder / f"dimona_{name}").write_text(getattr(settings, name).get_secret_value())
    output = folder / "output"
    with output.open("ab") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.runtime.toy_process",
            cwd=ROOT, stdout=file, stderr=file, start_new_session=True,
            env={
                "PATH": os.environ.get("PATH", ""),
                "DIMONA_SECRETS_DIR": str(folder),
                "DIMONA_DEPLOYMENT": settings.deployment,
                "DIMONA_OPS_PORT": str(settings.ops_port),
                "TOY_NAME": place.name,
                "TOY_QUEUES": "work",
                "TOY_FAULT": fault,
                "TOY_RESTARTS": "1" if restarts else "",
                **environment,
            },
        )  # fmt: skip
    try:
        yield ToyProcess(process, output)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
