"""Answers over HTTP, as the contracts describe them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from tests.asgi import Answer
from tests.contracts.openapi import Operation, as_json_schema, contract, operations


def faults(contract_name: str, method: str, url: str, answer: Answer) -> list[str]:
    """Return the ways in which an answer differs from its contract; an unknown path has a problem."""
    operation = _operation(contract_name, method.lower(), urlsplit(url).path)
    if operation is None:
        return _of_body(_problem(), answer) if answer.status in (404, 405, 501) else ["no such operation"]
    responses = operation.document["responses"]
    response = responses.get(str(answer.status), responses["default"])
    missing = [
        f"no header {name}"
        for name, header in response.get("headers", {}).items()
        if header.get("required") and name.lower() not in answer.headers
    ]
    return missing + _of_body(response, answer)


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


def _of_body(response: Any, answer: Answer) -> list[str]:
    content = response.get("content", {})
    if not answer.body:
        return [] if not content or answer.status == 201 else ["no body"]
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if media_type not in content:
        return [f"content type {media_type!r}"]
    judge = Draft202012Validator(as_json_schema(content[media_type]["schema"]))
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(answer.json())]
