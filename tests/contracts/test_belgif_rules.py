"""The rules of the Belgif guide that apply to messages, with the name of the rule in brackets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.messages import MESSAGES, SERVICE
from shared.topology import CREATE_DECLARATION
from tests.contracts.contract import asyncapi, examples, message_schemas, properties, schemas
from tests.contracts.freeze import internal

TYPES = [*message_schemas(), *MESSAGES]
WORD = r"[a-z][a-zA-Z0-9]*"
METHOD = r"(?:get|create|update|delete|notify|query|resolve|discard|lock)"  # the last four are custom methods
#: be.nsso.dimona.v1 . resource[.child] . method [. suffix]
TYPE = re.compile(rf"{re.escape(SERVICE)}\.{WORD}(?:\.{WORD})?\.{METHOD}(?:\.{WORD})?")
#: An event that has happened is named by its past participle.
PAST = frozenset({
    "issued", "opened", "created", "updated", "closed", "canceled",
    "admitted", "identificationEnded", "provisional", "settled", "refused", "registered",
    "numberReplaced", "ssinReplaced", "employerIdReplaced", "emptied", "changed", "situationChanged",
    "answered", "becameFinal", "deposited", "written", "submitted", "asked", "found", "stated",
})  # fmt: skip
PLURAL = re.compile(rf"{re.escape(SERVICE)}\.{WORD}s\.")
LOWER_CAMEL = re.compile(WORD)
NAMED_OTHERWISE = frozenset({
    "anomaly_class",  # shared.domain.anomalies.Anomaly, between the services only
})  # fmt: skip
SENSITIVE = re.compile(r"(?<![0-9])[0-9]{11}(?![0-9])")
#: CloudEvents attributes: lower-case letters and digits, twenty at most.
ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")


@pytest.mark.parametrize("type_", TYPES)
def test_type_has_the_form_of_its_kind(type_: str) -> None:  # [async-svctype]
    assert TYPE.fullmatch(type_)
    assert PLURAL.match(type_)
    *_, last, suffix = type_.split(".")
    if last == "notify":
        assert suffix in PAST
    elif last == "create":
        assert re.fullmatch(r"reply|problemReply|[a-z]+Reply", suffix)


@pytest.mark.parametrize(
    "type_",
    [
        f"{SERVICE}.declarations",
        f"{SERVICE}.Declarations.create",
        f"{SERVICE}.declarations.create.received_reply",
        "be.nsso.dimona.v2.declarations.create",
        f"{SERVICE}.declarations.settle",
    ],
)
def test_control_a_type_of_another_form(type_: str) -> None:
    assert not TYPE.fullmatch(type_)


def test_property_names_are_lower_camel_case() -> None:  # [jsn-naming]
    names = set(properties(schemas())) | set(properties(internal()))
    assert len(names) > 60
    odd = {name for name in names if not LOWER_CAMEL.fullmatch(name)}
    assert odd <= NAMED_OTHERWISE


@pytest.mark.parametrize("name", [n for n, e in examples().items() if e["type"] != CREATE_DECLARATION])
def test_our_messages_contain_no_null(name: str) -> None:  # [jsn-null], except for ADR 22
    assert {key for key, value in _pairs(examples()[name]) if value is None} <= {"ssin"}


def test_schema_names_are_upper_camel_case() -> None:  # [oas-comp]
    assert all(re.fullmatch(r"[A-Z][a-zA-Z0-9]*", name) for name in schemas())
    assert not [name for name in schemas() if name.endswith(("Data", "Info"))]


@pytest.mark.parametrize("name", examples())
def test_attributes_contain_no_number_of_a_person(name: str) -> None:  # [sens-dat]
    attributes = {key: value for key, value in examples()[name].items() if key != "data"}
    assert all(ATTRIBUTE.fullmatch(key) for key in attributes)
    assert not SENSITIVE.search(json.dumps(attributes))
    assert "subject" not in attributes


def test_control_a_niss_is_found() -> None:
    assert SENSITIVE.search(json.dumps({"subject": examples()["in_flexi_day"]["data"]["worker"]["ssin"]}))


def test_no_address_or_routing_key_contains_a_number_of_a_person() -> None:  # [sens-dat]
    asked = {name for channel in asyncapi()["channels"].values() for name in channel.get("parameters", ())}
    assert asked == {"clientId", "institutionId"}
    assert not [m for m in asyncapi()["components"]["messages"].values() if "headers" in m]


def test_every_payload_is_an_object() -> None:  # [evo-object]
    assert all(schemas()[name]["type"] == "object" for name in message_schemas().values())


def test_replies_relate_to_a_message() -> None:  # [async-ctxt]
    for event in examples().values():
        is_reply = event["type"].lower().endswith("reply")
        assert is_reply == ("relatedto" in event) == ("relatedtosource" in event)


def test_instants_have_an_offset() -> None:  # [jsn-date]
    for event in examples().values():
        for key, value in _pairs(event):
            if key in {"time", "receivedAt", "issuedAt"}:
                assert datetime.fromisoformat(value).astimezone(UTC)
                assert re.search(r"(Z|[+-]\d{2}:\d{2})$", value)


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _pairs(value)


def _values(node: Any) -> Iterator[Any]:
    yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _values(value)
