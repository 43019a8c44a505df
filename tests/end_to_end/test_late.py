"""The list of late declarations: written with the settlement, and audited when an operator reads it."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.local.database import OWNER
from services.cli.main import commands
from tests.prove.world import STUDENT, Relation, World, cancel, change

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def listed(endpoints: Path, *arguments: str) -> Result:
    """Return the output of `dimona late list`."""
    command = ["late", "list", *arguments, "--endpoints", str(endpoints)]
    return await asyncio.to_thread(CliRunner().invoke, commands, command)


async def rows(world: World, relation: Relation) -> list[dict[str, Any]]:
    """Return the stored rows about a relation, in the order of reception."""
    statement = "SELECT * FROM personnel_file.late WHERE employer = $1 AND ssin = $2 ORDER BY declaration_id"
    found = await world.database.fetch(statement, relation.employer, relation.worker)
    return [dict(row) for row in sorted(found, key=lambda row: row["received_at"])]


async def late_start(world: World, relation: Relation) -> int:
    """Declare an IN ten days after its start; return the period."""
    client = world["bakery"]
    id_ = await client.declare(world.engage(relation, -10))
    await client.finals([id_])
    return await client.number(id_)


async def test_a_late_declaration_is_listed_with_its_rule(world: World) -> None:
    """An IN with its anomaly, an OUT and a CANCEL without one (rules R1, R2, R4)."""
    relation = world.relation("bakery")
    number = await late_start(world, relation)
    assert await world.ends("bakery", world.leave(number, -9), cancel(number)) == ["A", "A"]
    found = await rows(world, relation)
    of = {row["kind"]: row for row in found}  # received in one batch, two of them at the same instant
    assert {kind: row["rule"] for kind, row in of.items()} == {"IN": "R1", "OUT": "R2", "CANCEL": "R4"}
    assert all(row["period_id"] == number and row["received_at"] == row["late_after"] for row in found)
    in_, out = of["IN"], of["OUT"]
    assert 9 * 86_400 <= in_["late_seconds"] <= 10 * 86_400 + 3_600
    assert in_["late_working_days"] is None
    assert out["late_working_days"] >= 3
    assert in_["bears_on"] == ["solidarityContribution", "article181"]


async def test_a_timely_or_refused_declaration_is_not_listed(world: World) -> None:
    relation = world.relation("bakery")
    number = await world.begun(relation)
    refused, later = world.engage(relation, -3, -4), change(number, endDate=world.day(25))
    ended = await world.ends("bakery", refused, world.leave(number, 20), later)
    assert ended == ["B 00911-014 90373-460", "A", "A"]
    student = world.engage(world.relation("bakery"), 1, 1, STUDENT, plannedHoursNumber=8)
    assert await world.ends("bakery", student) == ["A"]
    assert await rows(world, relation) == []


async def test_reading_the_list_is_audited(world: World, endpoints_file: Path, tmp_path: Path) -> None:
    """In the transaction of the reading; the NISS goes into a private file only."""
    relation = world.relation("bakery")
    number = await late_start(world, relation)
    today, employer = str(world.today), ("--employer", relation.employer)
    shown = await listed(endpoints_file, *employer)
    assert str(number) in shown.stdout
    assert "solidarityContribution" in shown.stdout
    on_screen = await listed(endpoints_file, *employer, "--format", "json", "--from", today, "--until", today)
    (row,) = [each for each in json.loads(on_screen.stdout) if each["declaration_id"] == number]
    assert (row["rule"], row["kind"], row["employer"]) == ("R1", "IN", relation.employer)
    assert row["due_at"].startswith(world.day(-10))
    for said in (shown.stdout, on_screen.stdout):
        assert relation.worker not in said
    file = tmp_path / "late.csv"
    whole = (*employer, "--format", "csv", "--file", str(file))
    assert (await listed(endpoints_file, *whole)).exit_code == 2, "a list of persons needs a reason"
    assert not file.exists()
    in_file = await listed(endpoints_file, *whole, "--reason", "report of November")
    assert in_file.exit_code == 0
    assert relation.worker not in in_file.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open() as text:
        assert [each["ssin"] for each in csv.DictReader(text) if each["declaration_id"] == str(number)] == [
            relation.worker
        ]
    readings = await world.database.fetch(
        "SELECT * FROM personnel_file.late_readings WHERE employer = $1 ORDER BY id DESC LIMIT 3",
        relation.employer,
    )
    assert [reading["with_ssin"] for reading in readings] == [True, False, False]
    assert [reading["reason"] for reading in readings] == ["report of November", None, None]
    assert {reading["read_by"] for reading in readings} == {OWNER}
    assert (readings[1]["first_day"], readings[1]["last_day"]) == (world.today, world.today)
    assert all(reading["found"] >= 1 for reading in readings)


async def test_the_filter_excludes_other_rows(world: World, endpoints_file: Path, tmp_path: Path) -> None:
    relation = world.relation("bakery")
    await late_start(world, relation)
    yesterday = ("--from", world.day(-3), "--until", world.day(-1))
    assert json.loads((await listed(endpoints_file, *yesterday, "--format", "json")).stdout) == []
    other = world.relation("nursery").employer
    assert "no declaration was late" in (await listed(endpoints_file, "--employer", other, *yesterday)).stdout
    assert (await listed(endpoints_file, *yesterday, "--format", "csv")).stdout == ""
    there = tmp_path / "there.csv"
    there.touch()
    for wrong in (
        ("--employer", "123"), ("--file", str(tmp_path / "x")), ("--format", "csv", "--file", str(there)),
        ("--format", "csv", "--file", str(tmp_path / "y"), "--reason", " "),
    ):  # fmt: skip
        assert (await listed(endpoints_file, *wrong)).exit_code == 2
