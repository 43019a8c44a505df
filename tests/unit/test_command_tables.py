"""A command of `dimona` uses the tables of its own service, and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.topology import SERVICES

ROOT = Path(__file__).parents[2]
_TABLE = re.compile(rf"\b({'|'.join(SERVICES)})\.([a-z_]+)\b")
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|TRUNCATE)\b")


def foreign_tables(source: str, owner: str | None) -> Iterator[str]:
    """Yield the tables of other services that the SQL in a module names; `owner` None owns none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
            yield from (match[0] for match in _TABLE.finditer(node.value) if match[1] != owner)


def command_modules() -> Iterator[tuple[Path, str | None]]:
    """Yield each module with commands and the service that owns it; none owns those of services/cli."""
    for file in sorted((ROOT / "services" / "cli").rglob("*.py")):
        yield file, None
    for service in SERVICES:
        for file in sorted((ROOT / "services" / service).rglob("*.py")):
            if "commands" in (file.stem, *(folder.name for folder in file.parents)):
                yield file, service


MODULES = list(command_modules())


def test_the_services_have_commands() -> None:
    assert {owner for _, owner in MODULES} >= {None, "access", "identification", "personnel_file"}


@pytest.mark.parametrize(("file", "owner"), MODULES, ids=lambda value: str(value).removeprefix(f"{ROOT}/"))
def test_a_command_names_no_table_of_another_service(file: Path, owner: str | None) -> None:
    assert list(foreign_tables(file.read_text(), owner)) == []


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ('S = "SELECT result FROM personnel_file.settlements"', "identification"),
        ('S = "SELECT 1 FROM cases c JOIN identification.cases USING (number)"', "personnel_file"),
        ('S = f"DELETE FROM access.session WHERE {condition}"', None),
        ('S = "UPDATE intake.open SET provisional = true"', None),
    ],
)
def test_control_a_planted_foreign_statement_is_found(line: str, owner: str | None) -> None:
    """SQL on the tables of another service."""
    assert len(list(foreign_tables(line, owner))) == 1


def test_own_tables_and_help_texts_are_allowed() -> None:
    source = '"""Reads personnel_file.discards."""\nS = "SELECT state FROM identification.cases"'
    assert list(foreign_tables(source, "identification")) == []
