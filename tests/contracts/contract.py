"""The public contract as the tests use it: loaded, bundled, and as a validator per type of event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.protocols import Validator

ROOT: Final = Path(__file__).parents[2]
CONTRACTS: Final = ROOT / "contracts"
EXAMPLES: Final = CONTRACTS / "examples"
BATCH_TYPE: Final = "application/cloudevents-batch+json"
_SCHEMAS: Final = "#/components/schemas/"
#: Bases of other schemas: the schemas that extend them name further properties.
_BASES: Final = frozenset({"CloudEvent"})


@cache
def asyncapi() -> dict[str, Any]:
    """Return `contracts/asyncapi.yaml` as written, with its references to the schema files."""
    document: dict[str, Any] = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text())
    return document


@cache
def schemas() -> dict[str, Any]:
    """Return all schemas by name, with references into the bundled document. Each name is unique."""
    found: dict[str, Any] = {}
    for file in sorted((CONTRACTS / "schemas").glob("*.yaml")):
        named: dict[str, Any] = yaml.safe_load(file.read_text())
        assert not found.keys() & named.keys(), f"{file.name} uses a name a second time"
        found |= named
    return {name: _repointed(schema) for name, schema in found.items()}


def bundle() -> dict[str, Any]:
    """Return the contract as one document, with the examples at their messages."""
    document: dict[str, Any] = _repointed(asyncapi())
    for message in document["components"]["messages"].values():
        message["examples"] = [
            {"name": name, "payload": event}
            for name, event in examples().items()
            if event["type"] == message["name"]
        ]
        if message["contentType"] == BATCH_TYPE:
            batch = [event for event in examples().values() if event["type"] in message["name"]]
            message["examples"] = [{"name": "batch", "payload": batch[:2]}]
    document["components"]["schemas"] = schemas()
    return document


@cache
def examples() -> dict[str, Any]:
    """Return every example by the name of its file."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(EXAMPLES.glob("*.json"))}


@cache
def message_schemas() -> dict[str, str]:
    """Return the name of the schema of the whole event by CloudEvents type."""
    return {
        message["name"]: message["payload"]["$ref"].rpartition("/")[2]
        for message in asyncapi()["components"]["messages"].values()
        if message["contentType"] != BATCH_TYPE
    }


def validator(type_: str) -> Validator:
    """Return a validator of events of this type, as an integrator would use it."""
    return named(message_schemas()[type_])


@cache
def named(schema: str) -> Validator:
    """Return a validator for one schema of the contract."""
    return Draft7Validator({"$ref": f"{_SCHEMAS}{schema}", "components": {"schemas": schemas()}})


@cache
def strictly(type_: str) -> Validator:
    """Return a validator of events that we send: it also refuses properties outside the contract."""
    closed = {name: schema if name in _BASES else _closed(schema) for name, schema in schemas().items()}
    reference = f"{_SCHEMAS}{message_schemas()[type_]}"
    return Draft202012Validator({"$ref": reference, "components": {"schemas": closed}})


def complaints(judge: Validator, event: Any) -> list[str]:
    """Return the errors that a validator finds in a document."""
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(event)]


def properties(schema: object) -> Iterator[str]:
    """Yield the name of every property in a schema, at any depth."""
    if isinstance(schema, Mapping):
        given = schema.get("properties")
        if isinstance(given, Mapping):
            yield from given
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def references(node: object) -> Iterator[str]:
    """Yield every `$ref` in a document."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def _repointed(node: Any) -> Any:
    """Turn references to schema files into references into the bundled document."""
    if isinstance(node, dict):
        return {
            key: _pointer(value) if key == "$ref" and isinstance(value, str) else _repointed(value)
            for key, value in node.items()
        }
    return [_repointed(each) for each in node] if isinstance(node, list) else node


def _pointer(reference: str) -> str:
    file, _, place = reference.partition("#/")
    inside = not file and "/" in place  # already a place in the AsyncAPI document
    return reference if inside else f"{_SCHEMAS}{place}"


def _closed(node: Any) -> Any:
    if isinstance(node, dict):
        closed = {key: _closed(value) for key, value in node.items()}
        return closed | ({"unevaluatedProperties": False} if node.get("type") == "object" else {})
    return [_closed(each) for each in node] if isinstance(node, list) else node
