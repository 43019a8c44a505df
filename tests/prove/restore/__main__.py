"""Prove a restore to 30 seconds ago under load: `python -m tests.prove.restore [--only NAME] [--plant …]`.

Once with the broker newer than the database, and once with a new and empty broker. Everything goes to
`.run/prove-restore.json`; the exit code is 1 if anything is lost, doubled or unexplained. With a planted
fault the exit code has to be 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from dataclasses import asdict
from typing import Final

from deploy.local.deployment import ROOT
from tests.prove.restore.frame import LOST, PLANTS, RATE, Figures, prove

FOLDER: Final = ROOT / ".run" / "restore"
RESULT: Final = ROOT / ".run" / "prove-restore.json"
_CASES: Final = {"broker newer than the database": True, "broker new and empty": False}


def main() -> None:
    """Run both restores and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.restore", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    parser.add_argument("--plant", choices=PLANTS, help="a fault of the operator, which has to be found")
    parser.add_argument("--rate", type=float, default=RATE, help="declarations per second")
    arguments = parser.parse_args()
    logging.disable()  # aio-pika logs every connection that is lost
    rows = {}
    for name, kept in _CASES.items():
        if arguments.only in name:
            figures = asyncio.run(prove(FOLDER, broker_kept=kept, plant=arguments.plant, rate=arguments.rate))
            rows[name] = {**asdict(figures), "passed": figures.passed}
            print(f"{'ok  ' if figures.passed else 'FAIL'} {name}: {_line(figures)}", flush=True)  # noqa: T201
            for reason in figures.broken[:10]:
                print(f"       {reason}", flush=True)  # noqa: T201
    failed = [name for name, row in rows.items() if not row["passed"]]
    document = {
        "rate": arguments.rate,
        "lost_seconds": LOST,
        "plant": arguments.plant,
        "failed": failed,
        "cases": rows,
    }
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    sys.exit(bool(failed))


def _line(figures: Figures) -> str:
    final = "never" if figures.final_seconds is None else f"{figures.final_seconds} s"
    sent = ", ".join(f"{count} {what}" for what, count in figures.sent_again.items()) or "none"
    return (
        f"n={figures.declarations}, {figures.open_at_instant} open at the instant, sent again: {sent}; "
        f"{figures.missing} missing named ({figures.missing_told} told), {figures.repeated} repeated; "
        f"lost {figures.lost}, doubled {figures.doubled}, {len(figures.broken)} broken; "
        f"known final after {final}; backup {figures.backup_seconds} s, "
        f"restore {figures.restored_seconds} s, finish {figures.finish_seconds} s"
    )


if __name__ == "__main__":
    main()
