"""Every column of the database is classified in the register of processing (ADR 31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from services.contact.processing.rules import document
from shared.runtime.migrations import Migration, collect
from shared.runtime.processing import FILES, load_register
from tests.contracts.columns import PIPELINE, Tables, replay

ROOT = Path(__file__).parents[2]
HELP = (
    "Classify it: in {file}, under [tables.{table}], add the column to one of the lists identification, "
    "electronic, employment, financial, judicial, other or none (no personal data). If it holds the number "
    "of a person, add it also to the list ssin (readable) or keyed (keyed code). A new table also needs "
    "subject, purpose, legal_basis, recipients and kept_after_death, unless the [defaults] of the file fit. "
    "docs/processing.md has all values. Then: make contracts"
)


_PIPELINE_LINE = "has_pipeline = true"


def faults(tables: Tables, register: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a sentence for each column without classification and each classified column that is missing."""
    found = []
    for name in sorted(tables.keys() | register):
        schema, _, table = name.partition(".")
        columns, classified = tables.get(name, []), register.get(name, ())
        if table in PIPELINE and not classified:
            found.append(
                f"{name} is not classified: services/{schema}/processing.toml needs `{_PIPELINE_LINE}`"
            )
            continue
        file = _file(schema, table)
        found += [
            f"{name}.{column} is not classified. {HELP.format(file=file, table=table)}"
            for column in columns
            if column not in classified
        ]
        found += [
            f"{name}.{column} is classified in {file}, but no migration makes it. Remove it there"
            for column in classified
            if column not in columns
        ]
    return found


def _file(schema: str, table: str) -> str:
    is_shared = schema == "platform" or table in PIPELINE
    return "shared/runtime/processing.toml" if is_shared else f"services/{schema}/processing.toml"


def classified() -> dict[str, list[str]]:
    return {table.full_name: [column.name for column in table.columns] for table in load_register()}


def test_every_column_is_classified_and_every_classified_column_exists() -> None:
    found = faults(replay(), classified())
    assert not found, "\n".join(found)


def test_the_files_are_those_that_the_texts_of_faults_name() -> None:
    for schema, file in FILES.items():
        assert str(file.relative_to(ROOT)) == _file(schema, "")


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            "ALTER TABLE intake.declarations ADD shoe_size int",
            "declarations.shoe_size is not classified",
        ),
        ("CREATE TABLE contact.visits (who text)", "contact.visits.who is not classified"),
        (
            "ALTER TABLE intake.open DROP COLUMN order_key",
            "open.order_key is classified in services/",
        ),
        (
            "DROP TABLE platform.clock",
            "clock.is_test is classified in shared/runtime/",
        ),
        ("ALTER TABLE intake.open RENAME order_key TO key", "intake.open.key is not classified"),
        ("ALTER TABLE intake.open RENAME TO opened", "intake.opened.number is not classified"),
    ],
)
def test_control_a_planted_change_of_a_table_is_found(planted: str, said: str) -> None:
    tables = replay([*collect(), Migration("platform", "9999_planted.sql", planted, "")])
    assert any(said in fault for fault in faults(tables, classified()))


def test_a_new_schema_with_the_tables_of_the_pipeline_needs_one_line() -> None:
    (fault,) = faults({"new.inbox": list(PIPELINE["inbox"])}, {})
    assert fault == "new.inbox is not classified: services/new/processing.toml needs `has_pipeline = true`"


def test_the_text_of_a_fault_names_file_table_and_lists() -> None:
    (fault,) = faults({"intake.open": ["shoe_size"]}, {})
    assert "services/intake/processing.toml, under [tables.open]" in fault
    assert "none (no personal data)" in fault


def test_columns_with_the_name_of_a_number_hold_the_number_of_a_person() -> None:
    """An unmarked column would be missing wherever the register is asked for the numbers of persons."""
    unmarked = [
        f"{table.full_name}.{column.name}"
        for table in load_register()
        for column in table.columns
        if "ssin" in column.name and column.name != "with_ssin" and column.number is None
    ]
    assert unmarked == []


def test_the_document_has_every_column_and_a_text_for_every_value() -> None:
    found = document(load_register())
    assert sum(len(table["columns"]) for table in found["tables"]) == sum(map(len, replay().values()))
    texts = found["texts"]
    for table in found["tables"]:
        assert table["purpose"] in texts["purposes"]
        assert table["keptAfterDeath"] in texts["keptAfterDeath"]
        assert (table.get("decision") == "missing") == ("source" not in table)
        for column in table["columns"]:
            assert column["category"] in texts["categories"]
            assert column["subject"] in texts["subjects"]
            assert column.get("number", "ssin") in texts["numbers"]
