"""The programs of the checks: those of the dependency group `deploy`, and those of Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from deploy.local import debian
from deploy.local.deployment import ROOT

_ENVIRONMENT: Final = ROOT / ".run" / "deploy-tools"


@cache
def environment() -> Path:
    """Return the virtual environment of the group `deploy`, as uv.lock has it; make or update it first."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "sync", "--locked", "--only-group", "deploy", "--quiet"]
    surroundings = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(_ENVIRONMENT)}
    subprocess.run(command, cwd=ROOT, env=surroundings, check=True)
    return _ENVIRONMENT


def tool(name: str) -> str:
    """Return the path of a program of the group `deploy`."""
    return str(environment() / "bin" / name)


def faults(command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> list[str]:
    """Run a program. Return nothing if it ends with 0, else its output in lines."""
    surroundings = None if env is None else {**os.environ, **env}
    done = subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return said or [f"{Path(command[0]).name} ended with {done.returncode}"]


def installed(name: str, fetch: Callable[[], Path]) -> str:
    """Return the path of a program that is on PATH, or the one that `fetch` returns."""
    return shutil.which(name) or str(fetch())


def amtool() -> str:
    """Return the path of amtool. Raise `Unavailable` if it is neither installed nor can be fetched."""
    return installed("amtool", lambda: debian.binary("prometheus-alertmanager", "/usr/bin/amtool"))


def caddy() -> str:
    """Return the path of Caddy. Raise `Unavailable` if it is neither installed nor can be fetched."""
    return installed("caddy", lambda: debian.binary("caddy", "/usr/bin/caddy"))
