"""The changelog of the contracts has the version of each contract, and every deprecated form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import pytest

from tests.contracts.contract import CONTRACTS, asyncapi, schemas
from tests.contracts.openapi import contract, contracts

PAGE: Final = (CONTRACTS / "CHANGELOG.md").read_text()
SECTION: Final = re.compile(r"^## (.+)$", re.MULTILINE)
VERSION: Final = re.compile(r"^### (\d+)\.(\d+)\.(\d+) - (\d{4}-\d\d-\d\d)$", re.MULTILINE)
DEPRECATED: Final = re.compile(
    r"^\| [^|]+ \| `(\w+)`[^|]* \| (\d{4}-\d\d-\d\d) \| (no day yet|\d{4}-\d\d-\d\d) \| [^|]+ \|$",
    re.MULTILINE,
)
#: A form stays at least so long after the version that marks it.
SHORTEST: Final = timedelta(days=365)


def sections(page: str) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    _, *parts = SECTION.split(page)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def documents() -> dict[str, Any]:
    """Return every contract by its title."""
    found = [*map(contract, contracts()), asyncapi()]
    return {document["info"]["title"]: document for document in found}


@pytest.mark.parametrize("title", documents())
def test_the_newest_version_is_that_of_the_contract(title: str) -> None:
    versions = [tuple(map(int, found[:3])) for found in VERSION.findall(sections(PAGE)[title])]
    assert versions == sorted(set(versions), reverse=True)
    assert ".".join(map(str, versions[0])) == documents()[title]["info"]["version"]


@pytest.mark.parametrize("title", documents())
def test_every_version_has_its_day_and_its_changes(title: str) -> None:
    text = sections(PAGE)[title]
    days = [date.fromisoformat(found[3]) for found in VERSION.findall(text)]
    assert days == sorted(days, reverse=True)
    assert all("\n- " in part for part in text.split("### ")[1:])


def deprecated(node: Any, name: str = "") -> Iterator[str]:
    """Yield the name of every part of a document that is marked as deprecated."""
    if isinstance(node, dict):
        if node.get("deprecated") is True:
            yield name
        for key, value in node.items():
            yield from deprecated(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from deprecated(value, name)


def test_every_deprecated_form_is_listed() -> None:
    marked = {name for title in documents() for name in deprecated(documents()[title])}
    assert marked | set(deprecated(schemas())) == {name for name, _, _ in DEPRECATED.findall(PAGE)}


def test_a_deprecated_form_stays_for_a_year() -> None:
    listed = DEPRECATED.findall(PAGE)
    assert len(listed) == sections(PAGE)["Deprecated"].count("\n|") - 2
    for _, since, until in listed:
        assert until == "no day yet" or date.fromisoformat(until) - date.fromisoformat(since) >= SHORTEST


def test_control_a_deprecated_operation_is_found() -> None:
    planted = {"paths": {"/a": {"get": {"deprecated": True}, "put": {"deprecated": False}}}}
    assert list(deprecated(planted)) == ["get"]
