"""Run the suite in the trees of the matrix: `python -m tests.matrix`, one line per row.

`--only ROW` runs one row; `--tests PATHS` runs other tests. Writes `.run/test-matrix.json`. The exit code is
1 if a test of a row failed. Needs the rights of root, because the trees are entered with chroot.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deploy.local import debian
from deploy.local.deployment import ROOT
from tests.matrix import trees
from tests.matrix.rows import ROWS, TESTS, Outcome, Row, merged, outcome, result

RESULT: Final = ROOT / ".run" / "test-matrix.json"
_REPORT: Final = f"{trees.PLACE}/.run/matrix.xml"
_SETUP_SECONDS: Final = 900.0
_PROBE_SECONDS: Final = 180.0
_SUITE_SECONDS: Final = 2400.0
_PYTHON: Final = f"{trees.PLACE}/.venv/bin/python"


def run(row: Row, tests: list[str]) -> dict[str, Any]:
    """Run a row, and return its result. A row without report has one failure, with its reason."""
    began = time.monotonic()
    place = trees.tree(row.release, row.packages)
    trees.copy_checkout(ROOT, place)
    versions: dict[str, Any] = dict.fromkeys(("rabbitmq", "python", "postgresql", "khepri"))
    of, reason = Outcome(0, 1, 0), ""
    try:
        trees.run(
            place, ["/usr/bin/make", "-C", trees.PLACE, "setup"], row.environment, seconds=_SETUP_SECONDS
        )
        versions |= _probed(row, place)
        of, reason = _tested(row, place, tests), ""
    except trees.TreeError as error:
        reason = str(error)
    found = result(row, versions, of) | {"seconds": round(time.monotonic() - began)}
    return found | ({"reason": reason} if reason else {})


def _probed(row: Row, place: Path) -> dict[str, Any]:
    said = trees.run(
        place, _within(_PYTHON, "-m", "tests.matrix.probe"), row.environment, seconds=_PROBE_SECONDS
    )
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found


def _tested(row: Row, place: Path, tests: list[str]) -> Outcome:
    report = place / _REPORT.lstrip("/")
    report.parent.mkdir(exist_ok=True)
    command = [_PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", "--no-loadscope-reorder",
               f"--junitxml={_REPORT}", *tests]  # fmt: skip
    log = RESULT.parent / f"matrix-{row.name}.log"
    try:
        trees.run(place, _within(*command), row.environment, seconds=_SUITE_SECONDS, log=log)
    except trees.TreeError:
        if not report.exists():
            raise
    return outcome(report.read_text())


def _within(*command: str) -> list[str]:
    return ["/bin/sh", "-c", 'cd "$0" && exec "$@"', trees.PLACE, *command]


def _stamp() -> dict[str, str]:
    commit = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(commit, check=True, capture_output=True, text=True).stdout.strip()
    return {"commit": done, "date": datetime.now(UTC).date().isoformat()}


def line(found: dict[str, Any]) -> str:
    """Return the line for a result."""
    state = "ok  " if not found["failed"] else "FAIL"
    store = "Khepri" if found["khepri"] else "Mnesia"
    return (
        f"{state} {found['row']}: RabbitMQ {found['rabbitmq']} ({store}), Python {found['python']}, "
        f"PostgreSQL {found['postgresql']}: {found['passed']} passed, {found['failed']} failed, "
        f"{found['skipped']} skipped in {found['seconds']} s {found.get('reason', '')}"
    ).rstrip()


def main() -> None:
    """Run the rows, and write each result when it is there; results of other rows stay."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--only", choices=names)
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    given = parser.parse_args()
    RESULT.parent.mkdir(exist_ok=True)
    failed = False
    for row in ROWS:
        if given.only in (None, row.name):
            try:
                found = run(row, given.tests) | _stamp()
            except (debian.Unavailable, trees.TreeError) as error:
                sys.exit(f"error: {row.name}: {error}")
            known = json.loads(RESULT.read_text()) if RESULT.exists() else []
            RESULT.write_text(json.dumps(merged(known, [found], names), indent=1) + "\n")
            print(line(found), *found["failures"], sep="\n     ", flush=True)  # noqa: T201
            failed = failed or bool(found["failed"])
    sys.exit(failed)


if __name__ == "__main__":
    main()
