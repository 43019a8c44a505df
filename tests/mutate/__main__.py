"""`make mutate`: plant mistakes in the rules one by one, and say which of them no unit test notices.

`ONLY=path` judges one module anew; of the others the last verdict stays in the tables.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from tests.mutate.judge import Verdict
from tests.mutate.mutants import Mutant
from tests.mutate.report import LEAST, Judged, judged, last, show, stale, total, write_document, write_json
from tests.mutate.scope import ROOT, modules


def main() -> int:
    """Judge all modules, or one; 1 when too many mistakes go unnoticed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", choices=list(modules()), metavar="PATH", help="one module")
    asked.add_argument("--workers", type=int, default=1, help="mutants that are judged at a time")
    options = asked.parse_args()
    known = last() if options.only else {}
    for module, tests in modules().items():
        if options.only in (None, module):
            known[module] = _judge(module, tests, options.workers)
            sys.stderr.write(f"{module}: {known[module].share:.1%} of {known[module].mutants}\n")
    found = [known[module] for module in modules() if module in known]
    write_json(found)
    write_document(found)
    show(found, Console(width=160 if not sys.stdout.isatty() else None))
    for reason in (gone := list(stale(found))):
        sys.stderr.write(f"no survivor needs this reason any more: {reason}\n")
    poor = [each.module for each in (*found, total(found)) if each.share < LEAST]
    if poor:
        sys.stderr.write(f"fewer than {LEAST:.0%} noticed: {', '.join(poor)}\n")
    return 1 if poor or gone else 0


def _judge(module: str, tests: Sequence[str], workers: int) -> Judged:
    """In a process of its own, which has imported nothing yet."""
    begun = time.monotonic()
    command = [sys.executable, "-m", "tests.mutate.judge", str(workers), module, *tests]
    written = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    verdicts = []
    for line in written.splitlines():
        verdict = json.loads(line)
        verdicts.append(
            (Mutant(verdict["operator"], verdict["occurrence"], verdict["line"]), Verdict(verdict["verdict"]))
        )
    return judged(module, verdicts, time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
