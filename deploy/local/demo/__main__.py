"""`python -m deploy.local.demo`: play the demonstration on a stack of its own, or on one that runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.local.demo.play import play
from deploy.local.demo.report import portal_login
from deploy.local.deployment import ROOT
from deploy.local.stack import Stack

FOLDER: Final = ROOT / ".run" / "demo"


def main() -> None:
    """Read the command line and play; exit with 0 when everything ended as expected."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.demo", description=__doc__)
    parser.add_argument("--endpoints", type=Path, help="endpoints.json of a running stack to play on")
    file: Path | None = parser.parse_args().endpoints
    try:
        well = played(file) if file is not None else on_own_stack()
    except FileNotFoundError:
        sys.exit(f"error: {file} is not there; start the stack with `make up`")
    except (TimeoutError, OSError, RuntimeError) as error:
        sys.exit(f"error: {error}")
    sys.exit(0 if well else 1)


def on_own_stack() -> bool:
    """Start a stack, play the demonstration on it, and stop it; return whether all ended as expected."""
    stack = Stack(FOLDER, say=lambda text: print(text, flush=True))
    stack.start()
    try:
        return played(FOLDER / "endpoints.json")
    finally:
        stack.stop()


def played(file: Path) -> bool:
    """Play the demonstration on the stack of this endpoints.json; return whether all ended as expected."""
    console, endpoints = Console(width=None if sys.stdout.isatty() else 150), json.loads(file.read_text())
    console.print(f"The portal, for people: {portal_login(endpoints)}", soft_wrap=True)
    return asyncio.run(play(endpoints, file, console))


if __name__ == "__main__":
    main()
