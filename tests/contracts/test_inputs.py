"""Inputs of the notifier and of contact: exactly those of their contracts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.contact.complaint.api import ComplaintRequest
from services.contact.work.api import SearchRequest
from services.notifier.ebox.api.paper import Preferences
from services.notifier.ebox.api.reading import Overview
from services.personnel_file.consultation.channels.request import SearchRequest as PeriodSearch
from shared.runtime.inputs import HIGHEST
from tests.contracts.openapi import faces

COMPLAINT = {"name": "Odile", "address": "Rue Haute 1", "description": "No answer."}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        *((ComplaintRequest, COMPLAINT | {name: None}) for name in (
            "email", "enterpriseNumber", "serviceConcerned", "subject", "language", "name",
        )),
        (SearchRequest, {"enterpriseNumber": "0477472701", "ssin": None}),
        (SearchRequest, {"enterpriseNumber": None, "ssin": "85051801215"}),
        *((PeriodSearch, {"isLate": value}) for value in (None, "true", 1)),
        (Preferences, {"isExclusivelyDigital": None}),
        (Preferences, {"isExclusivelyDigital": "yes"}),
        (Preferences, {"isExclusivelyDigital": 1}),
        (Preferences, {"is_exclusively_digital": True}),
        (Overview, {"is_read": True}),
    ],
)  # fmt: skip
def test_a_null_or_a_value_of_another_form_is_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_an_absent_property_is_none() -> None:
    assert ComplaintRequest.model_validate(COMPLAINT).email is None
    assert SearchRequest.model_validate({"enterpriseNumber": "0477472701"}).ssin is None


def integers(node: Any) -> Iterator[dict[str, Any]]:
    """Yield each schema of an integer below a node of an OpenAPI document."""
    if isinstance(node, dict):
        if node.get("type") == "integer":
            yield node
        for value in node.values():
            yield from integers(value)
    elif isinstance(node, list):
        for value in node:
            yield from integers(value)


@pytest.mark.parametrize("service", ["notifier", "contact"])
def test_every_integer_fits_into_the_database(service: str) -> None:
    """A larger one once caused a refused statement and status 500."""
    document = faces()[service].openapi()
    parameters = [
        operation.get("parameters", []) for path in document["paths"].values() for operation in path.values()
    ]
    found = list(integers(parameters))
    assert found
    assert all(
        schema.get("maximum", schema.get("exclusiveMaximum", HIGHEST + 1)) <= HIGHEST for schema in found
    )
