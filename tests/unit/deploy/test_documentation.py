"""The pages of `/doc`: complete, equal to the tables of the rules, and without anything from another host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any, Final

import html5lib
import pytest
import yaml

from deploy.documentation import catalog
from deploy.documentation.contracts import http_contracts
from deploy.documentation.site import GUIDES, SHORT_LIST, columns, files, write
from deploy.documentation.text import html_of
from services.intake.documentation import TYPES as SERVED
from services.intake.reference.rules import NAMES, items
from shared.domain.anomalies import ANOMALIES, OFFICIAL
from shared.domain.features import JOINT_COMMISSIONS, PAIRINGS, REFUSALS, WORKER_TYPES
from shared.words import words
from tests.contracts import openapi
from tests.contracts.contract import references

SITE: Final[Mapping[str, bytes]] = dict(files())
PAGES: Final = sorted(path for path in SITE if path.endswith(".html"))
#: The file of redoc@2.5.4 as npm has it.
REDOC: Final = "dcaf76612bc4a3fbcc923a8966dee2f6146a5f32e5ce1b6f02dd60cbbf89500b"


class Reader(HTMLParser):
    """Reads the parts of a page that the tests look at."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []  #: addresses that a browser fetches by itself
        self.anchors: set[str] = set()
        self.cells: list[str] = []
        self.words = ""
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, loaded addresses and anchors."""
        given = dict(attrs)
        if given.get("id"):
            self.anchors.add(str(given["id"]))
        if tag == "a" and given.get("href") is not None:
            self.links.append(str(given["href"]))
        elif tag in ("td", "th"):
            self.cells.append("")
            self._in_cell = True
        else:
            self.loaded += [str(given[name]) for name in ("src", "href", "spec-url") if given.get(name)]

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a cell."""
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        """Collect the words, and those of the last cell."""
        self.words += data
        if self._in_cell:
            self.cells[-1] += data


def read(path: str) -> Reader:
    reader = Reader()
    reader.feed(SITE[path].decode())
    return reader


READ: Final = {path: read(path) for path in PAGES}


#: Each template is tried; the longest list and all pages of one form take too long.
TRIED: Final = ["anomalies/90374-349.html", "anomalies/90373-460.html"] + [
    path for path in PAGES if not path.startswith(("anomalies/", "lists/post", "lists/anomalies"))
]


@pytest.mark.parametrize("path", TRIED)
def test_a_page_is_correct_html(path: str) -> None:
    parser = html5lib.HTMLParser()
    parser.parse(SITE[path].decode())
    assert [error for _, error, _ in parser.errors] == []


def test_no_page_loads_anything_from_another_host() -> None:
    loaded = {each for page in READ.values() for each in page.loaded}
    assert "/doc/style.css" in loaded
    assert [each for each in loaded if not each.startswith("/doc/")] == []


def test_only_the_pages_of_http_contracts_need_scripts() -> None:
    scripted = {path for path in PAGES if b"<script" in SITE[path]}
    assert scripted == {f"apis/{each.name}.html" for each in http_contracts()}


def file_of(address: str) -> str:
    """Return the file that intake shows at an address."""
    path = address.removeprefix("/doc").strip("/") or "index"
    return path if path in SITE else f"{path}.html"


def broken_links() -> Iterator[str]:
    for path, page in READ.items():
        for link in page.links:
            if link.startswith("http"):
                continue
            address, _, fragment = link.partition("#")
            target = file_of(address) if address else path
            if target not in SITE or (fragment and fragment not in READ[target].anchors):
                yield f"{path}: {link}"


def test_every_link_leads_to_a_page_and_a_place() -> None:
    assert list(broken_links()) == []
    assert sum(len(page.links) for page in READ.values()) > 1000


def test_a_link_without_a_page_keeps_its_words_alone() -> None:
    html = html_of("[a](x.md) [b](y.md#c) [d](https://e.f)", {"y.md": "/doc/y"}.get)
    assert html == '<p><a>a</a> <a href="/doc/y#c">b</a> <a href="https://e.f">d</a></p>\n'


def test_every_anomaly_has_a_page_with_cause_and_remedy_in_four_languages() -> None:
    for code, row in ANOMALIES.items():
        page = READ[f"anomalies/{code}.html"]
        cells = {cell.strip() for cell in page.cells}
        for language in ("fr", "nl", "de", "en"):
            assert {row.label[language], words("notifier", language)(row.hint)} <= cells, code
        assert {"cause", "remedy", "effect"} <= page.anchors
        assert ("the declaration is refused" in page.words) == (row.anomaly_class.value == "B")
        assert all(kind in page.words for kind in row.kinds)
        assert row.reason in page.words
        assert all(type_ in page.words for type_ in row.blocks_for)


def test_the_catalogue_has_the_201_codes_and_that_of_the_system() -> None:
    linked = {link.rpartition("/")[2] for link in READ["anomalies.html"].links if "/anomalies/" in link}
    assert len(OFFICIAL) == 201
    assert linked == set(OFFICIAL) | {"90059-163"} == ANOMALIES.keys()


PAIRED: Final = {row.worker_types for row in PAIRINGS} | {row.worker_types for row in REFUSALS}
#: Codes with the values that their page has to show, from the tables of the rules.
SHOWN: Final = {
    "00046-003": JOINT_COMMISSIONS,
    "00655-003": WORKER_TYPES.keys(),
    "00910-008": {"2022-01-01", "2021-12-31", "2023-09-01", "2024-12-01", "31", "15"},
    "90374-349": {" ".join(sorted(each)) for each in PAIRED},
    "90017-369": {"650", "475", "50", "25"},
    "00041-521": {"1", "6", "401", "412"},
    "00024-003": {"ssin", "97", "9"},
}


@pytest.mark.parametrize("code", SHOWN)
def test_a_page_shows_the_allowed_values(code: str) -> None:
    page = READ[f"anomalies/{code}.html"]
    assert "values" in page.anchors
    assert set(SHOWN[code]) <= {cell.strip() for cell in page.cells}


@pytest.mark.parametrize("code", ["00035-003", "00119-003", "00033-003", "00522-003"])
def test_a_page_leads_to_a_long_list(code: str) -> None:
    page = READ[f"anomalies/{code}.html"]
    (name,) = catalog.lists_of(code)
    assert f"/doc/lists/{name}" in page.links
    assert len(items(name)) > SHORT_LIST


def test_a_cause_names_the_rules_of_the_law() -> None:
    found = {entry.anomaly.code: entry for entry in catalog.entries()}
    assert [each.heading for each in found["90373-460"].laws] == ["R1"]
    assert [each.heading for each in found["00910-344"].laws] == ["R17"]
    assert {each.heading for each in found["00011-235"].laws} == {"R38"}
    assert any("official table" in each.text for each in found["90374-349"].decisions)
    assert found["00911-344"].fields == ("dimonaUpdate.endDate",)
    assert sum(bool(each.laws or each.decisions) for each in found.values()) > 90
    assert sum(bool(each.fields) for each in found.values()) > 130


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("refused (00655-350)", "00655-350", True),
        ("refused (00655-350)", "00655-003", False),
        ("planned hours (01135)", "01135-001", True),
        ("(reason 235)", "00948-235", True),
        ("(reason 235)", "00948-347", False),
        ("number 100655", "00655-001", False),
    ],
)
def test_a_text_concerns_a_code(text: str, code: str, expected: bool) -> None:
    assert catalog.concerns(text, code) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_list_has_a_row_for_each_item(name: str) -> None:
    page = READ[f"lists/{name}.html"]
    assert len(page.cells) == len(columns(name)) * (len(items(name)) + 1)


@pytest.mark.parametrize("name", openapi.contracts())
def test_a_contract_in_one_file_equals_its_files(name: str) -> None:
    document = json.loads(SITE[f"openapi/{name}.json"])
    assert yaml.safe_load(SITE[f"openapi/{name}.yaml"]) == document
    assert {each for each in references(document) if not each.startswith("#/components/")} == set()
    assert resolved(document["paths"], document) == openapi.contract(name)["paths"]


def resolved(node: Any, document: Any) -> Any:
    if isinstance(node, list):
        return [resolved(each, document) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        return resolved(document["components"][kind][name], document)
    return {key: resolved(value, document) for key, value in node.items()}


def test_the_contract_of_the_queue_shows_every_message_and_schema() -> None:
    document = json.loads(SITE["asyncapi.json"])
    page = READ["apis/asyncapi.html"]
    assert {f"message-{name}" for name in document["components"]["messages"]} <= page.anchors
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= page.anchors
    assert {f"operation-{name}" for name in document["operations"]} <= page.anchors


def test_redoc_is_the_file_of_npm_with_its_licenses() -> None:
    assert hashlib.sha256(SITE["redoc/redoc.standalone.js"]).hexdigest() == REDOC
    assert SITE["redoc/LICENSE.txt"].startswith(b"The MIT License")
    assert b"React" in SITE["redoc/redoc.standalone.js.LICENSE.txt"]


def test_the_index_leads_to_everything() -> None:
    links = READ["index.html"].links
    expected = [f"/doc/guides/{name}" for name in GUIDES] + [f"/doc/lists/{name}" for name in NAMES]
    expected += [f"/doc/apis/{name}" for name in (*openapi.contracts(), "asyncapi")]
    assert set(expected) <= set(links)


def test_intake_serves_every_kind_of_file() -> None:
    assert {PurePosixPath(path).suffix for path in SITE} <= SERVED.keys()


def test_all_files_are_written_and_older_ones_removed(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("old")
    assert write(tmp_path) == len(SITE)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == SITE.keys()
