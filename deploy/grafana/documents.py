"""The JSON documents of the dashboards, which `python -m deploy.generated` writes to `files`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from deploy.grafana.dashboards import ANNOTATIONS, DASHBOARDS
from deploy.grafana.panel import Dashboard, Panel

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH: Final = 24  # columns of Grafana's grid
#: The page of runbooks that Prometheus serves; an operator sets another address above the dashboard.
_RUNBOOKS: Final = "http://127.0.0.1:9090/consoles/runbooks.html"


def texts() -> Mapping[str, str]:
    """Return the text of each document by the name of its file."""
    return {
        f"{each.name}.json": json.dumps(document(each), indent=1, ensure_ascii=False) + "\n"
        for each in DASHBOARDS
    }


def document(dashboard: Dashboard) -> dict[str, Any]:
    """Return the document that Grafana imports."""
    return {
        "uid": f"dimona-{dashboard.name}",
        "title": dashboard.title,
        "description": dashboard.question,
        "tags": ["dimona"],
        "timezone": "Europe/Brussels",
        "schemaVersion": 38,
        "version": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "editable": True,
        "links": [{"type": "dashboards", "tags": ["dimona"], "title": "Dimona", "asDropdown": True,
                   "keepTime": True}],
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"},
            {"name": "runbooks", "type": "textbox", "query": _RUNBOOKS, "label": "Runbooks",
             "current": {"text": _RUNBOOKS, "value": _RUNBOOKS}},
        ]},
        "annotations": {"list": [_annotation(name, expr) for name, expr in ANNOTATIONS.items()]},
        "panels": _placed(dashboard),
    }  # fmt: skip


def _annotation(name: str, expression: str) -> dict[str, Any]:
    return {"name": name, "enable": True, "iconColor": "orange", "datasource": _SOURCE, "expr": expression,
            "step": "60s", "titleFormat": name, "textFormat": "{{service}}{{alertname}}"}  # fmt: skip


def _placed(dashboard: Dashboard) -> list[dict[str, Any]]:
    """Return the panels with their places in the grid, from left to right and row by row."""
    placed: list[dict[str, Any]] = []
    x = y = height = 0
    for number, panel in enumerate(dashboard.panels, 1):
        if x + panel.width > _WIDTH:
            x, y, height = 0, y + height, 0
        height = max(height, 4 if panel.kind == "stat" else 8)
        placed.append(_panel(number, panel, {"x": x, "y": y, "w": panel.width, "h": height}))
        x += panel.width
    return placed


def _panel(number: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    links = []
    if panel.runbook is not None:
        address = f"${{runbooks}}#{panel.runbook}"
        links.append({"title": "Runbook", "url": address, "targetBlank": True})
    defaults = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": _steps(panel)}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": dict(place),
        "links": links,
        "fieldConfig": {"defaults": defaults if panel.red_below == 0 else {**defaults, "min": 0},
                        "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + n), "expr": expression, "legendFormat": legend, "datasource": _SOURCE}
            for n, (legend, expression) in enumerate(panel.lines.items())
        ],
    }  # fmt: skip


def _steps(panel: Panel) -> list[dict[str, Any]]:
    """Return the colors of values, from the lowest step on."""
    if panel.red_below is not None:
        return [{"color": "red", "value": None}, {"color": "green", "value": panel.red_below}]
    green: list[dict[str, Any]] = [{"color": "green", "value": None}]
    return green if panel.red_from is None else [*green, {"color": "red", "value": panel.red_from}]
