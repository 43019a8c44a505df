"""The AsyncAPI document is consistent. A full validator checks it in tests/integration."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from jsonschema import Draft7Validator

from shared.definitions import Account, definitions
from shared.domain.identifiers import parse_dimona_number
from shared.messages import Result
from shared.runtime.structure import MOST_LEVELS, MOST_PROPERTIES
from shared.topology import BATCH_BYTES, BATCH_COMMANDS, MAX_MESSAGE_BYTES, Deployment
from tests.contracts.contract import asyncapi, bundle, named, references, schemas

BUNDLE = bundle()
DESCRIPTION = BUNDLE["info"]["description"]


def at(reference: str) -> Any:
    """Return the target of a reference. Raise KeyError for a reference without target."""
    return reduce(lambda node, key: node[key], reference.removeprefix("#/").split("/"), BUNDLE)


@pytest.mark.parametrize("reference", sorted(set(references(BUNDLE))))
def test_a_reference_has_a_target(reference: str) -> None:
    assert at(reference)


def test_every_component_is_used() -> None:
    used = set(references(BUNDLE))
    for kind in ("schemas", "messages", "securitySchemes", "correlationIds"):
        assert not [n for n in BUNDLE["components"][kind] if f"#/components/{kind}/{n}" not in used]


def test_operations_use_all_channels_and_messages() -> None:
    told = {ref for channel in asyncapi()["channels"] for ref in _messages(channel)}
    operations = asyncapi()["operations"]
    assert {ref for ref in references(operations) if "/messages/" in ref} == told


def _messages(channel: str) -> list[str]:
    return [f"#/channels/{channel}/messages/{name}" for name in asyncapi()["channels"][channel]["messages"]]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_valid(name: str) -> None:
    Draft7Validator.check_schema(schemas()[name])


@pytest.mark.parametrize("name", sorted(n for n in schemas() if "examples" in schemas()[n]))
def test_examples_fit_their_schemas(name: str) -> None:
    for example in schemas()[name]["examples"]:
        assert named(name).is_valid(example)


def test_numbers_in_the_text_agree_with_the_code() -> None:
    account = {"client:a": Account("a", "secret")}
    made = definitions(Deployment(), account, ("a",), (), b"salt")
    (limits,) = [user["limits"] for user in made["users"]]
    (queue,) = [queue for queue in made["queues"] if queue["name"] == "reply.a"]
    assert f"{MAX_MESSAGE_BYTES // 1024} KiB per message" in DESCRIPTION
    assert f"{BATCH_COMMANDS} commands and {BATCH_BYTES // 2**20} MiB per batch" in DESCRIPTION
    assert f"{MOST_PROPERTIES} properties, {MOST_LEVELS} levels" in DESCRIPTION
    assert f"{limits['max-connections']} connections and {limits['max-channels']} channels" in DESCRIPTION
    assert f"A reply queue holds {queue['arguments']['x-max-length']:,} messages" in DESCRIPTION


def test_results_agree_with_the_code() -> None:
    assert set(schemas()["Result"]["enum"]) == set(Result)
    assert all(f"* {letter}: " in schemas()["Result"]["description"] for letter in Result)


def test_the_number_in_the_text_has_its_check_digits() -> None:
    for name in ("PeriodId", "DimonaNumber"):
        assert all(parse_dimona_number(number) for number in schemas()[name]["examples"])
