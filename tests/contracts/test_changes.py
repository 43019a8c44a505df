"""The changelog of the contracts has every version and deprecated form; no contract breaks a released one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import pytest

from shared.messages import SERVICE
from tests.contracts.contract import CONTRACTS, asyncapi, schemas
from tests.contracts.openapi import contract, contracts
from tests.contracts.released import FILE, breaks, facts, facts_of, read, write

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


RELEASED: Final = read(FILE.read_text())
_STATED: Final = f"{SERVICE}.periods.notify.stated"


def test_no_contract_breaks_the_released_one() -> None:
    """If this fails, programs of clients would break: add a new form beside the old one."""
    assert breaks(RELEASED, facts()) == []


def test_the_released_contracts_have_the_feed() -> None:
    """The API of institutions and the types of their events. A new contract is not released yet."""
    names = {fact.operation for fact in RELEASED}
    assert {"Events: GET /events", "Events: GET /snapshot"} < names
    assert f"Dimona by message queue: {_STATED}" in names
    assert {name.partition(": ")[0] for name in names} <= documents().keys()
    assert read(write(RELEASED)) == RELEASED


#: A contract of one operation, as clients send and receive.
SENT: Final[dict[str, Any]] = {
    "type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}},
}  # fmt: skip


def changed(**parts: Any) -> dict[str, Any]:
    return {**SENT, **parts}


@pytest.mark.parametrize(
    ("sent", "schema", "broken"),
    [
        (True, SENT, ()),
        (True, changed(properties={**SENT["properties"], "c": {"type": "object", "required": ["d"]}}), ()),
        (True, changed(required=["a", "b"]), ("needs b",)),
        (True, changed(required=[]), ()),
        (True, changed(properties={"a": {"enum": ["x"]}, "b": {"type": "string"}}), ("takes y",)),
        (True, changed(properties={"a": SENT["properties"]["a"]}), ("is there", "is string")),
        (False, changed(properties={**SENT["properties"], "c": {"enum": ["z"]}}), ()),
        (False, changed(required=["a", "b"]), ()),
        (False, changed(required=[]), ("always has a",)),
        (False, changed(properties={"a": {"enum": ["x", "z"]}, "b": {"type": "string"}}), ("gives z",)),
        (False, changed(properties={**SENT["properties"], "b": {"type": "integer"}}), ("is string",)),
        (False, changed(properties={"a": SENT["properties"]["a"]}), ("is there", "is string")),
    ],
)
def test_a_change_that_breaks_a_program_is_found_and_an_addition_is_not(
    sent: bool, schema: dict[str, Any], broken: tuple[str, ...]
) -> None:
    before = set(facts_of("one", "body", SENT, sent=sent))
    found = breaks(before, set(facts_of("one", "body", schema, sent=sent)))
    assert {fact.form for fact in found} == set(broken)


@pytest.mark.parametrize("lost", ["Events: GET /events", f"Dimona by message queue: {_STATED}"])
def test_an_operation_or_event_type_that_is_gone_is_found(lost: str) -> None:
    found = breaks(RELEASED, {fact for fact in facts() if fact.operation != lost})
    assert {fact.operation for fact in found} == {lost}
