"""A new migration can be applied while the services of the previous release run (ADR 37)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.runtime.migrations import FOLDERS, collect
from tests.contracts.migration_rules import EXCLUDED, LANDED, LANDED_FILES, findings, fresh


def test_new_migrations_keep_to_the_rules() -> None:
    assert {str(each): found for each in fresh() if (found := findings(each.up))} == {}


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("ban-drop-column", "ALTER TABLE intake.results DROP COLUMN result"),
        ("ban-drop-table", "DROP TABLE intake.results"),
        ("renaming-column", "ALTER TABLE intake.results RENAME result TO outcome"),
        ("changing-column-type", "ALTER TABLE intake.results ALTER number TYPE numeric"),
        ("adding-required-field", "ALTER TABLE intake.results ADD reason text NOT NULL"),
        ("adding-not-nullable-field", "ALTER TABLE intake.results ALTER result SET NOT NULL"),
        ("constraint-missing-not-valid", "ALTER TABLE intake.results ADD CONSTRAINT few CHECK (number < 9)"),
        ("require-concurrent-index-creation", "CREATE INDEX ON intake.results (result)"),
        ("syntax-error", "ALTER TABLE intake.results ADD ("),
    ],
)
def test_a_planted_bad_migration_is_found(rule: str, statement: str, tmp_path: Path) -> None:
    (tmp_path / "0099_planted.sql").write_text(f"-- migrate:up\n{statement};\n-- migrate:down\nSELECT 1;\n")
    (planted,) = collect({"intake": tmp_path})
    assert {found.split(": ")[1] for found in findings(planted.up)} == {rule}


def test_a_statement_with_a_reason_is_taken_out_of_one_rule() -> None:
    reason = "-- squawk-ignore ban-drop-column -- no release reads it since 1.4\n"
    drop = "ALTER TABLE intake.results DROP COLUMN result;\n"
    assert findings(f"{reason}{drop}") == []
    assert len(findings(f"{reason}{drop}{drop}")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE intake.results ADD reason text",
        "CREATE TABLE intake.more (number bigint, ssin char(11)); CREATE INDEX ON intake.more (ssin)",
        "ALTER TABLE intake.results ADD CONSTRAINT few CHECK (number > 9) NOT VALID",
    ],
)
def test_a_migration_that_expands_is_accepted(statement: str) -> None:
    assert findings(f"{statement};") == []


def test_the_rules_count_for_every_folder() -> None:
    assert set(LANDED) == set(FOLDERS)
    assert all(EXCLUDED.values())


def test_no_file_is_added_before_those_that_landed() -> None:
    """The rules would not count for it."""
    assert len(collect()) - len(fresh()) == LANDED_FILES
