"""A panel and a dashboard as data, and the expressions of Prometheus that many panels share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

#: Queues of services; those of clients, and those in which messages wait for an operator, are left out.
QUEUES: Final = 'queue=~"dimona[.].+", queue!~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"'
#: Queues in which each message waits for an operator.
PARKED: Final = 'queue=~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"'

_NAME: Final = re.compile(r"\bdimona_[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a dashboard; `lines` maps each legend to an expression of Prometheus."""

    title: str
    description: str
    lines: Mapping[str, str]
    unit: str = "short"
    kind: Literal["timeseries", "stat"] = "timeseries"
    width: int = 8  #: columns of the grid, which has 24
    red_from: float | None = None  #: the value from which an operator should act
    red_below: float | None = None  #: the value below which an operator should act
    runbook: str | None = None  #: anchor in docs/runbooks.md

    @property
    def series(self) -> frozenset[str]:
        """The names of the series of this project that the expressions use."""
        return frozenset(_NAME.findall(" ".join(self.lines.values())))


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard, which answers one question of an operator."""

    name: str  #: the name of its file, and the end of its uid
    title: str
    question: str
    panels: tuple[Panel, ...]


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)})" if labels else ""


def _selected(series: str, where: str) -> str:
    return f"{series}{{{where}}}" if where else series


def per_minute(counter: str, *labels: str, where: str = "") -> str:
    """Return how much a counter grows per minute, added up by labels. `where`: matchers of labels."""
    return f"60 * sum{_by(labels)} (rate({_selected(counter, where)}[5m]))"


def most(gauge: str, *labels: str, where: str = "") -> str:
    """Return the highest value of a gauge by labels: processes of a service show equal figures."""
    return f"max{_by(labels)} ({_selected(gauge, where)})"


def total(gauge: str, *labels: str, where: str = "") -> str:
    """Return the sum of a gauge by labels: each process has its own part."""
    return f"sum{_by(labels)} ({_selected(gauge, where)})"


def age(instant: str, *labels: str, where: str = "") -> str:
    """Return for how many seconds the latest instant of a gauge is past, by labels."""
    return f"time() - {most(instant, *labels, where=where)}"


def quantile(share: float, histogram: str, *labels: str) -> str:
    """Return the value below which this share (0 to 1) of the observations of five minutes lie."""
    return f"histogram_quantile({share}, sum{_by(('le', *labels))} (rate({histogram}_bucket[5m])))"


def legend(*labels: str) -> str:
    """Return the legend of Grafana that shows the values of labels."""
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def rates(
    title: str, description: str, counter: str, *labels: str, runbook: str | None = None, width: int = 8
) -> Panel:
    """Return the panel of one counter per minute, with a line for each value of the labels."""
    lines = {legend(*labels) or "per minute": per_minute(counter, *labels)}
    return Panel(title, description, lines, width=width, runbook=runbook)


def levels(
    title: str, description: str, gauge: str, *labels: str,
    unit: str = "short", red_from: float | None = None, runbook: str | None = None,
) -> Panel:  # fmt: skip
    """Return the panel of one gauge, with a line for the highest value of each value of the labels."""
    lines = {legend(*labels) or "now": most(gauge, *labels)}
    return Panel(title, description, lines, unit=unit, red_from=red_from, runbook=runbook)
