"""The HTTP contracts keep the rules of the Belgif guide, by the names of its validator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.contracts.belgif import RULES
from tests.contracts.openapi import contract, contracts

#: Rule, contract and the end of the place: why it does not hold there.
EXCEPTIONS: Final = {
    ("ErrorResponseShouldProduceProblemJson", "oauth", ""): "RFC 6749 fixes errors; a page for a person",
    ("QueryNamesShouldBeLowerCamelCase", "oauth", ""): "RFC 6749 and OpenID Connect fix the names",
    ("PathInPlural", "ebox", "/attention/{userId}"): "a word without a plural",
    ("PropertiesNullable", "declarations", "/worker/ssin"): "real clients read it (ADR 22)",
    ("DefaultValues", "consultation", "/level"): "a saved search is shown as it can be sent",
    ("DefaultValues", "consultation", "/sort"): "a saved search is shown as it can be sent",
}


def unexpected(rule: str, name: str, document: Any) -> list[str]:
    """Return the places that break a rule without an exception."""
    ends = [end for of, where, end in EXCEPTIONS if (of, where) == (rule, name)]
    return [place for place in RULES[rule](document) if not any(place.endswith(end) for end in ends)]


@pytest.mark.parametrize("rule", RULES)
def test_every_contract_keeps_the_rule(rule: str) -> None:
    assert {name: unexpected(rule, name, contract(name)) for name in contracts()} == {
        name: [] for name in contracts()
    }


@pytest.mark.parametrize(("rule", "name", "end"), EXCEPTIONS)
def test_every_exception_is_still_needed(rule: str, name: str, end: str) -> None:
    assert any(place.endswith(end) for place in RULES[rule](contract(name)))


def sound() -> dict[str, Any]:
    """Return a contract that keeps every rule."""
    problem = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "status": {"type": "integer"},
            "title": {"type": "string"},
        },
    }
    body = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}}}
    page = {"type": "object", "properties": {"items": {"type": "array", "items": body}}}
    default = {"content": {"application/problem+json": {"schema": problem}}}
    return {
        "servers": [{"url": "https://localhost"}],
        "tags": [{"name": "Good Things"}],
        "security": [{"bearer": []}],
        "paths": {
            "/things/{thingId}": {
                "get": {
                    "operationId": "getThing", "summary": "Read", "tags": ["Good Things"],
                    "parameters": [
                        {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "kinds", "in": "query", "schema": {"type": "array"}},
                        {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
                    ],
                    "responses": {
                        "200": {
                            "headers": {"ETag": {}},
                            "content": {"application/json": {"schema": page}},
                        },
                        "default": default,
                    },
                },
                "put": {
                    "operationId": "putThing", "summary": "Write", "tags": ["Good Things"],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": {"204": {}, "default": default},
                },
            }
        },
        "components": {"schemas": {"Thing": body}, "securitySchemes": {"bearer": {"type": "http"}}},
    }  # fmt: skip


def _get(document: Any) -> Any:
    return document["paths"]["/things/{thingId}"]["get"]


def _put(document: Any) -> Any:
    return document["paths"]["/things/{thingId}"]["put"]


def _schema(document: Any) -> Any:
    return _put(document)["requestBody"]["content"]["application/json"]["schema"]


def _moved(document: Any, path: str) -> None:
    document["paths"] = {path: document["paths"]["/things/{thingId}"]}


def _page(document: Any) -> Any:
    return _get(document)["responses"]["200"]["content"]["application/json"]["schema"]


#: For each rule a change of the sound contract that breaks it.
PLANTED: Final[dict[str, Callable[[Any], Any]]] = {
    "ApplicationJsonShouldHaveSchema": lambda d: _put(d)["requestBody"]["content"][
        "application/json"
    ].clear(),
    "ComponentNamesShouldBeUpperCamelCase": lambda d: d["components"]["schemas"].update(thing={}),
    "DefaultProblemResponse": lambda d: _get(d)["responses"].pop("default"),
    "DefaultValues": lambda d: _schema(d)["properties"]["a"].update(default="x"),
    "StatusCodes": lambda d: _get(d)["responses"].update({"201": {}}),
    "EnumValuesShouldValidateAgainstSchema": lambda d: _schema(d)["properties"]["a"].update(enum=[1]),
    "ErrorResponseShouldProduceProblemJson": lambda d: _get(d)["responses"].update(
        {"400": {"content": {"application/json": {"schema": {}}}}}
    ),
    "ProblemJsonNotAllowedWithSuccessfulStatusCode": lambda d: _get(d)["responses"]["200"]["content"].update(
        {"application/problem+json": {"schema": {}}}
    ),
    "ShouldUseProblemResponseSchema": lambda d: _get(d)["responses"].update(
        {"404": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}}
    ),
    "HeadersUpperKebabCase": lambda d: _get(d)["responses"]["200"]["headers"].update(x_page={}),
    "MultiValueQueryParams": lambda d: _get(d)["parameters"][1].update(explode=False),
    "QueryNamesShouldBeLowerCamelCase": lambda d: _get(d)["parameters"][1].update(name="some_kinds"),
    "PathInPlural": lambda d: _moved(d, "/thing/{thingId}"),
    "PathTrailingSlash": lambda d: _moved(d, "/things/"),
    "UriExtensions": lambda d: _moved(d, "/things.json"),
    "PresenceOfPayload": lambda d: _get(d)["responses"]["200"].pop("content"),
    "RequestBodyRequired": lambda d: _put(d)["requestBody"].pop("required"),
    "PropertiesNullable": lambda d: _schema(d)["properties"]["a"].update(nullable=True),
    "RepresentationOfCollection": lambda d: _page(d)["properties"].update(items={"type": "object"}),
    "ScopesAreDefinedInSecurityScheme": lambda d: _get(d).update(security=[{"bearer": ["unknown"]}]),
    "ServerUrlFormat": lambda d: d["servers"][0].update(url="http://localhost/"),
    "TagGuidelines": lambda d: d["tags"][0].update(name="good things"),
    "ValuesOfRequiredShouldBeDefinedAsProperties": lambda d: _schema(d)["required"].append("b"),
    "VerifyOperationId": lambda d: _put(d).update(operationId="getThing"),
    "JsonObjectAsTopLevelStructure": lambda d: _page(d).update(type="array"),
}


def test_control_the_sound_contract_keeps_every_rule() -> None:
    assert {rule: list(function(sound())) for rule, function in RULES.items()} == {rule: [] for rule in RULES}


@pytest.mark.parametrize("rule", RULES)
def test_control_a_planted_fault_breaks_the_rule(rule: str) -> None:
    document = copy.deepcopy(sound())
    PLANTED[rule](document)
    assert list(RULES[rule](document)) != []


def test_control_a_place_without_exception_is_found() -> None:
    document = sound()
    PLANTED["PathInPlural"](document)
    assert unexpected("PathInPlural", "ebox", document) == ["/thing/{thingId}"]
