"""Requests for an operation from its contract, for resources that exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.contracts.openapi import Operation


def path_of(operation: Operation, known: Mapping[str, str]) -> str:
    """Return the path of an operation with known ids, and with the examples of the contract for others."""
    path = operation.path
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            value = known.get(parameter["name"], str(parameter["example"]))
            path = path.replace(f"{{{parameter['name']}}}", value)
    return path


def body_of(operation: Operation) -> Any:
    """Return the first example of a JSON body, or None for an operation without one."""
    content = operation.document.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    if "example" in content:
        return content["example"]
    return next(iter(content["examples"].values()))["value"]
