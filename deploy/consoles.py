"""The pages that Prometheus itself serves under /consoles: the dashboards as tables, and the runbooks.

`python -m deploy.generated` writes them to deploy/prometheus/consoles. They are templates of Go: Prometheus
computes the expressions of the panels when a page is read.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deploy.documentation.text import html_of
from deploy.grafana.dashboards import DASHBOARDS
from deploy.grafana.panel import Dashboard, Panel

_DOCS: Final = Path(__file__).parents[1] / "docs"
#: The page of docs/ that is served too, because alerts and panels lead to it.
_RUNBOOKS: Final = "runbooks"
_LABEL: Final = re.compile(r"\{\{([a-z_]+)\}\}")
_FORMS: Final = {"s": "humanizeDuration", "percentunit": "humanizePercentage"}
_STYLE: Final = """
body { font: 15px/1.45 sans-serif; margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem; color: #1c2430 }
nav a { margin-right: 1rem } a { color: #0b57a4 }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 1rem }
section { border: 1px solid #c4ccd6; border-radius: 4px; padding: 0 1rem 0.8rem }
h2 { font-size: 1.05rem; margin: 0.7rem 0 0.2rem }
section p { color: #4a5563; font-size: 0.85rem; margin: 0 0 0.5rem }
table { border-collapse: collapse; width: 100% }
td, th { border-top: 1px solid #e3e8ee; padding: 0.15rem 0.3rem; text-align: left }
td.value { font-variant-numeric: tabular-nums; text-align: right } tr.red { background: #b3261e; color: #fff }
pre { background: #f2f5f8; overflow-x: auto; padding: 0.7rem } tr.none td { color: #6b7683 }
""".strip()


def texts() -> Mapping[str, str]:
    """Return the text of each page by the name of its file."""
    pages = {f"{each.name}.html": _page(each.title, _panels(each), refresh=True) for each in DASHBOARDS}
    return pages | {f"{_RUNBOOKS}.html": _runbooks()}


def _runbooks() -> str:
    """Return the runbooks as HTML. Links to other pages of docs/, which are not served, become text."""
    body = html_of((_DOCS / f"{_RUNBOOKS}.md").read_text(), lambda _: None)
    return _page("Dimona: runbooks", body.replace("{{", '{{"{{"}}'), refresh=False)


def _page(title: str, body: str, *, refresh: bool) -> str:
    links = "\n".join(f'<a href="{name}.html">{html.escape(text)}</a>' for name, text in _menu())
    again = '<meta http-equiv="refresh" content="10">\n' if refresh else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{again}'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f"<nav>\n{links}\n</nav>\n{body}\n</body>\n</html>\n"
    )


def _menu() -> Iterator[tuple[str, str]]:
    yield from ((each.name, each.title.removeprefix("Dimona: ")) for each in DASHBOARDS)
    yield _RUNBOOKS, _RUNBOOKS


def _panels(dashboard: Dashboard) -> str:
    head = f"<h1>{html.escape(dashboard.title)}</h1>\n<p>{html.escape(dashboard.question)}</p>\n"
    return head + '<div class="panels">\n' + "".join(map(_panel, dashboard.panels)) + "</div>"


def _panel(panel: Panel) -> str:
    rows = "".join(_rows(panel, legend, expression) for legend, expression in panel.lines.items())
    led = f' <a href="runbooks.html#{panel.runbook}">runbook</a>' if panel.runbook else ""
    return (
        f"<section>\n<h2>{html.escape(panel.title)}</h2>\n<p>{html.escape(panel.description)}{led}</p>\n"
        f"<table>\n{rows}</table>\n</section>\n"
    )


def _rows(panel: Panel, legend: str, expression: str) -> str:
    """Return the template of the rows of one expression: one for each series, or one without value."""
    name = _LABEL.sub(r"{{ .Labels.\1 }}", html.escape(legend))
    value = f"{{{{ {_FORMS.get(panel.unit, 'humanize')} .Value }}}}"
    plain = html.escape(_LABEL.sub(r"\1", legend))
    return (
        f"{{{{ range query {json.dumps(expression)} }}}}"
        f'<tr{_color(panel)}><td>{name}</td><td class="value">{value}</td></tr>\n'
        f'{{{{ else }}}}<tr class="none"><td>{plain}</td><td class="value">no data</td></tr>\n{{{{ end }}}}'
    )


def _color(panel: Panel) -> str:
    """Return the template of the class that marks a value for which an operator should act."""
    if panel.red_from is not None:
        return f'{{{{ if ge .Value {float(panel.red_from)} }}}} class="red"{{{{ end }}}}'
    if panel.red_below is not None:
        return f'{{{{ if lt .Value {float(panel.red_below)} }}}} class="red"{{{{ end }}}}'
    return ""
