"""Prove an upgrade and its roll-back under load: `python -m tests.prove.upgrade [--from COMMIT]`.

The stack begins with the release of the commit, is upgraded to this working copy and rolled back. Everything
goes to `.run/prove-upgrade.json`; the exit code is 1 if a declaration was lost or doubled, or anything broke.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

from deploy.local.deployment import ROOT
from tests.prove.upgrade.play import Figures, play
from tests.prove.upgrade.release import present, unpack

FOLDER: Final = ROOT / ".run" / "upgrade"
RESULT: Final = ROOT / ".run" / "prove-upgrade.json"
FROM: Final = "b7fab32c"  #: the commit before the upgrade was first proved


def main() -> None:
    """Play the upgrade, print a line for each phase, and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.upgrade", description=__doc__)
    parser.add_argument("--from", dest="commit", default=FROM, help=f"the old release (default: {FROM})")
    parser.add_argument("--rate", type=float, default=50, help="declarations per second (default: 50)")
    parser.add_argument("--calm", type=float, default=20, help="seconds between the changes (default: 20)")
    arguments = parser.parse_args()
    logging.disable()  # aio-pika logs every connection that a replacement costs
    began = time.monotonic()
    old = unpack(arguments.commit, FOLDER / "releases")
    figures = asyncio.run(play(old, present(), FOLDER / "stack", arguments.rate, arguments.calm))
    _print(figures)
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "passed": figures.passed,
        "seconds": round(time.monotonic() - began), **asdict(figures),
        "phases": [phase.row() for phase in figures.phases],
    }  # fmt: skip
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    sys.exit(not figures.passed)


def _print(figures: Figures) -> None:
    lines = [
        f"     {phase.name}: {phase.seconds:.0f} s, {phase.sent} sent, "
        f"{phase.finals} final, longest gap {phase.longest_gap:.1f} s"
        for phase in figures.phases
    ]
    lines.append(
        f"     {figures.statements} statements of {figures.old} planned, on the new schema all but "
        f"{', '.join(figures.known_broken) or 'none'}"
    )
    lines.append(
        f"{'ok  ' if figures.passed else 'FAIL'} {figures.old} to {figures.new} and back: "
        f"n={figures.declarations}, lost {figures.lost}, doubled {figures.doubled}, parked {figures.parked}, "
        f"{len(figures.killed)} killed, {len(figures.broken)} promises broken, "
        f"longest gap {figures.longest_gap:.1f} s"
    )
    lines += [f"       {each}" for each in (*figures.killed, *figures.died, *figures.broken)[:10]]
    print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
