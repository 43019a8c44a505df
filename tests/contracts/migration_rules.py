"""The rules for new migrations (ADR 37), which squawk checks without a database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.runtime.migrations import Migration, collect

SQUAWK: Final = Path(sys.executable).with_name("squawk")
#: The number of the last file of each folder that was applied somewhere before these rules. Such a file never
#: changes, so the rules count for later ones.
LANDED: Final[Mapping[str, int]] = {
    "platform": 8, "access": 75, "intake": 36, "identification": 40, "personnel_file": 48, "notifier": 52,
    "contact": 34, "ledger": 1, "provisioner": 1, "files": 50, "feed": 60, "portal": 4,
}  # fmt: skip
LANDED_FILES: Final = 138
#: Rules of squawk that do not count, each with its reason.
EXCLUDED: Final[Mapping[str, str]] = {
    "require-lock-timeout": "`dimona migrate` sets it for every file",
    "require-statement-timeout": "`dimona migrate` has a limit of ten minutes for every file",
    "prefer-bigint-over-int": "small numbers are integers; the sequences are bigint",
    "prefer-bigint-over-smallint": "small numbers are integers; the sequences are bigint",
    "ban-char-field": "numbers of workers and enterprises have a fixed length",
}


def fresh() -> list[Migration]:
    """Return the migrations that the rules count for."""
    return [each for each in collect() if int(each.name[:4]) > LANDED.get(each.folder, 0)]


def findings(up: str) -> list[str]:
    """Return what squawk finds in the SQL of the `up` part of a migration, as `line: rule: message`.

    `-- squawk-ignore RULE -- reason` on the line before a statement takes it out of one rule.
    """
    command = [str(SQUAWK), "--assume-in-transaction", "--pg-version", "15", "--reporter", "json"]
    for rule in EXCLUDED:
        command += ["--exclude", rule]
    done = subprocess.run(
        [*command, "--stdin-filepath", "up.sql"], input=up, capture_output=True, text=True, check=False
    )
    if not done.stdout.strip():
        raise RuntimeError(f"squawk gave no answer: {done.stderr}")
    rows = json.loads(done.stdout)
    return [f"{row['line'] + 1}: {row['rule_name']}: {row['message']}" for row in rows]
