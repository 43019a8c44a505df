"""Reading files of findings: two forms with one meaning, and errors without values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from services.personnel_file.omission.channels import COLUMNS, FindingsError, FindingsFile
from services.personnel_file.omission.rules.finding import Finding, Source
from tests.unit.builders import ENTERPRISE, NISS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LINE = {
    "enterpriseNumber": ENTERPRISE,
    "ssin": NISS,
    "day": "2026-02-20",
    "source": "wages",
    "reference": "DmfA, 2026/1",
    "foundAt": "2026-02-20T11:00:00+01:00",
    "startHour": "2200",
    "endHour": "0600",
    "status": "PWA",
}
FINDING = Finding(
    ENTERPRISE, NISS, date(2026, 2, 20), datetime(2026, 2, 20, 10, tzinfo=UTC), Source.WAGES, "DmfA, 2026/1",
    time(22), time(6), "PWA",
)  # fmt: skip


def csv_line(line: dict[str, str]) -> str:
    return ",".join(f'"{line.get(name, "")}"' for name in COLUMNS) + "\n"


def read(tmp_path: Path, text: str, suffix: str = ".jsonl") -> list[tuple[int, Finding]]:
    """Return the lines and findings of a file with this text."""
    file = tmp_path / f"findings{suffix}"
    file.write_text(text)
    return list(FindingsFile.of(file).findings(NOW))


def test_both_forms_have_one_meaning(tmp_path: Path) -> None:
    header = ",".join(COLUMNS) + "\n"
    assert read(tmp_path, header + csv_line(LINE), ".csv") == [(2, FINDING)]
    assert read(tmp_path, json.dumps(LINE)) == [(1, FINDING)]


@pytest.mark.parametrize("end", ["", "\n"])
def test_each_line_is_one_finding(tmp_path: Path, end: str) -> None:
    file = tmp_path / "findings.json"
    file.write_text(f"{json.dumps(LINE)}\n{json.dumps(LINE)}{end}")
    found = FindingsFile.of(file)
    assert (found.days, [line for line, _ in found.findings(NOW)]) == (2, [1, 2])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ssin": "93051822360"}, "ssin"),
        ({"ssin": None}, "ssin"),
        ({"enterpriseNumber": "1"}, "enterpriseNumber"),
        ({"day": "2026-02-30"}, "day"),
        ({"source": "rumor"}, "source"),
        ({"foundAt": "2026-02-20T10:00:00"}, "foundAt"),
        ({"foundAt": "yesterday"}, "foundAt"),
        ({"foundAt": "2999-02-20T10:00:00Z"}, "foundAt"),
        ({"foundAt": "2026-02-19T10:00:00Z"}, "foundAt"),
        ({"reference": "x" * 101}, "reference"),
        ({"reference": "a\tb"}, "reference"),
        ({"reference": ""}, "reference"),
        ({"reference": "x" * 5000}, "form"),
        ({"startHour": "2500"}, "startHour"),
        ({"status": "FRIEND"}, "status"),
        ({"name": "Peeters"}, "form"),
    ],
)
def test_an_error_names_line_and_field_and_no_value(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(FindingsError) as failed:
        read(tmp_path, f"{json.dumps(LINE)}\n{json.dumps(LINE | changes)}")
    assert str(failed.value).startswith(f"nothing was imported; line 2: {named}")


def test_an_end_needs_a_start(tmp_path: Path) -> None:
    without = {name: value for name, value in LINE.items() if name != "startHour"}
    with pytest.raises(FindingsError, match="line 1: startHour"):
        read(tmp_path, json.dumps(without))


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("", ".json"),
        ("a,b\n", ".csv"),
        ("a,b\n1,2\n", ".csv"),
        ("\n", ".json"),
        ("[]\n", ".json"),
        ("{", ".json"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, suffix: str) -> None:
    with pytest.raises(FindingsError):
        read(tmp_path, text, suffix)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(json.dumps(LINE) + "\n")
    known = FindingsFile.of(file)
    file.write_text(json.dumps(LINE | {"reference": "other"}) + "\n")
    with pytest.raises(FindingsError, match="changed"):
        list(known.findings(NOW))
