"""`make rules`: the 201 anomalies, and the tests that raised each through the real pure functions.

Run the tests of the rules with a witness around every pure function that returns anomalies. A test proves a
code if it names the code and a function returned it, unless the test itself passed the code in. A code also
needs a neighbor: a test that names the code and calls that function without getting it. `.run/rules.json`
holds the table.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console
from rich.table import Table

from services.files.xml.parsing import UnreadableFileError
from shared.domain.anomalies import ANOMALIES, OFFICIAL, Anomaly, Status
from tests.dated_rows import dated_rows, inferred_pairs

ROOT: Final = Path(__file__).parents[1]
REPORT: Final = ROOT / ".run" / "rules.json"

#: Functions with anomalies in their results: module, function.
ENTRANCES: Final = (
    ("services.intake.reception.rules", "admit"),
    ("services.intake.reception.rules", "check_daily"),
    ("services.files.xml.rules", "check_form"),
    ("services.files.xml.reading", "read_forms"),
    ("services.identification.matching.rules", "inconsistencies"),
    ("services.identification.matching.rules", "career_warnings"),
    ("services.personnel_file.settlement.rules.settle", "settle"),
    ("services.personnel_file.settlement.rules.daily", "register"),
)


@dataclass
class Witness:
    """A plug-in of pytest that records the codes that each test raised."""

    test: str = ""
    #: by test, which entrances it asked and the codes that each told it
    heard: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    played: list[str] = field(default_factory=list)

    def attend(self) -> None:
        """Wrap every function of `ENTRANCES`, before a test imports it."""
        for module_name, name in ENTRANCES:
            module = importlib.import_module(module_name)
            setattr(module, name, self._listening(getattr(module, name)))

    def _listening(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def listens(*args: Any, **options: Any) -> Any:
            try:
                result = function(*args, **options)
                result = tuple(result) if isinstance(result, Iterator) else result
            except UnreadableFileError as refused:
                self.heard[self.test].setdefault(function.__name__, set()).add(refused.code)
                raise
            given = {known.code for each in (*args, *options.values()) for known in anomalies_in(each)}
            told = {found.code for found in anomalies_in(result)} - given
            self.heard[self.test].setdefault(function.__name__, set()).update(told)
            return result

        return listens

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Attribute anomalies from here on to this test."""
        self.test = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the test only if it passed."""
        if report.when == "call" and report.passed:
            self.played.append(report.nodeid)


def anomalies_in(result: object) -> Iterator[Anomaly]:
    """Return the anomalies in the result of a rule: a sequence of them, or an outcome or a form with one."""
    if isinstance(result, Anomaly):
        yield result
    elif isinstance(result, tuple):
        for each in result:
            yield from anomalies_in(each)
    else:
        yield from getattr(getattr(result, "outcome", result), "anomalies", ())


@dataclass(frozen=True)
class Line:
    """The facts about one anomaly code, in one row of `make rules`."""

    code: str
    status: Status
    raised: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def lacks(self) -> str:
        """Return the proofs that an implemented code still lacks."""
        has_rule = self.status in (Status.IMPLEMENTED, Status.WITHOUT_CHANNEL)
        if not has_rule or (self.raised and self.silent):
            return ""
        return "a test in which it stays silent" if self.raised else "a test that raises it"


def lines(witness: Witness) -> list[Line]:
    """Return the table, in the order of the glossary."""
    return [_line(code, witness) for code in OFFICIAL]


def _line(code: str, witness: Witness) -> Line:
    told = {
        test: {entrance for entrance, codes in witness.heard[test].items() if code in codes}
        for test in witness.played
        if code in test
    }
    raising = set().union(*told.values())
    return Line(
        code,
        ANOMALIES[code].status,
        tuple(test for test, entrances in told.items() if entrances),
        tuple(
            test for test, entrances in told.items() if not entrances and raising & witness.heard[test].keys()
        ),
    )


def summary(table: list[Line]) -> str:
    """Return the counts of each status, and how many codes have a rule."""
    counts = Counter(line.status for line in table)
    built = counts[Status.IMPLEMENTED] + counts[Status.WITHOUT_CHANNEL]
    return (
        f"{len(table)} decided: {', '.join(f'{counts[status]} {status}' for status in Status)}\n"
        f"{counts[Status.IMPLEMENTED]} {Status.IMPLEMENTED} + {counts[Status.WITHOUT_CHANNEL]}"
        f" {Status.WITHOUT_CHANNEL} = {built} with a rule and its tests"
    )


def show(table: list[Line], console: Console) -> None:
    """Print the table, the reasons and the counts."""
    shown = Table("code", "status", "raised by", "tests", title="The 201 anomalies of the DIMONA message")
    for line in table:
        first = line.raised[0].rpartition("/")[2] if line.raised else ANOMALIES[line.code].reason
        shown.add_row(line.code, line.status, line.lacks or first, str(len(line.raised)))
    console.print(shown, markup=False)
    console.print(summary(table), markup=False, soft_wrap=True)
    dated = Table("table", "row", "value", "valid from", "until", "source", "confidence", title="Dated rows")
    for row in dated_rows():
        dated.add_row(
            row.table, row.row, row.value, str(row.valid_from or ""), str(row.valid_until or ""), row.source,
            row.confidence,
        )  # fmt: skip
    console.print(dated, markup=False)
    pairs = ", ".join(f"{commission or 'none'} {worker_type}" for commission, worker_type in inferred_pairs())
    console.print(f"Accepted pairs that only inference would refuse (rule R52): {pairs}", markup=False)


def main() -> int:
    """Play the tests, write the table, and say whether every implemented code was raised."""
    witness = Witness()
    witness.attend()
    failed = pytest.main(
        ["-q", "--no-header", "--no-summary", "-p", "no:cacheprovider", str(ROOT / "tests/unit/services")],
        plugins=[witness],
    )
    table = lines(witness)
    show(table, Console(width=160 if not sys.stdout.isatty() else None))
    REPORT.parent.mkdir(exist_ok=True)
    report = [{"code": line.code, "status": line.status, "tests": line.raised} for line in table]
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    lacking = [line for line in table if line.lacks]
    for line in lacking:
        sys.stderr.write(f"{line.code} is implemented and lacks {line.lacks}\n")
    return 1 if failed or lacking else 0


if __name__ == "__main__":
    sys.exit(main())
