"""All dated rows have a source and a confidence."""

from __future__ import annotations

from pathlib import Path

from tests.dated_rows import dated_rows

#: The rows as they were last reviewed against their sources: a change of the law changes this file too.
REVIEWED = Path(__file__).with_name("dated_rows.tsv")


def test_every_dated_row_has_a_source_and_valid_dates() -> None:
    rows = list(dated_rows())
    assert {row.table for row in rows} >= {
        "worker types", "pairings", "openings", "C3.2A cards", "quotas", "student hours not counted",
        "flexi-jobs", "starter jobs", "municipalities",
    }  # fmt: skip
    for row in rows:
        assert row.source, row
        assert row.confidence in ("high", "medium", "low")
        assert row.valid_from is None or row.valid_until is None or row.valid_from <= row.valid_until


def test_the_dated_rows_are_the_reviewed_ones() -> None:
    rows = (
        (row.table, row.row, row.value, row.valid_from, row.valid_until, row.source, row.confidence)
        for row in dated_rows()
    )
    lines = ["\t".join("" if value is None else str(value) for value in row) for row in rows]
    assert lines == REVIEWED.read_text().splitlines()
