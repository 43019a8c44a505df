"""The pages of the documentation: `/doc` with contracts, error catalogue, code lists and guides (ADR 25)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.documentation.catalog import Entry, entries
from deploy.documentation.contracts import CONTRACTS, http_contracts, queue_contract
from deploy.documentation.text import html_of
from services.intake.reference.rules import NAMES, Item, items

_HERE: Final = Path(__file__).parent
_DOCS: Final = _HERE.parents[1] / "docs"
#: Pages of `docs/` for integrators, in the order in which they are read.
GUIDES: Final = (
    "rest",
    "queue-contract",
    "tokens",
    "webhooks",
    "notifications",
    "clients",
    "law",
    "rules",
    "glossary",
)
#: Most rows of a code list on the page of an anomaly; a longer list has only a page of its own.
SHORT_LIST: Final = 40
LANGUAGES: Final = {"en": "English", "fr": "French", "nl": "Dutch", "de": "German"}

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write(folder: Path) -> int:
    """Delete a folder, write all files of the documentation into it, and return their number."""
    shutil.rmtree(folder, ignore_errors=True)
    written = 0
    for path, content in files():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written += 1
    return written


def files() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the documentation: its path below `/doc`, and its content."""
    contracts, catalog = tuple(http_contracts()), tuple(entries())
    queue = queue_contract()
    yield "index.html", _page("index.html", contracts=contracts, queue=queue, guides=_titles(), lists=NAMES)
    for contract in contracts:
        yield f"apis/{contract.name}.html", _page("contract.html", contract=contract)
        yield from _documents(f"openapi/{contract.name}", contract.document)
    yield "apis/asyncapi.html", _page("asyncapi.html", document=queue, name_of=_name_of)
    yield from _documents("asyncapi", queue)
    yield from _catalog(catalog)
    for name in NAMES:
        yield f"lists/{name}.html", _page("list.html", name=name, columns=columns(name), rows=items(name))
    for guide in GUIDES:
        yield f"guides/{guide}.html", _text_page(_DOCS / f"{guide}.md")
    yield "changes.html", _text_page(CONTRACTS / "CHANGELOG.md")
    yield "style.css", (_HERE / "templates" / "style.css").read_bytes()
    for file in sorted((_HERE / "redoc").iterdir()):
        yield f"redoc/{file.name}", file.read_bytes()


def _documents(path: str, document: Any) -> Iterator[tuple[str, bytes]]:
    """Yield a contract as a JSON file and as a YAML file, each with its path and content."""
    yield f"{path}.json", json.dumps(document, ensure_ascii=False).encode()
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    yield f"{path}.yaml", text.encode()


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        """Return True, so that YAML repeats equal values in full and uses no aliases."""
        return True


def _catalog(catalog: tuple[Entry, ...]) -> Iterator[tuple[str, bytes]]:
    yield "anomalies.html", _page("anomalies.html", entries=catalog)
    for entry in catalog:
        shown = [name for name in entry.lists if len(items(name)) <= SHORT_LIST]
        yield (
            f"anomalies/{entry.anomaly.code}.html",
            _page(
                "anomaly.html",
                entry=entry,
                shown=[(name, columns(name), items(name)) for name in shown],
            ),
        )


def columns(name: str) -> tuple[str, ...]:
    """Return the columns of a code list; a property with parts has a column for each, such as `name.fr`."""
    return tuple(dict.fromkeys(path for row in items(name) for path in _paths(row)))


def _paths(row: Item) -> Iterator[str]:
    for key, value in row.items():
        yield from (f"{key}.{part}" for part in value) if isinstance(value, dict) else (key,)


def cell(row: Item, path: str) -> str:
    """Return the text in a row of a code list; `path` is the column, such as `name.fr`."""
    value: Any = row
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def _titles() -> list[tuple[str, str]]:
    """Return the name and the heading of each guide."""
    return [(name, (_DOCS / f"{name}.md").read_text().partition("\n")[0].lstrip("# ")) for name in GUIDES]


def _text_page(source: Path) -> bytes:
    text = source.read_text()
    heading = text.partition("\n")[0].lstrip("# ")
    return _page("text.html", heading=heading, body=html_of(text, address_of))


def address_of(path: str) -> str | None:
    """Return the address of the page for a file of the repository; None if there is no page for it."""
    file = PurePosixPath(path)
    if file.suffix == ".md" and file.stem in GUIDES:
        return f"/doc/guides/{file.stem}"
    if file.suffix == ".yaml" and "openapi" in file.parts:
        return f"/doc/apis/{file.stem}"
    return "/doc/apis/asyncapi" if file.name.startswith("asyncapi") else None


def _page(template: str, **values: Any) -> bytes:
    return _TEMPLATES.get_template(template).render(**values, languages=LANGUAGES).encode()


_TEMPLATES.filters["cell"] = cell
_TEMPLATES.filters["markdown"] = lambda text: html_of(text, address_of)
