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
from tests.prove.security.figures import LEAKS, SERVER_ERRORS, STRANGERS, Figures, summary

FOLDER: Final = ROOT / ".run" / "prove-security"
RESULT: Final = ROOT / ".run" / "prove-security.json"


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
    sys.exit(any(document[kind] for kind in (SERVER_ERRORS, STRANGERS, LEAKS)))


def prove(endpoints: Endpoints, sizes: Sizes) -> dict[str, Any]:
    """Run the attacks on a deployment, print the figures of each, and write and return the result."""
    parts: dict[str, Figures] = {}
    began = time.monotonic()
    for name, figures in attack(endpoints, sizes):
        parts[name] = figures
        _say(name, figures, time.monotonic() - began)
        began = time.monotonic()
    document = summary(parts)
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print({name: value for name, value in document.items() if name != "detail"})  # noqa: T201
    return document


def _say(name: str, figures: Figures, seconds: float) -> None:
    mark = "FAIL" if figures.faults else "ok  "
    counts = ", ".join(f"{key}: {count}" for key, count in figures.counts.most_common())
    print(f"{mark} {name}: {figures.cases} cases in {seconds:.0f} s; {counts}", flush=True)  # noqa: T201
    for found in figures.faults.values():
        for text, count in found.most_common(20):
            print(f"       {count} times {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
