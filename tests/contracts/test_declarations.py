"""The REST contract describes declarations and answers like the contract of the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.intake.dialogue.addresses import with_addresses
from services.intake.reception.channels.rest import read
from tests.contracts.contract import complaints, examples
from tests.contracts.freeze import rest
from tests.contracts.openapi import Operation, in_openapi, operations

CREATE, READ = [
    next(o for o in operations() if (o.contract, o.method) == ("declarations", method))
    for method in ("post", "get")
]
#: Keywords for faults that make a body unreadable (decision D4). Every other fault is an anomaly.
STRUCTURAL = {"Text": r"^[^\u0000]*$", "DateText": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}


def examples_of(operation: Operation) -> dict[str, Any]:
    """Return the example bodies of the contract by name."""
    body = operation.document.get("requestBody") or operation.document["responses"]["200"]
    return {name: each["value"] for name, each in body["content"]["application/json"]["examples"].items()}


@pytest.mark.parametrize("operation", [CREATE, READ], ids=["declare", "read"])
def test_the_examples_of_rest_and_queue_are_equal(operation: Operation) -> None:
    shown = examples_of(operation)
    assert len(shown) >= 4
    if operation is READ:
        base = "https://services.example.be/REST/dimona/v2"
        number = {name: each["declarationStatus"]["declarationId"] for name, each in shown.items()}
        told = {name: json.dumps(examples()[name]["data"]) for name in shown}
        assert shown == {name: with_addresses(base, number[name], told[name]) for name in shown}
    else:
        assert shown == {name: examples()[name]["data"] for name in shown}


def test_an_answer_over_rest_leads_to_the_pages_of_its_anomalies() -> None:
    told = examples()["result_w"]["data"]
    number, base, pages = told["declarationStatus"]["declarationId"], "https://a", "https://a/doc"
    shown = with_addresses(base, number, json.dumps(told), pages)["declarationStatus"]["anomalies"]
    assert [each.pop("href") for each in shown] == [
        f"https://a/doc/anomalies/{each['errorId']}" for each in shown
    ]
    assert shown == told["declarationStatus"]["anomalies"]


def test_each_kind_of_declaration_and_each_result_has_an_example() -> None:
    kinds = {key for each in examples_of(CREATE).values() for key in each if key.startswith("dimona")}
    assert kinds == {
        "dimonaIn", "dimonaOut", "dimonaUpdate", "dimonaCancel", "dimonaDailyRegistration",
    }  # fmt: skip
    assert {each["declarationStatus"]["result"] for each in examples_of(READ).values()} == set("AWBS")


def test_values_that_are_anomalies_fit_the_contract() -> None:
    """Lengths, patterns, ranges, check digits and code lists do not make a problem (decision D4)."""
    schemas = rest()
    said = {name: schemas[name] for name in _reached("Declaration", schemas)}
    found = {(name, key) for name, schema in said.items() for key in _bounds(schema)}
    assert found == {("Text", "pattern"), ("Text", "minLength"), ("DateText", "pattern"), *OTHERWISE}
    assert {name: said[name]["pattern"] for name in STRUCTURAL} == STRUCTURAL


#: `"gender": "1"` and `"periodId": "605114838201"` can be read. A word cannot: it is neither an integer nor
#: digits. The list of an address is null, which its box number may be.
#: A reference is not part of a declaration in law, so no anomaly is about it (ADR 24).
OTHERWISE = {("DeclaredWorker", "pattern"), ("PeriodId", "pattern"), ("Address", "enum")} | {
    ("Reference", bound) for bound in ("pattern", "minLength", "maxLength")
}
_BOUNDS = {"pattern", "minLength", "maxLength", "minimum", "maximum", "enum", "format"}


def _bounds(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from _BOUNDS & node.keys()
        for key, value in node.items():
            yield from _bounds(list(value.values()) if key == "properties" else value)
    elif isinstance(node, list):
        for each in node:
            yield from _bounds(each)


def _reached(name: str, schemas: Mapping[str, Any]) -> set[str]:
    """Return the schemas that a schema refers to, itself included."""
    found, waiting = set[str](), [name]
    while waiting:
        if (one := waiting.pop()) not in found:
            found.add(one)
            text = json.dumps(schemas[one])
            waiting += [other for other in schemas if f'"#/schemas/{other}"' in text]
    return found


@pytest.mark.parametrize(
    ("document", "readable"),
    [
        *((each, True) for each in examples_of(CREATE).values()),
        ({"dimonaCancel": {"periodId": 1}}, True),
        ({"dimonaIn": {}}, False),
        ({"dimonaCancel": {"periodId": "605114838201"}}, True),
        ({"dimonaCancel": {"periodId": "number"}}, False),
        ({"dimonaUpdate": {}, "periodId": 605114838201}, True),
        ({"dimonaCancel": {}, "dimonaOut": {}}, False),
        ({"dimonaOut": {"endDate": "21-02-2026"}}, False),
        ({"dimonaOut": {"endDay": "2026-02-21"}}, False),
        ({"dimonaIn": {"features": {"workerType": ""}}}, False),
        ({}, False),
    ],
)
def test_the_contract_and_the_service_accept_equal_bodies(document: Any, readable: bool) -> None:
    assert (complaints(in_openapi("Declaration"), document) == []) is readable
    assert (read("client", json.dumps(document).encode()).problem is None) is readable
