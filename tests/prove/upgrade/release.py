"""A release in a folder: the files of a commit, and an environment with the dependencies of that commit."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.deployment import ROOT

_LOCK: Final = "uv.lock"


@dataclass(frozen=True, slots=True)
class Release:
    """The files of a commit and the Python that runs them."""

    commit: str
    root: Path
    python: Path

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Run a module of the release with these arguments, and return its output. Raise RuntimeError."""
        done = subprocess.run(
            [str(self.python), "-m", *arguments],
            cwd=self.root, env={**os.environ, **(environment or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} of {self.commit} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def present() -> Release:
    """Return the release of this working copy."""
    return Release(_git("rev-parse", "--short=8", "HEAD"), ROOT, Path(sys.executable))


def unpack(commit: str, folder: Path) -> Release:
    """Unpack a commit into a folder, and give it an environment of its own if its dependencies differ.

    An environment of an earlier run is used again. Raise subprocess.CalledProcessError for an unknown commit.
    """
    name = _git("rev-parse", "--short=8", f"{commit}^{{commit}}")
    root = folder / name
    if not (root / _LOCK).exists():
        root.mkdir(parents=True)
        archive = subprocess.run(["git", "archive", name], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(root)], input=archive, check=True)
    if (root / _LOCK).read_bytes() == (ROOT / _LOCK).read_bytes():
        return Release(name, root, Path(sys.executable))
    subprocess.run(
        [str(ROOT / ".venv/bin/uv"), "sync", "--locked", "--quiet", "--python", sys.executable],
        cwd=root, check=True, env={**_outside(), "UV_PYTHON_DOWNLOADS": "never"},
    )  # fmt: skip
    return Release(name, root, root / ".venv" / "bin" / "python")


def _outside() -> dict[str, str]:
    """Return the environment variables of this process without those of its virtual environment."""
    return {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
