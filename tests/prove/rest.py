"""Prove that the APIs answer as their contracts say: `python -m tests.prove.rest`.

500 requests to each operation, right and wrong, with tokens of the token server, on a stack of its own,
and both linters over the contracts. The result is in `.run/prove-rest.json`. Exits with 1 for any fault.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from contextlib import closing
from typing import Any, Final

from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from tests.contracts import tooling
from tests.contracts.openapi import FOLDER, contracts
from tests.prove.security.attack import SERVICES
from tests.prove.security.figures import SERVER_ERRORS, UNDOCUMENTED, VIOLATIONS, Figures, say, summary
from tests.prove.security.fuzzing import fuzz
from tests.prove.security.party import RealTokens, found
from tests.prove.security.resources import Maker
from tests.prove.security.sending import Sender

_FOLDER: Final = ROOT / ".run" / "prove-rest"
_RESULT: Final = ROOT / ".run" / "prove-rest.json"
_KINDS: Final = (SERVER_ERRORS, UNDOCUMENTED, VIOLATIONS)
_EXAMPLES: Final = 500  #: for each operation
_DECLARATIONS: Final = 30  #: made before, so that paths name things that exist


def main() -> None:
    """Run the linters, then the requests on a stack of their own, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.rest", description=__doc__)
    parser.add_argument("--examples", type=int, default=_EXAMPLES, help="requests to each operation")
    examples = parser.parse_args().examples
    logging.disable()
    linters = lint()
    stack = Stack(_FOLDER)
    stack.start()
    try:
        parts = ask(stack.endpoints, examples)
    finally:
        stack.stop()
    document = summary(parts, _KINDS) | {"linters": linters}
    _RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print({name: document[name] for name in ("cases", *_KINDS)})  # noqa: T201
    sys.exit(any(document[kind] for kind in _KINDS) or any(each["exit"] for each in linters.values()))


def lint() -> dict[str, Any]:
    """Return the exit code and the output of each linter."""
    tooling.install()
    files = [FOLDER / f"{name}.yaml" for name in contracts()]
    told = {}
    for name, run in (("redocly", tooling.lint), ("spectral", tooling.judge)):
        done = run(*files)
        text = (done.stdout + done.stderr).replace(str(ROOT), ".").strip()
        told[name] = {"exit": done.returncode, "output": text.splitlines()}
        print(f"{name}: exit code {done.returncode}\n{text}", flush=True)  # noqa: T201
    return told


def ask(endpoints: Endpoints, examples: int) -> dict[str, Figures]:
    """Send requests to every operation of a deployment; return the figures of each contract."""
    urls, party = {service: endpoints.api_url(service) for service in SERVICES}, found(endpoints)
    with closing(Sender(urls)) as sender:
        Maker(sender, party).make(_DECLARATIONS)
    parts, began = dict[str, Figures](), time.monotonic()
    for name, figures in fuzz(urls, party, RealTokens(party), examples):
        parts[name] = figures
        say(name, figures, time.monotonic() - began)
        began = time.monotonic()
    return parts


if __name__ == "__main__":
    main()
