"""The types that openapi-typescript makes from the contracts leave nothing unknown in bodies and answers.

Without a reachable registry of packages the tests are skipped, unless the tools are installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import generators
from tests.node import skipped_offline
from tests.typed_clients import HOLES, PYTHON, TYPESCRIPT, holes_program, questions, write_contracts


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    """Install the tools once."""
    with skipped_offline():
        generators.install()


def test_every_body_and_answer_has_a_type_throughout(tmp_path: Path) -> None:
    names = write_contracts(tmp_path)
    made = generators.make_types(tmp_path, names)
    assert made.returncode == 0, made.stderr
    program = tmp_path / "holes.ts"
    program.write_text(holes_program(names))
    done = generators.compile_types(program)
    assert done.returncode == 0, done.stdout
    assert sum(1 for _ in questions()) > 100


def test_control_the_compiler_finds_each_kind_of_hole(tmp_path: Path) -> None:
    holes = ["any", "unknown", "{ a: unknown }", "{ a?: any }", "{ a: { b: unknown[] }[] }", "unknown[]"]
    program = tmp_path / "holes.ts"
    whole = ["{ a: string; b?: { c: number }[] }", "{ features?: unknown }"]
    program.write_text(HOLES + "\n".join(f"whole<Holes<{type_}>>();" for type_ in [*holes, *whole]))
    done = generators.compile_types(program)
    assert done.stdout.count("error TS2344") == len(holes), done.stdout


def test_programs_that_declare_poll_and_search_have_correct_types(tmp_path: Path) -> None:
    used = ("declarations", "consultation")
    write_contracts(tmp_path)
    assert generators.make_types(tmp_path, used).returncode == 0
    program = tmp_path / "program.mts"
    program.write_text(TYPESCRIPT)
    compiled = generators.compile_types(program)
    assert compiled.returncode == 0, compiled.stdout
    for name in used:
        made = generators.make_python_client(tmp_path / f"{name}.json", tmp_path / "python" / name)
        assert made.returncode == 0, made.stderr
        assert "Warning" not in made.stdout, made.stdout
    program = tmp_path / "python" / "program.py"
    program.write_text(PYTHON)
    checked = generators.run_python("-m", "mypy", "--strict", str(program), path=program.parent)
    assert checked.returncode == 0, checked.stdout
