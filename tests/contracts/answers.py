"""Answers over HTTP, as the contracts describe them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from shared.runtime.api import TRACE
from tests.asgi import Answer
from tests.contracts.openapi import Operation, as_json_schema, contract, contracts, operations

NO_BODY: Final = "no body"


def faults(contract_name: str, method: str, url: str, answer: Answer) -> list[str]:
    """Return the ways in which an answer differs from its contract; an unknown path has a problem."""
    operation = _operation(contract_name, method.lower(), urlsplit(url).path)
    if operation is None:
        return _of_body(_problem(), answer) if answer.status in (404, 405, 501) else ["no such operation"]
    responses = operation.document["responses"]
    response = responses.get(str(answer.status), responses.get("default"))
    if response is None:
        return [f"status {answer.status} is not in the contract"]
    missing = [
        f"no header {name}"
        for name, header in response.get("headers", {}).items()
        if header.get("required") and name.lower() not in answer.headers
    ]
    if "preference-applied" in answer.headers and answer.body:
        response = _read_answer()  # a 201 that waited for the result has it as its body
    return missing + _of_body(response, answer)


def faults_anywhere(method: str, url: str, answer: Answer) -> list[str]:
    """Return how an answer of one of our APIs differs from every contract with this method and path.

    An answer without our trace id comes from another server; a path in no contract, such as that of a page,
    has nothing to be compared with.
    """
    if TRACE.lower() not in answer.headers:
        return []
    asked = "GET" if method == "HEAD" else method
    found = [
        faults(name, asked, url, answer)
        for name in contracts()
        if _operation(name, asked.lower(), urlsplit(url).path) is not None
    ]
    fewest = min(found, key=len, default=[])
    return [fault for fault in fewest if method != "HEAD" or fault != NO_BODY]


@cache
def _operation(contract_name: str, method: str, path: str) -> Operation | None:
    found = [
        operation
        for operation in operations()
        if (operation.contract, operation.method) == (contract_name, method)
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
    ]
    return min(found, key=lambda operation: operation.path.count("{"), default=None)


@cache
def _problem() -> Any:
    """Return the response of every operation that was not carried out."""
    return contract("declarations")["paths"]["/REST/dimona/v2/declarations"]["post"]["responses"]["default"]


@cache
def _read_answer() -> Any:
    """Return the response with the answer to a declaration."""
    path = "/REST/dimona/v2/declarations/{declarationId}"
    return contract("declarations")["paths"][path]["get"]["responses"]["200"]


#: Validators by the identity of a part of a contract, which stays in memory.
_JUDGES: Final[dict[int, Validator]] = {}


def _judge(content: Any) -> Validator:
    if id(content) not in _JUDGES:
        _JUDGES[id(content)] = Draft202012Validator(as_json_schema(content["schema"]))
    return _JUDGES[id(content)]


def _of_body(response: Any, answer: Answer) -> list[str]:
    content = response.get("content", {})
    if not answer.body:
        return [NO_BODY] if content else []
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if media_type not in content:
        return [f"content type {media_type!r}"]
    if not media_type.endswith("json"):
        return []
    judge = _judge(content[media_type])
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(answer.json())]
