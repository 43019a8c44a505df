"""The client of the tests imports nothing of this project; the client of the demo serves only the demo."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = ("shared", "services", "deploy", "tests")
DEMO: Final = ("deploy.local.demo.integrator", "deploy.local.demo.institution")


def imported(source: str) -> Iterator[str]:
    """Yield the full name of each module, or part of a module, that a module imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def project_imports(source: str) -> list[str]:
    """Return the imports of this project, without those of the foreign client itself."""
    return [
        name
        for name in imported(source)
        if name.partition(".")[0] in PROJECT and not name.startswith("tests.foreign.")
    ]


def demo_imports(source: str) -> list[str]:
    """Return the imports of the client programs of the demo."""
    return [name for name in imported(source) if name.startswith(DEMO)]


def test_the_foreign_client_imports_nothing_of_the_project() -> None:
    files = sorted((ROOT / "tests" / "foreign").glob("*.py"))
    assert len(files) >= 6
    assert {file.name: found for file in files if (found := project_imports(file.read_text()))} == {}


def test_no_test_uses_the_client_of_the_demo() -> None:
    files = (ROOT / "tests").rglob("*.py")
    assert {file.name: found for file in files if (found := demo_imports(file.read_text()))} == {}


@pytest.mark.parametrize(
    "line", ["import shared.topology", "from tests.rest import ask", "from services.cli import main"]
)
def test_control_a_planted_import_of_the_project_is_found(line: str) -> None:
    assert len(project_imports(f"from tests.foreign.events import Event\nimport json\n{line}\n")) == 1


def test_control_a_planted_import_of_the_demo_is_found() -> None:
    assert demo_imports("from deploy.local.demo import integrator, people\n") == [DEMO[0]]
    assert demo_imports("def f():\n    from deploy.local.demo.institution import Institution\n") == [
        f"{DEMO[1]}.Institution"
    ]
