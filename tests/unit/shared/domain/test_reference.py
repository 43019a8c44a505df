"""All dated rows have a source and a confidence."""

from __future__ import annotations

from shared.domain.reference import dated_rows


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
