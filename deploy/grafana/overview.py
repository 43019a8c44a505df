"""The overview dashboard as data; `python -m deploy.grafana.overview` writes overview.json beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.grafana.panels import PANELS, Panel

FILE: Final = Path(__file__).with_name("overview.json")
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH: Final = 24  # columns of Grafana's grid
#: Events that are drawn as vertical lines over every panel, by name.
ANNOTATIONS: Final = {
    "Restarts": 'changes(process_start_time_seconds{job="dimona"}[2m]) > 0',
    "Alerts": 'ALERTS{alertname=~"Dimona.+", alertstate="firing"}',
}


def dashboard() -> dict[str, Any]:
    """Return the document that Grafana imports."""
    return {
        "uid": "dimona-overview",
        "title": "Dimona overview",
        "description": "Whether declarations come in, end, and reach those who must know.",
        "tags": ["dimona"],
        "timezone": "Europe/Brussels",
        "schemaVersion": 38,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "editable": True,
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus",
                                 "label": "Data source"}]},
        "annotations": {"list": [_annotation(name, expr) for name, expr in ANNOTATIONS.items()]},
        "panels": _placed(),
    }  # fmt: skip


def _annotation(name: str, expression: str) -> dict[str, Any]:
    return {"name": name, "enable": True, "iconColor": "orange", "datasource": _SOURCE, "expr": expression,
            "step": "60s", "titleFormat": name, "textFormat": "{{service}}{{alertname}}"}  # fmt: skip


def _placed() -> list[dict[str, Any]]:
    """Return the panels with their places in the grid, from left to right and row by row."""
    placed: list[dict[str, Any]] = []
    x = y = height = 0
    for number, panel in enumerate(PANELS, 1):
        if x + panel.width > _WIDTH:
            x, y = 0, y + height
        height = 4 if panel.kind == "stat" else 8
        placed.append(_panel(number, panel, {"x": x, "y": y, "w": panel.width, "h": height}))
        x += panel.width
    return placed


def _panel(number: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    links = []
    if panel.runbook is not None:
        links.append({"title": "Runbook", "url": f"docs/runbooks.md#{panel.runbook}"})
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": dict(place),
        "links": links,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + n), "expr": expression, "legendFormat": legend, "datasource": _SOURCE}
            for n, (legend, expression) in enumerate(panel.lines.items())
        ],
    }


def text() -> str:
    """Return the dashboard as the content of its JSON file."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
