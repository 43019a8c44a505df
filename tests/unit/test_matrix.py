"""Rows of the matrix: their packages and servers, the outcome of a run, and the file with the results."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.local import postgres
from tests.matrix import trees
from tests.matrix.__main__ import line
from tests.matrix.rows import ROWS, TESTS, Row, merged, outcome, result

ROOT = Path(__file__).parents[2]

REPORT = """\
<testsuites><testsuite tests="6">
<testcase classname="tests.unit.test_a" name="test_good"/>
<testcase classname="tests.unit.test_a" name="test_wrong"><failure message="assert 1 == 2"/></testcase>
<testcase classname="tests.unit.test_a" name="test_wrong"><error message="teardown"/></testcase>
<testcase classname="tests.unit.test_a" name="test_broken[a]"><error message="no stack"/></testcase>
<testcase classname="tests.unit.test_a" name="test_broken[b]"/>
<testcase classname="tests.unit.test_b" name="test_left_out"><skipped message="no shelf"/></testcase>
</testsuite></testsuites>
"""
VERSIONS = {"rabbitmq": "3.10.8", "python": "3.11.2", "postgresql": "15.14", "khepri": False}


def test_a_test_that_fails_twice_is_one_failure() -> None:
    found = outcome(REPORT)
    assert (found.passed, found.failed, found.skipped) == (2, 2, 1)
    assert found.failures == ("tests.unit.test_a::test_wrong", "tests.unit.test_a::test_broken[a]")


def test_a_row_with_its_own_server_installs_and_uses_it() -> None:
    row = Row("any", "bookworm", postgresql=15, python="python3.13")
    assert {"postgresql-15", "python3.13-venv"} <= {*row.packages}
    assert row.environment == {
        "PYTHON": "/usr/bin/python3.13", "LOCAL_POSTGRESQL": "/usr/lib/postgresql/15",
    }  # fmt: skip
    assert Row("any", "bookworm").environment == {"PYTHON": "/usr/bin/python3"}


def test_a_result_has_versions_numbers_and_its_row() -> None:
    found = result(ROWS[0], VERSIONS, outcome(REPORT))
    assert found.items() >= (VERSIONS | {"passed": 2, "failed": 2, "row": ROWS[0].name}).items()
    text = line(found | {"seconds": 9, "reason": "because"})
    assert text.startswith("FAIL")
    assert text.endswith("because")
    assert "RabbitMQ 3.10.8 (Mnesia)" in text


def test_a_new_result_replaces_that_of_its_row_only() -> None:
    def of(name: str, passed: int) -> dict[str, Any]:
        return {"row": name, "passed": passed}

    known = [of("c", 1), of("a", 1), of("gone", 1)]
    assert merged(known, [of("a", 2), of("b", 2)], ["a", "b", "c"]) == [of("a", 2), of("b", 2), of("c", 1)]


def test_names_of_rows_are_unique_and_their_tests_exist() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert [name for name in TESTS if not (ROOT / name).exists()] == []


def test_only_files_of_the_checkout_are_copied_and_the_environment_stays(tmp_path: Path) -> None:
    root, place = tmp_path / "root", tmp_path / "tree"
    (root / "inner").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for name in ("inner/a.py", "ignored.pyc", ".gitignore"):
        (root / name).write_text("*.pyc\n")
    target = place / trees.PLACE.lstrip("/")
    (target / ".venv").mkdir(parents=True)
    (target / "old").mkdir()
    trees.copy_checkout(root, place)
    listed = ["git", "-C", str(target), "ls-files", "--others", "--exclude-standard"]
    files = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    assert files == [".gitignore", "inner/a.py"]
    assert {path.name for path in target.iterdir()} == {".git", ".venv", ".gitignore", "inner"}


@pytest.mark.parametrize(
    ("version", "provider"),
    [("initdb (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", None), ("initdb (PostgreSQL) 16.9", None),
     ("initdb (PostgreSQL) 17.6", "builtin"), ("initdb (PostgreSQL) 18beta1", "builtin")],
)  # fmt: skip
def test_before_version_17_texts_are_ordered_by_the_system(version: str, provider: str | None) -> None:
    options = postgres.locale_options(version)
    assert ("builtin" in options) is (provider == "builtin")
    assert "C.UTF-8" in options
