"""Compute every expression of the dashboards, rules and alerts in a running Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from deploy import consoles
from deploy.check.alerts import rules_of
from deploy.grafana.dashboards import ANNOTATIONS, DASHBOARDS
from deploy.local import prometheus
from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES
from tests.watching import Prometheus, running_prometheus


def expressions() -> Iterator[tuple[str, str]]:
    """Yield the name and the expression of each line of a panel, annotation, rule and alert."""
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for legend, expression in panel.lines.items():
                yield f"{dashboard.name}: {panel.title}: {legend}", expression
    yield from ((f"annotation: {name}", expression) for name, expression in ANNOTATIONS.items())
    for number, rule in enumerate(rules_of(ROOT)):
        yield f"rule {number}: {rule.get('alert') or rule['record']}", rule["expr"]


def watched(stack: Stack, endpoints: Endpoints, folder: Path) -> AbstractContextManager[Prometheus]:
    """Run Prometheus beside a deployment with all services, reading every second, inside a context."""
    services = prometheus.addresses({name: endpoints.ops_url(name) for name in (*SERVICES, *JOBS)})
    broker = f"127.0.0.1:{stack.rabbitmq.prometheus}"
    return running_prometheus(folder, services, broker, interval="1s")


def look(prometheus_: Prometheus) -> tuple[list[str], list[str]]:
    """Compute each expression and each page; return those that fail, and those without a series.

    Rules and annotations may be without a series.
    """
    failed, empty = [], []
    for name, expression in expressions():
        try:
            found = prometheus_.query(expression)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
            continue
        excused = name.startswith(("rule", "annotation"))
        if not found and not excused:
            empty.append(name)
    for page in consoles.texts():
        try:
            prometheus_.page(page)
        except AssertionError as error:
            failed.append(f"{page}: {error}")
    return failed, empty
