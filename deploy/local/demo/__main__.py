"""`python -m deploy.local.demo`: play the demonstration on the running local stack."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from deploy.local.demo.play import play

_ENDPOINTS = Path(__file__).parents[3] / ".run" / "endpoints.json"


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.demo", description=__doc__)
    parser.add_argument("--endpoints", type=Path, default=_ENDPOINTS, help="default: .run/endpoints.json")
    file = parser.parse_args().endpoints
    try:
        endpoints = json.loads(file.read_text())
    except FileNotFoundError:
        sys.exit(f"error: {file} is not there; start the stack with `make up`")
    console = Console(width=None if sys.stdout.isatty() else 150)
    if not asyncio.run(play(endpoints, file, console)):
        sys.exit(1)


if __name__ == "__main__":
    main()
