"""Plant mistakes in the rules one by one and list those that no unit test notices (`make mutate`).

`ONLY=path` judges one module anew; of the others the last verdict stays in the tables. `AGAIN=1` judges
only what survived the last time, where the module is the same: tests were added since.
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
from tests.mutate.report import (
    LEAST,
    Judged,
    again,
    digest,
    judged,
    last,
    show,
    stale,
    total,
    write_document,
    write_json,
)
from tests.mutate.scope import ROOT, modules


def main() -> int:
    """Judge all modules, or one. Return 1 when too many mistakes stay unnoticed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", choices=list(modules()), metavar="PATH", help="one module")
    asked.add_argument("--workers", type=int, default=1, help="mutants that are judged at a time")
    asked.add_argument("--again", action="store_true", help="only what survived the last time")
    options = asked.parse_args()
    known = last() if options.only or options.again else {}
    for module, tests in modules().items():
        if options.only in (None, module):
            known[module] = _judged(
                module, tests, options.workers, known.get(module) if options.again else None
            )
            sys.stderr.write(f"{module}: {known[module].share:.1%} of {known[module].mutants}\n")
            write_json(found := [known[each] for each in modules() if each in known])
    write_document(found)
    show(found, Console(width=160 if not sys.stdout.isatty() else None))
    for reason in (gone := list(stale(found))):
        sys.stderr.write(f"no survivor needs this reason any more: {reason}\n")
    poor = [each.module for each in (*found, total(found)) if each.share < LEAST]
    if poor:
        sys.stderr.write(f"fewer than {LEAST:.0%} noticed: {', '.join(poor)}\n")
    return 1 if poor or gone else 0


def _judged(module: str, tests: Sequence[str], workers: int, before: Judged | None) -> Judged:
    """Return all mutants of a module, or the survivors of one that was already judged in this version."""
    begun = time.monotonic()
    if before is None or before.digest != digest((ROOT / module).read_text()):
        return judged(module, _verdicts(module, tests, workers), time.monotonic() - begun)
    if not before.survivors:
        return before
    wanted = "--wanted=" + ",".join(each.key for each in before.survivors)
    return again(before, _verdicts(module, tests, workers, wanted), time.monotonic() - begun)


def _verdicts(module: str, tests: Sequence[str], workers: int, *wanted: str) -> list[tuple[Mutant, Verdict]]:
    """Run in a new process, which has imported nothing yet."""
    command = [sys.executable, "-m", "tests.mutate.judge", str(workers), module, *tests, *wanted]
    written = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    verdicts = []
    for line in written.splitlines():
        told = json.loads(line)
        verdicts.append(
            (Mutant(told["operator"], told["occurrence"], told["line"]), Verdict(told["verdict"]))
        )
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
