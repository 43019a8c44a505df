"""The HTTP contracts match the routes and follow the rules of the Belgif guide (named in brackets)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.asgi import call
from tests.contracts.openapi import (
    Operation,
    as_json_schema,
    contract,
    contracts,
    faces,
    operations,
    routes,
)

FACES = faces()
LOWER_CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")
#: Paths that others have named: OAuth, OpenID and Dimona REST v2.
STANDARD = re.compile(r"/(\.well-known/.*|jwks|REST/(oauth|dimona)/.*)")
#: As a word of its own: `processing` has these letters too.
SSIN_IN_PATH = re.compile(r"(?<![a-z])(ssin|niss)|Ssin|Niss|SSIN|NISS")


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


every = pytest.mark.parametrize("operation", operations(), ids=name_of)


@pytest.mark.parametrize("service", FACES)
def test_an_api_has_exactly_the_operations_of_its_contracts(service: str) -> None:
    said = {(o.method, o.path) for o in operations() if o.service == service}
    assert routes(FACES[service]) == said


def test_the_contracts_name_services_that_have_an_api() -> None:
    assert {contract(name)["x-service"] for name in contracts()} == FACES.keys()


@pytest.mark.parametrize("name", contracts())
def test_a_contract_is_valid(name: str) -> None:  # [oas-contra]
    document = contract(name)
    assert document["openapi"] == "3.0.3"
    assert document["info"]["description"]
    assert {tag["name"] for tag in document["tags"]} == {
        tag for o in operations() if o.contract == name for tag in o.document["tags"]
    }


def test_operation_ids_are_unique() -> None:
    assert max(Counter((o.service, o.document["operationId"]) for o in operations()).values()) == 1


@every
def test_an_operation_is_described(
    operation: Operation,
) -> None:  # [PathCamelCase, VerifyOperationId]
    document = operation.document
    assert LOWER_CAMEL.fullmatch(document["operationId"])
    assert document["summary"]
    assert len(document["tags"]) == 1
    assert "default" in document["responses"] or operation.is_public
    if "requestBody" in document:
        assert "required" in document["requestBody"]
    if not STANDARD.fullmatch(operation.path):
        words = [part for part in operation.path.split("/") if part and not part.startswith("{")]
        assert all(LOWER_CAMEL.fullmatch(word) for word in words)
    assert not operation.path.endswith("/")


@every
def test_no_number_of_a_person_is_in_a_url(operation: Operation) -> None:  # [sens-dat]
    names = [parameter["name"] for parameter in operation.parameters]
    assert not [name for name in [*names, operation.path] if SSIN_IN_PATH.search(name)]


@every
async def test_only_a_public_operation_answers_without_a_token(operation: Operation) -> None:
    if operation.is_public:
        return
    body: Any = {} if "requestBody" in operation.document else b""
    answer = await call(FACES[operation.service], operation.method.upper(), operation.sample, body=body)
    assert answer.status == 401
    assert answer.json()["type"] == "urn:problem-type:belgif:noAccessToken"


def bodies() -> Iterator[tuple[str, Any, Any]]:
    """Yield every schema of a JSON body with each of its examples."""
    for operation in operations():
        document = operation.document
        places = {"request": document.get("requestBody", {}), **document["responses"]}
        for place, said in places.items():
            for kind, content in said.get("content", {}).items():
                if not kind.endswith("json") or place == "default":
                    continue
                examples = [each["value"] for each in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                assert examples, f"{name_of(operation)} {place} has no example"
                for n, example in enumerate(examples):
                    yield f"{name_of(operation)} {place} {n}", content["schema"], example


EXAMPLES = list(bodies())


@pytest.mark.parametrize(("schema", "example"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES])
def test_an_example_fits_its_schema(schema: Any, example: Any) -> None:
    Draft202012Validator(as_json_schema(schema), format_checker=FormatChecker()).validate(example)
    assert isinstance(example, dict), "every JSON body is an object [evo-object]"


def properties(schema: Any) -> Iterator[str]:
    """Yield the names of all properties in a schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from properties(each)


@pytest.mark.parametrize("name", [n for n in contracts() if n != "oauth"])
def test_properties_are_lower_camel(name: str) -> None:  # [jsn-naming]
    assert not [each for each in properties(contract(name)) if not LOWER_CAMEL.fullmatch(each)]
