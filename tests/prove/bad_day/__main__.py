"""Prove that no bad day loses, doubles or parks anything: `python -m tests.prove.bad_day [--only NAME]`.

Each bad day has a stack of its own, 20 declarations per second through all services, and a Prometheus with
the rules of this project. Everything goes to `.run/prove-bad-day.json`; the exit code is 1 if a day failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from dataclasses import asdict
from typing import Final

from deploy.local.deployment import ROOT
from tests.prove.bad_day.cases import CASES
from tests.prove.bad_day.frame import RATE, suffer

FOLDER: Final = ROOT / ".run" / "bad-day"
RESULT: Final = ROOT / ".run" / "prove-bad-day.json"


def main() -> None:
    """Run the bad days and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.bad_day", description=__doc__)
    parser.add_argument("--only", default="", help="bad days whose name contains this text")
    arguments = parser.parse_args()
    logging.disable()  # aio-pika logs every connection that a fault costs
    began, rows = time.monotonic(), {}
    for case in (case for case in CASES if arguments.only in case.name):
        figures = asyncio.run(suffer(case, FOLDER))
        passed = figures.passed(case)
        rows[case.name] = {**asdict(figures), "expected_alerts": case.alerts, "passed": passed}
        print(f"{'ok  ' if passed else 'FAIL'} {case.name}: {figures.line(case)}", flush=True)  # noqa: T201
        for reason in figures.broken[: 0 if passed else 10]:
            print(f"       {reason}", flush=True)  # noqa: T201
    failed = [name for name, row in rows.items() if not row["passed"]]
    document = {
        "rate": RATE, "seconds": round(time.monotonic() - began), "failed": failed, "cases": rows,
    }  # fmt: skip
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
