"""The rules of the Belgif guide for OpenAPI contracts, by the names of its validator.

Each function takes a contract with every reference resolved, and yields the places that break its rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from jsonschema import Draft202012Validator

Document = Mapping[str, Any]
Rule = Callable[[Document], Iterator[str]]

METHODS: Final = ("get", "put", "post", "patch", "delete", "head", "options")
#: The statuses of the guide for each method, beside those of errors.
_STATUSES: Final = {
    "get": {"200", "303", "304"},
    "put": {"200", "201", "204", "409", "412"},
    "post": {"200", "201", "202", "204", "303", "409"},
    "patch": {"200", "204", "409", "412"},
    "delete": {"200", "204", "409"},
    "head": {"200", "304"},
    "options": {"200", "204"},
}
_ERROR: Final = re.compile(r"[45]\d\d|default")
_PROBLEM: Final = "application/problem+json"
_MEMBERS: Final = {"type", "status", "title"}
_CAMEL: Final = re.compile(r"[a-z][a-zA-Z0-9]*")
_UPPER_CAMEL: Final = re.compile(r"[A-Z][a-zA-Z0-9]*")
_KEBAB: Final = re.compile(r"[A-Z][A-Za-z0-9]*(-[A-Z][A-Za-z0-9]*)*|ETag")
_TITLE: Final = re.compile(r"[A-Z][\w-]*( [A-Z][\w-]*)*")
_SINGULAR: Final = re.compile(r".*[^s]")


def operations(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield path, method and operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def schemas(node: Any, place: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every schema of a document with its place, at any depth."""
    if isinstance(node, list):
        for n, each in enumerate(node):
            yield from schemas(each, f"{place}[{n}]")
    elif isinstance(node, Mapping):
        if any(word in node for word in ("type", "properties", "allOf", "oneOf", "anyOf", "enum")):
            yield place, node
        for key, value in node.items():
            if key not in ("example", "examples", "default"):
                yield from schemas(value, f"{place}/{key}")


def _responses(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            yield f"{method} {path} {status}", status, response


def _parameters(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for parameter in item.get("parameters", ()):
            yield f"{path} {parameter['name']}", parameter
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            yield f"{method} {path} {parameter['name']}", parameter


def application_json_should_have_schema(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        places = [operation.get("requestBody", {}), *operation["responses"].values()]
        for place in places:
            for kind, content in place.get("content", {}).items():
                if kind.endswith("json") and not content.get("schema"):
                    yield f"{method} {path} {kind}"


def component_names_should_be_upper_camel_case(document: Document) -> Iterator[str]:
    for kind, parts in document.get("components", {}).items():
        if kind not in ("securitySchemes", "headers"):
            yield from (f"{kind}/{name}" for name in parts if not _UPPER_CAMEL.fullmatch(name))


def default_problem_response(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        if "default" not in operation["responses"]:
            yield f"{method} {path}"


def default_values(document: Document) -> Iterator[str]:
    for place, parameter in _parameters(document):
        if parameter.get("required") and "default" in parameter.get("schema", {}):
            yield place
    for place, schema in schemas(document):
        for name in schema.get("required", ()):
            if "default" in schema.get("properties", {}).get(name, {}):
                yield f"{place}/{name}"


def status_codes(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        for status in operation["responses"]:
            if not _ERROR.fullmatch(status) and status not in _STATUSES[method]:
                yield f"{method} {path} {status}"


def enum_values_should_validate_against_schema(document: Document) -> Iterator[str]:
    for place, schema in schemas(document):
        kind = schema.get("type")
        for value in schema.get("enum", ()) if isinstance(kind, str) else ():
            if value is not None and not Draft202012Validator({"type": kind}).is_valid(value):
                yield f"{place} {value}"


def error_response_should_produce_problem_json(document: Document) -> Iterator[str]:
    for place, status, response in _responses(document):
        content = response.get("content", {})
        if _ERROR.fullmatch(status) and content and set(content) != {_PROBLEM}:
            yield place


def problem_json_not_allowed_with_successful_status_code(document: Document) -> Iterator[str]:
    for place, status, response in _responses(document):
        if not _ERROR.fullmatch(status) and _PROBLEM in response.get("content", {}):
            yield place


def should_use_problem_response_schema(document: Document) -> Iterator[str]:
    for place, status, response in _responses(document):
        schema = response.get("content", {}).get(_PROBLEM, {}).get("schema")
        told = {} if schema is None else schema.get("properties", {})
        if _ERROR.fullmatch(status) and schema is not None and not told.keys() >= _MEMBERS:
            yield place


def headers_upper_kebab_case(document: Document) -> Iterator[str]:
    for place, parameter in _parameters(document):
        if parameter["in"] == "header" and not _KEBAB.fullmatch(parameter["name"]):
            yield place
    for place, _, response in _responses(document):
        yield from (f"{place} {name}" for name in response.get("headers", {}) if not _KEBAB.fullmatch(name))


def multi_value_query_params(document: Document) -> Iterator[str]:
    """Yield parameters with several values that are not repeated (the default of the style `form`)."""
    for place, parameter in _parameters(document):
        is_list = parameter["in"] == "query" and parameter["schema"].get("type") == "array"
        if is_list and not (parameter.get("explode", True) and parameter.get("style", "form") == "form"):
            yield place


def query_names_should_be_lower_camel_case(document: Document) -> Iterator[str]:
    for place, parameter in _parameters(document):
        if parameter["in"] != "header" and not _CAMEL.fullmatch(parameter["name"]):
            yield place


def path_in_plural(document: Document) -> Iterator[str]:
    """Yield paths in which a parameter follows a name that is not a plural."""
    for path in document["paths"]:
        parts = path.strip("/").split("/")
        for before, part in pairwise(parts):
            if part.startswith("{") and not before.startswith("{") and _SINGULAR.fullmatch(before):
                yield path


def path_trailing_slash(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if path.endswith("/"))


def uri_extensions(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if re.search(r"\.\w+$", path))


def presence_of_payload(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        if method in ("get", "delete", "head", "options") and "requestBody" in operation:
            yield f"{method} {path} request"
        if operation["responses"].get("204", {}).get("content"):
            yield f"{method} {path} 204"
        read = operation["responses"].get("200") if method == "get" else None
        if read is not None and not read.get("content"):
            yield f"{method} {path} 200"


def request_body_required(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        if "requestBody" in operation and not isinstance(operation["requestBody"].get("required"), bool):
            yield f"{method} {path}"


def properties_nullable(document: Document) -> Iterator[str]:
    for place, schema in schemas(document["paths"]):
        for name, part in schema.get("properties", {}).items():
            if isinstance(part, Mapping) and part.get("nullable"):
                yield f"{place}/{name}"


def representation_of_collection(document: Document) -> Iterator[str]:
    for place, schema in schemas(document["paths"]):
        items = schema.get("properties", {}).get("items")
        if isinstance(items, Mapping) and "type" in items and items["type"] != "array":
            yield place


def scopes_are_defined_in_security_scheme(document: Document) -> Iterator[str]:
    defined = document.get("components", {}).get("securitySchemes", {})
    for path, method, operation in operations(document):
        for need in operation.get("security", document.get("security", ())):
            for name, scopes in need.items():
                known = {
                    scope
                    for flow in defined.get(name, {}).get("flows", {}).values()
                    for scope in flow.get("scopes", {})
                }
                if name not in defined or not set(scopes) <= known:
                    yield f"{method} {path} {name}"


def server_url_format(document: Document) -> Iterator[str]:
    yield from (
        each["url"]
        for each in document["servers"]
        if not re.fullmatch(r"https://[^/]+(/[^{}?]*[^/])?", each["url"])
    )


def tag_guidelines(document: Document) -> Iterator[str]:
    defined = {tag["name"] for tag in document["tags"]}
    yield from (name for name in defined if not _TITLE.fullmatch(name))
    for path, method, operation in operations(document):
        if len(operation["tags"]) != 1 or not set(operation["tags"]) <= defined:
            yield f"{method} {path}"


def values_of_required_should_be_defined_as_properties(document: Document) -> Iterator[str]:
    for place, schema in schemas(document["paths"]):
        if "properties" in schema:
            missing = set(schema.get("required", ())) - schema["properties"].keys()
            yield from (f"{place}/{name}" for name in missing)


def verify_operation_id(document: Document) -> Iterator[str]:
    seen = set[str]()
    for path, method, operation in operations(document):
        name = operation.get("operationId", "")
        if not _CAMEL.fullmatch(name) or name in seen or not operation.get("summary"):
            yield f"{method} {path}"
        seen.add(name)


def json_object_as_top_level_structure(document: Document) -> Iterator[str]:
    for path, method, operation in operations(document):
        for place in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, content in place.get("content", {}).items():
                if kind.endswith("json") and content["schema"].get("type", "object") != "object":
                    yield f"{method} {path}"


RULES: Final[Mapping[str, Rule]] = {
    "".join(word.capitalize() for word in function.__name__.split("_")): function
    for function in (
        application_json_should_have_schema, component_names_should_be_upper_camel_case,
        default_problem_response, default_values, status_codes, enum_values_should_validate_against_schema,
        error_response_should_produce_problem_json, problem_json_not_allowed_with_successful_status_code,
        should_use_problem_response_schema, headers_upper_kebab_case, multi_value_query_params,
        query_names_should_be_lower_camel_case, path_in_plural, path_trailing_slash, uri_extensions,
        presence_of_payload, request_body_required, properties_nullable, representation_of_collection,
        scopes_are_defined_in_security_scheme, server_url_format, tag_guidelines,
        values_of_required_should_be_defined_as_properties, verify_operation_id,
        json_object_as_top_level_structure,
    )
}  # fmt: skip
