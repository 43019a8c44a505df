"""Prove that no stranger and no input gets more than a refusal: `python -m tests.prove.security`.

The stack is its own. The figures go to `.run/prove-security.json`; the exit code is 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from typing import Any, Final

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from tests.prove.security.attack import FULL, SMALL, Sizes, attack
from tests.prove.security.figures import (
    LEAKS,
    SERVER_ERRORS,
    STRANGERS,
    UNDOCUMENTED,
    VIOLATIONS,
    Figures,
    say,
    summary,
)

FOLDER: Final = ROOT / ".run" / "prove-security"
RESULT: Final = ROOT / ".run" / "prove-security.json"
_KINDS: Final = (SERVER_ERRORS, UNDOCUMENTED, VIOLATIONS, STRANGERS, LEAKS)


def main() -> None:
    """Run the attacks on a stack of their own and print the figures of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.security", description=__doc__)
    parser.add_argument("--small", action="store_true", help="the edition of `make test`")
    sizes = SMALL if parser.parse_args().small else FULL
    logging.disable()
    stack = Stack(FOLDER)
    stack.start()
    try:
        document = prove(stack.endpoints, sizes)
    finally:
        stack.stop()
    sys.exit(any(document[kind] for kind in _KINDS))


def prove(endpoints: Endpoints, sizes: Sizes) -> dict[str, Any]:
    """Run the attacks on a deployment, print the figures of each, and write and return the result."""
    parts: dict[str, Figures] = {}
    began = time.monotonic()
    for name, figures in attack(endpoints, sizes):
        parts[name] = figures
        say(name, figures, time.monotonic() - began)
        began = time.monotonic()
    document = summary(parts, _KINDS)
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print({name: value for name, value in document.items() if name != "detail"})  # noqa: T201
    return document


if __name__ == "__main__":
    main()
