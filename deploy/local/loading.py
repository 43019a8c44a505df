"""The loading of demo data, with the loader of the service that owns them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.processes import write_private

_ROOT: Final = Path(__file__).parents[2]


def load_document(folder: Path, service: str, document: str, environment: Mapping[str, str]) -> None:
    """Load a document with the loader of its service. Raise RuntimeError if the loader fails.

    Args:
        folder: The folder for the document, as a file.
        service: The service.
        document: The demo data of the service, as JSON.
        environment: The environment variables of the loader.
    """
    file = folder / f"{service}.json"
    write_private(file, document)
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service}", "load", str(file)],
        cwd=_ROOT, env=dict(environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"services.{service} load failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
