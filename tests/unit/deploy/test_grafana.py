"""The dashboard: its file agrees with the module, and every panel has a description."""

from __future__ import annotations

import json
import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from deploy.grafana import overview
from shared.runtime import metrics

ROOT = Path(__file__).parents[3]
DOCUMENT = json.loads(overview.FILE.read_text())


def anchors(document: Path) -> set[str]:
    """Return the anchors of the headings of a Markdown file."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_file_agrees_with_the_module() -> None:
    assert overview.FILE.read_text() == overview.text()


def test_the_dashboard_keeps_its_uid() -> None:
    assert DOCUMENT["uid"] == "dimona-overview"


def test_every_panel_has_a_description() -> None:
    for panel in DOCUMENT["panels"]:
        assert len(panel["description"].split()) >= 5, panel["title"]
        assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])
    assert len({panel["id"] for panel in DOCUMENT["panels"]}) == len(DOCUMENT["panels"])


def test_panels_do_not_cover_each_other() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DOCUMENT["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_named_runbook_exists() -> None:
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text()
    named = re.findall(r"docs/runbooks\.md#([a-z-]+)", alerts + overview.text())
    assert set(named) == {
        "broker-alarm",
        "cases-overdue",
        "clock-off",
        "feed-frozen",
        "expeditor-full",
        "institution-behind",
        "disclosures-broken",
        "file-incomplete",
        "file-unacknowledged",
        "security-events",
        "sms-unreachable",
        "strangers",
        "dead-lettered",
        "expired",
        "held",
        "ledger",
        "ledger-blind",
        "metrics-absent",
        "not-ready",
        "parked",
        "probing",
        "target-down",
        "unrouted",
        "watchdog",
        "declarations-unaccounted",
        "outbox-stuck",
        "partition-missing",
        "retention-stopped",
        "message-set-aside",
        "consumer-missing",
        "figures-unknown",
        "deliveries-overdue",
        "delivery-exhausted",
        "requests-failing",
        "portal-logins",
    }
    assert set(named) <= anchors(ROOT / "docs" / "runbooks.md")


def test_operators_find_every_metric() -> None:
    """A panel, an alert or a page of operators names it."""
    texts = [
        ROOT / name for name in ("deploy/prometheus/alerts.yml", "docs/operations.md", "docs/runbooks.md")
    ]
    known = overview.text() + "".join(text.read_text() for text in texts)
    names = [value._name for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert len(names) > 60
    assert [name for name in names if name not in known] == []
