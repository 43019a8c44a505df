"""The dashboards: their files agree with the code, and each metric is on a panel."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from deploy.check.alerts import rules_of
from deploy.grafana import documents
from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panel import Dashboard
from deploy.local.deployment import ROOT
from shared.runtime import file_metrics, metrics

DOCUMENTS = {name: json.loads(text) for name, text in documents.texts().items()}
#: Metrics that no panel shows, each with the reason.
NOT_SHOWN: dict[str, str] = {}


def series(metric: MetricWrapperBase) -> str:
    """Return the name of the series of a metric, without the endings of a histogram."""
    return f"{metric._name}_total" if isinstance(metric, Counter) else metric._name


ALL = [
    each
    for module in (metrics, file_metrics)
    for each in vars(module).values()
    if isinstance(each, MetricWrapperBase)
]
METRICS = sorted(map(series, ALL))


def shown(dashboards: tuple[Dashboard, ...]) -> set[str]:
    """Return the metrics of the panels. A histogram is shown by its buckets."""
    names = {name for board in dashboards for panel in board.panels for name in panel.series}
    return {name.removesuffix("_bucket") for name in names}


def missing(dashboards: tuple[Dashboard, ...]) -> list[str]:
    """Return the metrics that are neither on a panel nor in the list of reasons."""
    return [name for name in METRICS if name not in shown(dashboards) | NOT_SHOWN.keys()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_files_agree_with_the_code(name: str) -> None:
    for folder in ("deploy/grafana/files", "deploy/helm/dimona/files/dashboards"):
        assert (ROOT / folder / name).read_text() == documents.texts()[name]
        assert {file.name for file in (ROOT / folder).glob("*.json")} == DOCUMENTS.keys()


def test_each_dashboard_keeps_its_uid() -> None:
    assert [each["uid"] for each in DOCUMENTS.values()] == [
        f"dimona-{name}"
        for name in ("overview", "stuck", "declared", "identification", "deliveries", "channels", "servers")
    ]


def test_every_metric_is_on_a_panel() -> None:
    assert len(METRICS) > 90
    assert missing(DASHBOARDS) == []
    assert all(len(reason.split()) > 3 for reason in NOT_SHOWN.values())


@pytest.mark.parametrize("left_out", DASHBOARDS, ids=lambda board: board.name)
def test_a_metric_that_is_on_no_panel_is_found(left_out: Dashboard) -> None:
    assert missing(tuple(board for board in DASHBOARDS if board is not left_out))


def test_a_panel_shows_only_series_that_exist() -> None:
    recorded = {rule["record"] for rule in rules_of(ROOT) if "record" in rule}
    lines = " ".join(" ".join(panel.lines.values()) for board in DASHBOARDS for panel in board.panels)
    assert shown(DASHBOARDS) <= set(METRICS)
    assert recorded >= set(re.findall(r"dimona:[a-z0-9_:]+", lines)) > set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_panel_has_a_description(name: str) -> None:
    panels = DOCUMENTS[name]["panels"]
    for panel in panels:
        assert len(panel["description"].split()) >= 4, panel["title"]
        assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])
    assert len({panel["title"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_panels_do_not_cover_each_other(name: str) -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DOCUMENTS[name]["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_operators_find_every_metric() -> None:
    """An alert, the runbooks or the page of operators explains it."""
    names = ("deploy/prometheus/alerts.yml", "docs/operations.md", "docs/runbooks.md")
    texts = "".join((ROOT / name).read_text() for name in names)
    known = texts + "".join(documents.texts().values())
    found = [each._name for each in ALL]
    assert [name for name in found if name not in known] == []
