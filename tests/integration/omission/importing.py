"""Findings, their files, and the command that imports them, for tests with a database."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from typer.testing import CliRunner, Result

from deploy.local.demo.numbers import make_enterprise_number, make_ssin
from services.cli.main import commands
from services.personnel_file.omission.channels import COLUMNS
from shared.runtime.database import Pool
from tests.integration.settling import NOW

DAY = date(2026, 2, 20)
HOUR = timedelta(hours=1)
EMPLOYER = make_enterprise_number(71_001)
_serials = count()


def worker() -> str:
    """Return a valid NISS that only one test uses."""
    nth = next(_serials)
    return make_ssin(f"19{60 + nth // 28 % 30}-05-{1 + nth % 28:02}", 1, nth % 49)


def row(ssin: str, **values: str) -> dict[str, str]:
    """Return a finding of DAY, an hour after the declarations; `values` replace its fields."""
    found = {
        "enterpriseNumber": EMPLOYER, "ssin": ssin, "day": str(DAY), "source": "inspector",
        "reference": f"R-{uuid4()}", "foundAt": (NOW + HOUR).isoformat(),
    }  # fmt: skip
    return found | values


def write(folder: Path, rows: Sequence[Mapping[str, str]], suffix: str = ".csv") -> Path:
    """Write a file of findings in one of both forms."""
    file = folder / f"{uuid4()}{suffix}"
    with file.open("w", newline="") as out:
        if suffix == ".csv":
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        else:
            out.writelines(json.dumps(row) + "\n" for row in rows)
    return file


async def run(file_of_endpoints: Path, *words: str) -> Result:
    """Run `dimona omission`."""
    command = ["omission", *words, "--endpoints", str(file_of_endpoints)]
    return await asyncio.to_thread(CliRunner().invoke, commands, command)


async def outcomes(pool: Pool, rows: Sequence[Mapping[str, str]]) -> list[str | None]:
    """Return the outcome of each finding, by its reference; None while it is pending."""
    found = await pool.fetch(
        """SELECT f.reference, j.outcome FROM omission_findings f
        LEFT JOIN omission_judgements j USING (file_id, line) WHERE f.reference = ANY($1::text[])""",
        [row["reference"] for row in rows],
    )
    by_reference = {each["reference"]: each["outcome"] for each in found}
    return [by_reference[row["reference"]] for row in rows]


async def judged(pool: Pool, endpoints: Path, folder: Path, rows: Sequence[Mapping[str, str]]) -> list[Any]:
    """Import findings and return their outcomes."""
    done = await run(endpoints, "import", str(write(folder, rows)))
    assert done.exit_code == 0, done.output
    return await outcomes(pool, rows)
