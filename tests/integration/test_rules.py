"""Run promtool on the rules of this project: the tests of the alerts, and mistakes that they find."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.check.alerts import RULES, TESTS
from deploy.grafana.dashboards import ANNOTATIONS, DASHBOARDS
from deploy.local import prometheus
from tests.watching import ALERTS, promtool

DOCUMENTS = {name: yaml.safe_load((prometheus.CONFIGURATION / name).read_text()) for name in (*RULES, *TESTS)}
RULES_TEXT = (prometheus.CONFIGURATION / "alerts.yml").read_text()


def divided(folder: Path, alerts: dict[str, Any], changed: Collection[str] = ()) -> list[str]:
    """Write a file for each test, with the rules that it needs only, and return their names.

    promtool computes all rules at each step of a test, which takes minutes with all alerts in each.

    Args:
        folder: A new folder for the files.
        alerts: The document of the alerts.
        changed: Names of alerts: only their tests are written. Without any, all are.
    """
    folder.mkdir()
    names: list[str] = []
    for document in (DOCUMENTS[name] for name in TESTS):
        for test in document["tests"]:
            tested = {each["alertname"] for each in test["alert_rule_test"]}
            if changed and not tested & set(changed):
                continue
            number = len(names)
            needed = _needed(alerts, tested)
            (folder / f"rules_{number}.yml").write_text(yaml.safe_dump(needed))
            one = {**document, "rule_files": [f"rules_{number}.yml"], "tests": [test]}
            one["group_eval_order"] = [group["name"] for group in needed["groups"]]
            (folder / f"test_{number}.yml").write_text(yaml.safe_dump(one))
            names.append(f"test_{number}.yml")
    return names


def _needed(alerts: dict[str, Any], tested: Collection[str]) -> dict[str, Any]:
    """Return these alerts, after the rules that record the series that they use."""
    kept = deepcopy(alerts)
    (group,) = kept["groups"]
    group["rules"] = [rule for rule in group["rules"] if rule["alert"] in tested]
    used = " ".join(rule["expr"] for rule in group["rules"])
    recording = deepcopy(DOCUMENTS["objectives.yml"])
    for each in recording["groups"]:
        each["rules"] = [rule for rule in each["rules"] if rule["record"] in used]
    groups = [each for each in recording["groups"] if each["rules"]]
    return {"groups": [*groups, group]}


def expressions(document: dict[str, Any]) -> dict[str, str]:
    """Return the expression of each alert."""
    return {rule["alert"]: rule["expr"] for rule in document["groups"][0]["rules"]}


def test_the_rules_pass_their_tests(tmp_path: Path) -> None:
    assert promtool("check", "rules", *RULES)[0] == 0
    names = divided(tmp_path / "tests", DOCUMENTS["alerts.yml"])
    assert len(names) == sum(len(DOCUMENTS[name]["tests"]) for name in TESTS) > 35
    code, said = promtool("test", "rules", *names, cwd=tmp_path / "tests")
    assert code == 0, said


def parsed(folder: Path, found: dict[str, str]) -> tuple[int, str]:
    """Let promtool parse expressions, as rules; return its exit code and output."""
    rules = [{"record": f"x:{number}", "expr": each} for number, each in enumerate(found.values())]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    return promtool("check", "rules", "rules.yml", cwd=folder)


def test_every_expression_of_a_dashboard_is_parsed(tmp_path: Path) -> None:
    lines = {
        f"{board.name}: {panel.title}: {legend}": expression
        for board in DASHBOARDS
        for panel in board.panels
        for legend, expression in panel.lines.items()
    }
    assert len(lines) > 100
    code, said = parsed(tmp_path, lines | ANNOTATIONS)
    assert code == 0, said
    assert parsed(tmp_path, lines | {"control": "sum by (a (b)"})[0] != 0


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        ("unaccounted > 0", "unaccounted > 1"),
        ("14.4 * dimona", "144 * dimona"),
        ("ratio_rate5m >", "ratio_rate1h >"),
        ("increase1h > 10", "increase1h > 0"),
        ("on (slo) 6 * dimona", "on (slo) 60 * dimona"),
        ("on (slo) 3 * dimona", "on (slo) 30 * dimona"),
        ("rate3d > on (slo) dimona", "rate3d > on (slo) 9 * dimona"),
        ("oldest_age_seconds > 60", "oldest_age_seconds > 6000"),
        ("oldest_overdue_seconds > 600", "oldest_overdue_seconds > 60000"),
        ("gauges_age_seconds > 60", "gauges_age_seconds > 6000"),
        ("file_unacknowledged_oldest_seconds) > 300", "file_unacknowledged_oldest_seconds) > 30000"),
        ("file_start_oldest_seconds) > 3600", "file_start_oldest_seconds) > 360000"),
        ("file_expeditors_full) > 0", "file_expeditors_full) > 9"),
        ("set_aside_messages > 0", "set_aside_messages > 9"),
        ("< 31 * 86400", "< 3 * 86400"),
        ('contact"}) > 6 * 3600', 'contact"}) > 60 * 3600'),
        ("[5m])) > 0.05", "[5m])) > 0.5"),
        ("ledger_broken > 0", "ledger_broken > 1"),
        ("look_timestamp_seconds) > 60", "look_timestamp_seconds) > 6000"),
        ("expr: up == 0", "expr: up == 2"),
        ('absent(up{job="dimona", service="notifier"})', 'absent(up{job="none"}) == 2'),
        ('[.]parked"}) > 0', '[.]parked"}) > 9'),
        ('queue=~"dimona[.](unrouted|unidentified)"', 'queue="none"'),
        ('queue="dimona.expired"', 'queue="none"'),
        ("dead_lettered_expired_total", "dead_lettered_none_total"),
        ('status=~"5.."', 'status=~"4.."'),
        ('quick_cancels"} > 200', 'quick_cancels"} > 20000'),
        ('contradictions"} > 100', 'contradictions"} > 10000'),
        ('outcome="no_login"}[10m])) > 5', 'outcome="no_login"}[10m])) > 500'),
        ("workers_denied_total[10m]", "workers_denied_none[10m]"),
        ("dimona_up == 0", "dimona_up == 2"),
        ("hold_seconds > 30", "hold_seconds > 300"),
        ("memory_used_watermark == 1", "memory_used_watermark == 2"),
        ("offset_seconds) > 5", "offset_seconds) > 5000"),
        ("consumer_up == 0", "consumer_up == 2"),
        ("queue_consumers == 0", "queue_consumers == 1"),
        ('queue!~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"', 'queue!~"none"'),
    ],
)
def test_a_mistake_in_a_rule_is_found(tmp_path: Path, rule: str, mistake: str) -> None:
    """The tests of the changed alerts find it."""
    assert rule in RULES_TEXT
    wrong = yaml.safe_load(RULES_TEXT.replace(rule, mistake))
    changed = expressions(wrong).items() - expressions(DOCUMENTS["alerts.yml"]).items()
    names = divided(tmp_path / "tests", wrong, {name for name, _ in changed})
    assert names
    assert promtool("test", "rules", *names, cwd=tmp_path / "tests")[0] != 0


def test_every_alert_describes_the_remedy() -> None:
    assert len(ALERTS) == 39
    for rule in DOCUMENTS["alerts.yml"]["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "ticket", "none")
        assert {"summary", "description", "runbook_url"} == rule["annotations"].keys()
        assert len(rule["annotations"]["description"].split()) > 20
