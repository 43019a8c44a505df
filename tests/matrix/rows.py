"""The rows of the matrix: a Debian release with its Python and its broker, and a server of PostgreSQL."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Row:
    """A row: Python, broker and all libraries are those of a Debian release.

    `postgresql` is the major version of its package of PostgreSQL; None is the server of the wheel that every
    stack of this project uses. `python` is the package of its Python.
    """

    name: str
    release: str
    postgresql: int | None = None
    python: str = "python3"

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the Debian packages that this row needs."""
        server = () if self.postgresql is None else (f"postgresql-{self.postgresql}",)
        return (*_PACKAGES, self.python, f"{self.python}-venv", *server)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables with which the project uses the programs of this row."""
        chosen = {"PYTHON": f"/usr/bin/{self.python}"}
        if self.postgresql is not None:
            chosen["LOCAL_POSTGRESQL"] = f"/usr/lib/postgresql/{self.postgresql}"
        return chosen


_PACKAGES: Final = ("git", "make", "openssh-client", "rabbitmq-server")

ROWS: Final = (
    Row("bookworm-15", "bookworm", postgresql=15),
    Row("bookworm-18", "bookworm"),
    Row("trixie-17", "trixie", postgresql=17),
    Row("forky-18", "forky", postgresql=18, python="python3.13"),
)

#: The tests of a row unless others are given: rules, contracts, and each part that uses broker or database.
TESTS: Final = (
    "tests/unit",
    "tests/contracts",
    "tests/end_to_end",
    "tests/integration/runtime",
    "tests/integration/test_access.py",
    "tests/integration/test_authorizations.py",
    "tests/integration/test_cli.py",
    "tests/integration/test_cluster.py",
    "tests/integration/test_migrations.py",
    "tests/integration/test_partitions.py",
    "tests/integration/test_plans.py",
    "tests/integration/test_self_service.py",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers of tests that passed, failed and were skipped, and the names of those that failed."""

    passed: int
    failed: int
    skipped: int
    failures: tuple[str, ...] = ()


def outcome(report: str) -> Outcome:
    """Return the outcome of a run of pytest from its report (JUnit XML). An error counts as a failure."""
    cases = list(ET.fromstring(report).iter("testcase"))  # noqa: S314 - written by our own run of pytest
    failures = tuple(_name(case) for case in cases if _has(case, "failure", "error"))
    skipped = sum(_has(case, "skipped") for case in cases)
    # If a test and its fixture fail, the file has two elements for the test.
    names = tuple(dict.fromkeys(failures))
    passed = len({_name(case) for case in cases}) - len(names) - skipped
    return Outcome(passed, len(names), skipped, names)


def _has(case: ET.Element, *kinds: str) -> bool:
    return any(case.find(kind) is not None for kind in kinds)


def _name(case: ET.Element) -> str:
    return f"{case.get('classname')}::{case.get('name')}"


def merged(
    known: Iterable[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Return results by the order of `names`, each the new one or else the known one."""
    found = {result["row"]: result for result in (*known, *new)}
    return [found[name] for name in names if name in found]


def result(row: Row, versions: Mapping[str, Any], of: Outcome) -> dict[str, Any]:
    """Return the result of a row as it is written: its versions, the outcome, and its name."""
    return {**versions, **asdict(of), "row": row.name}
