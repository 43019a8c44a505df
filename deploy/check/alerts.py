"""Check that each alert has a test in which it fires, one in which it does not, and a runbook.

`python -m deploy.check.alerts` prints them as a table.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.documentation.text import anchor
from deploy.grafana.dashboards import DASHBOARDS
from deploy.local.deployment import ROOT

FOLDER: Final = "deploy/prometheus"
RULES: Final = ("objectives.yml", "alerts.yml")
TESTS: Final = ("alerts_test.yml", "objectives_test.yml")
RUNBOOKS: Final = "docs/runbooks.md"
#: The address of a section as Prometheus serves it (deploy/consoles.py).
_LINK: Final = re.compile(r"\{\{ \$externalURL \}\}/consoles/runbooks\.html#([a-z-]+)")
_PARTS: Final = ("**What it means.**", "**What to look at.**", "**What to do.**")
_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_ALWAYS: Final = "DimonaWatchdog"  #: fires always, so that no test can show that it does not


@dataclass(frozen=True, slots=True)
class Covered:
    """An alert, the names of its tests, and the anchor of its runbook, if it has one."""

    alert: str
    severity: str
    fires: tuple[str, ...]
    quiet: tuple[str, ...]
    runbook: str | None


def rules_of(root: Path) -> list[dict[str, Any]]:
    """Return all rules, first those that record series."""
    documents = [yaml.safe_load((root / FOLDER / name).read_text()) for name in RULES]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


def tests_of(root: Path) -> list[dict[str, Any]]:
    """Return the tests for promtool of all files."""
    documents = [yaml.safe_load((root / FOLDER / name).read_text()) for name in TESTS]
    return [test for document in documents for test in document["tests"]]


def sections(text: str) -> dict[str, str]:
    """Return the sections of the runbooks by their anchors."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {anchor(title): body for title, body in zip(parts[::2], parts[1::2], strict=True)}


def covered(root: Path) -> list[Covered]:
    """Return each alert with its tests and its runbook."""
    rules, tests = rules_of(root), tests_of(root)
    recorded = _recorded(rules)
    return [
        Covered(
            rule["alert"],
            rule["labels"]["severity"],
            tuple(_tested(rule, tests, recorded, fires=True)),
            tuple(_tested(rule, tests, recorded, fires=False)),
            found[1] if (found := _LINK.fullmatch(rule["annotations"].get("runbook_url", ""))) else None,
        )
        for rule in rules
        if "alert" in rule
    ]


def gaps(root: Path) -> list[str]:
    """Return the alerts without test or runbook, and the tests, runbooks and links that lead to none."""
    rows, runbooks = covered(root), sections((root / RUNBOOKS).read_text())
    return [*_untested(root, rows), *_without_runbook(rows, runbooks), *_of_panels(runbooks)]


def _recorded(rules: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the series that each recorded series is computed from."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        if "record" in rule:
            found.setdefault(rule["record"], set()).update(_NAME.findall(rule["expr"]))
    return found


def _tested(
    rule: Mapping[str, Any],
    tests: Sequence[Mapping[str, Any]],
    recorded: Mapping[str, set[str]],
    *,
    fires: bool,
) -> Iterator[str]:
    """Yield the names of the tests that expect the alert, or that expect none although its series exist."""
    names = set(_NAME.findall(rule["expr"]))
    names = names.union(*(recorded.get(name, set()) for name in names))
    for test in tests:
        given = {_NAME.match(each["series"])[0] for each in test["input_series"]}  # type: ignore[index]
        expected = [
            bool(each["exp_alerts"])
            for each in test["alert_rule_test"]
            if each["alertname"] == rule["alert"] and (fires or given & names)
        ]
        if fires in expected:
            yield test["name"]


def _untested(root: Path, rows: Sequence[Covered]) -> Iterator[str]:
    for row in rows:
        if not row.fires:
            yield f"{row.alert}: no test in which it fires"
        if not row.quiet and row.alert != _ALWAYS:
            yield f"{row.alert}: no test in which its series exist and it does not fire"
    known = {row.alert for row in rows}
    for test in tests_of(root):
        for each in test["alert_rule_test"]:
            if each["alertname"] not in known:
                yield f"the test {test['name']!r} is about {each['alertname']}, which does not exist"


def _without_runbook(rows: Sequence[Covered], runbooks: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        section = runbooks.get(row.runbook or "")
        if section is None:
            yield f"{row.alert}: its link leads to no section of {RUNBOOKS}"
            continue
        if f"`{row.alert}`" not in section.partition("\n\n")[2].partition("\n\n")[0]:
            yield f"{row.alert}: its section does not begin with it"
        yield from (f"{row.alert}: its section has no {part}" for part in _PARTS if part not in section)
    for name in runbooks.keys() - {row.runbook for row in rows}:
        yield f"{RUNBOOKS}#{name}: no alert leads there"


def _of_panels(runbooks: Mapping[str, str]) -> Iterator[str]:
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            if panel.runbook is not None and panel.runbook not in runbooks:
                yield f"the panel {panel.title!r} leads to no section of {RUNBOOKS}"


def main() -> None:
    """Print a line for each alert, then the gaps; exit with 1 if there is one."""
    rows, missing = covered(ROOT), gaps(ROOT)
    for row in rows:
        counts = f"fires {len(row.fires)}, quiet {len(row.quiet)}"
        print(f"{row.alert:32} {row.severity:7} {counts:18} runbooks.html#{row.runbook}")
    print(f"{len(rows)} alerts, {len(missing)} gaps", *missing, sep="\n    ")
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
