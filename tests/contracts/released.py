"""The released form of the contracts: `python -m tests.contracts.released` writes `contracts/released.txt`.

Below each operation or message, a line of the file has a place in it, and the facts about its form on which
programs of clients rely. A later contract may add facts. It breaks the released one if a fact is gone, if an
object that clients send needs a further property, or if a property that they receive has a further value.
Limits of length and patterns are not compared. Write the file at each release, and never to hide a change
that breaks a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from shared.topology import COMMANDS
from tests.contracts.contract import CONTRACTS, asyncapi, message_schemas, schemas
from tests.contracts.openapi import Operation, contract, operations

FILE: Final = CONTRACTS / "released.txt"
_HEADING: Final = "# "
#: The first word of facts that a later contract may not add to a place of before.
_NOT_ADDED: Final = ("needs", "gives")


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One fact of a contract."""

    operation: str  #: title of the contract, and the method and path or the type of a message
    place: str  #: for example `200.items[].data`
    form: str  #: its type, a property that it always has, or a value


def facts() -> frozenset[Fact]:
    """Return all facts of the present contracts."""
    title = asyncapi()["info"]["title"]
    by_queue = (
        fact
        for type_, name in message_schemas().items()
        for fact in facts_of(f"{title}: {type_}", "message", schemas()[name], sent=type_ in COMMANDS)
    )
    over_http = (fact for operation in operations() for fact in _of_operation(operation))
    return frozenset([*by_queue, *over_http])


def _of_operation(operation: Operation) -> Iterator[Fact]:
    title = contract(operation.contract)["info"]["title"]
    name = f"{title}: {operation.method.upper()} {operation.path}"
    for parameter in operation.parameters:
        place = parameter["in"]
        yield Fact(name, place, "is there")
        yield from facts_of(name, f"{place}.{parameter['name']}", parameter["schema"], sent=True)
        if parameter.get("required") and place != "path":
            yield Fact(name, place, f"needs {parameter['name']}")
    body = {"body": operation.document["requestBody"]} if "requestBody" in operation.document else {}
    places = {**body, **operation.document["responses"]}
    for place, said in places.items():
        yield Fact(name, str(place), "is there")
        if place == "default":  # the one schema of problems
            continue
        for kind, content in said.get("content", {}).items():
            yield Fact(name, str(place), f"is {kind}")
            yield from facts_of(name, f"{place}", content.get("schema", {}), sent=place == "body")


def facts_of(operation: str, place: str, schema: Mapping[str, Any], *, sent: bool) -> Iterator[Fact]:
    """Yield the facts of a schema; `sent` says whether clients send its values, or else receive them.

    A reference is one to a schema of the queue; the contracts over HTTP are resolved.
    """
    if "$ref" in schema:
        schema = schemas()[schema["$ref"].rpartition("/")[2]]
    types = schema.get("type", ())
    for type_ in [types] if isinstance(types, str) else types:
        yield Fact(operation, place, f"is {type_}")
    for name in schema.get("required", ()):
        yield Fact(operation, place, f"needs {name}" if sent else f"always has {name}")
    values = [*schema.get("enum", ()), *([None] if schema.get("nullable") else [])]
    for value in values:
        yield Fact(operation, place, f"{'takes' if sent else 'gives'} {value}")
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from facts_of(operation, place, part, sent=sent)
    for name, part in schema.get("properties", {}).items():
        yield Fact(operation, f"{place}.{name}", "is there")
        yield from facts_of(operation, f"{place}.{name}", part, sent=sent)
    if "items" in schema:
        yield from facts_of(operation, f"{place}[]", schema["items"], sent=sent)


def breaks(released: AbstractSet[Fact], present: AbstractSet[Fact]) -> list[Fact]:
    """Return the facts by which a present contract breaks a released one.

    They are released facts that are gone, and present ones that may not be added to a place of before.
    """
    places = {(fact.operation, fact.place) for fact in released}
    gone = (fact for fact in released - present if not fact.form.startswith(_NOT_ADDED))
    added = (
        fact
        for fact in present - released
        if fact.form.startswith(_NOT_ADDED) and (fact.operation, fact.place) in places
    )
    return sorted([*gone, *added])


def read(text: str) -> frozenset[Fact]:
    """Return the facts of a text that `write` has made."""
    operation, found = "", set[Fact]()
    for line in filter(None, text.splitlines()):
        if line.startswith(_HEADING):
            operation = line.removeprefix(_HEADING)
        else:
            place, _, forms = line.partition(": ")
            found |= {Fact(operation, place, form) for form in forms.split("; ")}
    return frozenset(found)


def write(found: AbstractSet[Fact]) -> str:
    """Return facts as a text that `read` reads: a heading for each operation, a line for each place."""
    lines = []
    for operation, of_operation in groupby(sorted(found), lambda fact: fact.operation):
        lines.append(f"\n{_HEADING}{operation}")
        for place, facts_ in groupby(of_operation, lambda fact: fact.place):
            lines.append(f"{place}: {'; '.join(fact.form for fact in facts_)}")
    return "\n".join(lines).lstrip() + "\n"


def main() -> None:
    """Write the facts of the present contracts as the released ones."""
    FILE.write_text(write(facts()))


if __name__ == "__main__":
    main()
