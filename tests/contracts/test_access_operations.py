"""The contract of the directory and the table of operations agree: name, level and scope."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.access.operations import OPERATIONS
from tests.contracts.openapi import faces, operations

SAID: dict[str, Any] = {
    operation.document["operationId"]: operation
    for operation in operations()
    if operation.contract == "access"
}


def test_the_contract_and_the_table_have_equal_operations() -> None:
    assert SAID.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_level_and_scope_of_the_table(name: str) -> None:
    row, description = OPERATIONS[name], SAID[name].document["description"]
    found = re.match(r"Scope `(\S+)`, level (\d+)(, or a technical client)?", description)
    assert found is not None
    assert (found[1], int(found[2]), found[3] is not None) == (row.scope, row.level, row.clients)


def test_a_route_has_the_name_of_its_operation() -> None:
    named = {
        (route.path, method.lower(), route.name)
        for included in faces()["access"].routes
        for route in getattr(getattr(included, "original_router", None), "routes", ())
        for method in getattr(route, "methods", ())
    }
    assert {(o.path, o.method, name) for name, o in SAID.items()} <= named
