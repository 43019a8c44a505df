"""Prove that every panel, rule and alert works while declarations pass: `python -m tests.prove.views`.

A Prometheus with the configuration of this project reads a stack of its own every second. 500 declarations
of every kind, channel and outcome pass, and one more is parked. Then each expression is computed, and
Chromium takes the picture of the first page of Prometheus in docs/images. Figures go to
`.run/prove-views.json`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from deploy import consoles
from deploy.check.alerts import gaps, rules_of
from deploy.grafana.dashboards import ANNOTATIONS, DASHBOARDS
from deploy.local import processes, prometheus
from deploy.local.deployment import ROOT, Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, SERVICES
from tests.journeys.browser import chromium
from tests.prove.every_kind import missing, park_one, pass_declarations, passed
from tests.watching import ALERTS, Prometheus, running_prometheus

PICTURE: Final = ROOT / "docs" / "images" / "overview.png"
RESULT: Final = ROOT / ".run" / "prove-views.json"
FOLDER: Final = ROOT / ".run" / "prove-views"
TOTAL: Final = 500
#: Metrics without a series until something happens that the demonstration leaves out. A line of a panel with
#: one of them may be empty; each has its reason.
QUIET: Final[Mapping[str, str]] = {
    "dimona_message_redeliveries_total": "no process and no session ended",
    "dimona_message_dead_letters_total": "one event is parked, and only when `prove` runs",
    "dimona_db_errors_total": "no attempt at a batch failed",
    "dimona_conflict_limits_total": "no batch met many conflicts in a row",
    "dimona_messages_moved_total": "no client sent more than its share",
    "dimona_amqp_reconnects_total": "no session with the broker was lost",
    "dimona_inferred_pairs_total": "no IN has a pair that no source decides",
    "dimona_omission_imported_timestamp_seconds": "no worked days were imported",
    "dimona_contestations_total": "no notification was contested",
    "dimona_pushes_failed_total": "no push to an institution failed",
    "dimona_http_connections_ended_total": "no connection reached a limit",
    "dimona_requests_limited_total": "no request reached a limit",
    "dimona_canary_last_success_timestamp_seconds": "no sandbox runs beside this stack",
    "dimona_canary_seconds": "no sandbox runs beside this stack",
    "dimona_canary_failures_total": "no sandbox runs beside this stack",
    "dimona_spans_total": "no process of this stack sends spans",
    "dimona_security_events_total": "no password was wrong, and no operation refused",
    "dimona_portal_files_total": "no spreadsheet was uploaded",
    "dimona_portal_rows_total": "no spreadsheet was sent",
    "dimona_portal_sheets": "no session has a spreadsheet",
    "dimona_sftp_refused_total": "the SFTP server refused nothing",
    "dimona_retention_removed_rows_total": "no table has a term",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the proof."""

    declarations: int
    passed: Mapping[str, list[str]]  #: values of each label of WANTED
    parked: int  #: messages that the alert DimonaParked counts
    expressions: int
    failed: tuple[str, ...]  #: expressions and pages with an error
    empty: tuple[str, ...]  #: expressions without a series that should have one
    missing: tuple[str, ...]  #: kinds, channels, results and stages that did not pass
    gaps: tuple[str, ...]  #: alerts without test or runbook
    seconds: float

    @property
    def sound(self) -> bool:
        """Return whether every claim holds."""
        return self.parked == 1 and not (self.failed or self.empty or self.missing or self.gaps)


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

    Rules and annotations may be without a series, and so may lines with a metric of `QUIET`.
    """
    failed, empty = [], []
    for name, expression in expressions():
        try:
            found = prometheus_.query(expression)
        except AssertionError as error:
            failed.append(f"{name}: {error}")
            continue
        excused = name.startswith(("rule", "annotation")) or any(metric in expression for metric in QUIET)
        if not found and not excused:
            empty.append(name)
    for page in consoles.texts():
        try:
            prometheus_.page(page)
        except AssertionError as error:
            failed.append(f"{page}: {error}")
    return failed, empty


def settled(prometheus_: Prometheus) -> None:
    """Wait until the recording rules and the rates of the last declarations have a value."""
    last = "dimona:slo_errors:ratio_rate5m{slo='answer_2s'} >= 0 and on () dimona_consumer_up"
    processes.wait_until(lambda: bool(prometheus_.query(last)), 90, "the recorded series", poll=0.5)


def count_parked(prometheus_: Prometheus) -> int:
    """Wait until the alert about parked messages has a series; return the number of messages."""
    alert = ALERTS["DimonaParked"]
    processes.wait_until(lambda: bool(prometheus_.query(alert)), 60, "the parked message", poll=0.5)
    return round(sum(float(row["value"][1]) for row in prometheus_.query(alert)))


def prove(total: int = TOTAL) -> Figures:
    """Pass `total` declarations on a stack of its own, then compute each expression."""
    began = time.monotonic()
    stack = Stack(FOLDER)
    stack.start()
    try:
        folder = FOLDER / "prometheus"
        with watched(stack, stack.endpoints, folder) as prometheus_:
            declarations = pass_declarations(stack.endpoints, folder, prometheus_, total)
            take_picture(prometheus_.url("overview.html"))
            asyncio.run(park_one(stack.endpoints, folder))
            settled(prometheus_)
            parked = count_parked(prometheus_)
            seen = passed(prometheus_)
            failed, empty = look(prometheus_)
    finally:
        stack.stop()
    return Figures(
        declarations, {name: sorted(values) for name, values in seen.items()}, parked,
        len(list(expressions())), tuple(failed), tuple(empty), tuple(missing(seen)), tuple(gaps(ROOT)),
        round(time.monotonic() - began, 1),
    )  # fmt: skip


def take_picture(url: str) -> None:
    """Take the picture of a page of Prometheus with Chromium. Raise `Unavailable` without one."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.screenshot(path=PICTURE, full_page=True)


def main() -> None:
    """Prove and print; exit with 1 if a claim does not hold."""
    figures = prove()
    RESULT.write_text(json.dumps(asdict(figures) | {"sound": figures.sound}, indent=1))
    sys.stdout.write(f"{RESULT.read_text()}\n")
    sys.exit(0 if figures.sound else 1)


if __name__ == "__main__":
    main()
