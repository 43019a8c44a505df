"""Each example fits the contract, each type has an example, and invalid examples are refused."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from services.intake.reception.channels.queue import COMMANDS as READER
from services.personnel_file.consultation.channels.queue import COMMANDS as QUERIES
from shared.domain.identifiers import (
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
)
from shared.messages import SERVICE
from shared.topology import COMMANDS as SENT
from shared.topology import CREATE_DECLARATION, QUERY_PERIODS
from tests.contracts.contract import complaints, examples, message_schemas, strictly, validator

COMMANDS = [name for name, event in examples().items() if event["type"] == CREATE_DECLARATION]
#: The only example with wrong numbers: it shows how they are answered.
MISTAKEN = "in_with_mistakes"


@pytest.mark.parametrize("name", examples())
def test_example_fits_the_contract(name: str) -> None:
    event = examples()[name]
    assert complaints(validator(event["type"]), event) == []
    assert complaints(strictly(event["type"]), event) == [], "it says more than the contract tells of"


def test_every_type_has_an_example() -> None:
    assert {event["type"] for event in examples().values()} == message_schemas().keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_declaration_can_be_read(name: str) -> None:
    event = READER.event.model_validate_json(json.dumps(examples()[name]))
    assert event.data.kind.block in examples()[name]["data"]


@pytest.mark.parametrize("name", [n for n, event in examples().items() if event["type"] == QUERY_PERIODS])
def test_every_query_can_be_read(name: str) -> None:
    event = QUERIES.event.model_validate_json(json.dumps(examples()[name]))
    assert event.data.query().criteria.given()


@pytest.mark.parametrize("name", examples())
def test_times_have_an_offset(name: str) -> None:
    assert datetime.fromisoformat(examples()[name]["time"]).tzinfo is not None


@pytest.mark.parametrize("name", examples())
def test_invented_numbers_have_valid_check_digits(name: str) -> None:
    event = json.dumps(examples()[name])
    wrong = json.dumps(examples()[MISTAKEN]["data"]["worker"])
    for key, number in _numbers(json.loads(event.replace(wrong, "{}"))):
        match key:
            case "ssin":
                assert parse_ssin(number) is not None
            case "enterpriseNumber":
                assert parse_enterprise_number(number) is not None
            case "employerId":
                assert parse_employer_id(number) is not None
            case "declarationId" | "periodId" | "dailyRegistrationId":
                assert parse_dimona_number(number) is not None


@pytest.mark.parametrize("type_", message_schemas())
@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "service", "data"])
def test_control_an_incomplete_envelope_is_refused(type_: str, attribute: str) -> None:
    event = _one(type_)
    del event[attribute]
    assert complaints(validator(type_), event)


@pytest.mark.parametrize("type_", message_schemas())
def test_control_data_of_another_type_are_refused(type_: str) -> None:
    others = message_schemas().keys() - {type_}
    assert all(complaints(validator(other), _one(type_)) for other in others)


@pytest.mark.parametrize("type_", [t for t in message_schemas() if t.endswith(("Reply", ".reply"))])
@pytest.mark.parametrize("attribute", ["relatedto", "relatedtosource"])
def test_control_a_reply_without_relatedto_is_refused(type_: str, attribute: str) -> None:
    event = _one(type_)
    del event[attribute]
    assert complaints(validator(type_), event)


@pytest.mark.parametrize("type_", [t for t in message_schemas() if t not in SENT])
def test_control_an_undocumented_property_is_refused(type_: str) -> None:
    for place in ("event", "data"):
        event = _one(type_)
        (event if place == "event" else event["data"])["surprise"] = 1
        assert complaints(validator(type_), event) == [], "a reader ignores what he does not know"
        assert complaints(strictly(type_), event)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("result_a", {"result": "S"}),  # only the intermediate reply has S
        ("result_s", {"result": "A"}),
        ("result_a", {"result": "R"}),
        ("result_b", {"anomalies": None}),  # B says why
        ("result_w", {"period": None}),
        ("result_a", {"contestationDeadline": None}),
        ("result_a", {"declarationId": "605114838201"}),
    ],
)
def test_control_an_impossible_status_is_refused(name: str, change: dict[str, Any]) -> None:
    event = deepcopy(examples()[name])
    status = event["data"]["declarationStatus"] | change
    event["data"]["declarationStatus"] = {key: value for key, value in status.items() if value is not None}
    assert complaints(validator(event["type"]), event)


def test_control_a_foreign_service_is_refused() -> None:
    assert complaints(
        validator(CREATE_DECLARATION), _one(CREATE_DECLARATION) | {"service": f"{SERVICE}.other"}
    )


def _one(type_: str) -> dict[str, Any]:
    return deepcopy(next(event for event in examples().values() if event["type"] == type_))


def _numbers(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        here = [(key, value) for key, value in node.items() if isinstance(value, str | int)]
        return here + [pair for value in node.values() for pair in _numbers(value)]
    return [pair for each in node for pair in _numbers(each)] if isinstance(node, list) else []
