"""The contract refuses exactly the bodies that our reader refuses (decision D4).

Every example is changed in every place in many ways, and is read by the contract and by our own reader. The
accepted differences are listed here with their reasons.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

import pytest
from pydantic import ValidationError

from services.intake.reception.channels.queue import COMMANDS as READER
from shared.topology import CREATE_DECLARATION
from tests.contracts.contract import complaints, examples, validator

COMMANDS = [name for name, event in examples().items() if event["type"] == CREATE_DECLARATION]
ODDITIES: Final[tuple[Any, ...]] = (
    None, "", " ", "x", "X" * 300, "\u0000", "é", "12", "2026-02-30", "21/02/2026", "2026-2-1",
    "93.05.18-223.61", 0, -1, 7, 8.0, 8.5, 10**30, True, False, [], ["x"], {}, {"surprise": 1},
)  # fmt: skip


def changed(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Yield (place, new value, changed document) for each single change of a document."""
    for key in list(node):
        for oddity in ODDITIES:
            yield (*path, key), oddity, node | {key: oddity}
        yield (*path, key), "removed", {name: value for name, value in node.items() if name != key}
        if isinstance(node[key], dict):
            for place, oddity, inner in changed(node[key], (*path, key)):
                yield place, oddity, node | {key: inner}
    yield (*path, "surprise"), 1, node | {"surprise": 1}


def we_read(event: Any) -> bool:
    try:
        READER.event.model_validate_json(json.dumps(event))
    except ValidationError:
        return False
    return True


def more_lenient(place: tuple[str, ...], value: Any) -> bool:
    """Return whether our reader accepts this value on purpose against the contract.

    Null is read as absent; three attributes of the envelope have no effect.
    """
    return value is None or place in (("service",), ("time",), ("datacontenttype",))


@pytest.mark.parametrize("name", COMMANDS)
def test_contract_and_reader_agree(name: str) -> None:
    judge = validator(CREATE_DECLARATION)
    readable = 0
    for place, value, event in changed(deepcopy(examples()[name])):
        allowed, read = not complaints(judge, event), we_read(event)
        readable += read
        assert allowed or not read or more_lenient(place, value), f"we read {value!r} at {place}"
        assert read or not allowed, f"we do not read {value!r} at {place}"
    assert readable > 20, "the question was asked in earnest"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"employer": {"employerId": 1}},
        {"dimonaOut": {"periodId": 1}, "dimonaCancel": {"periodId": 1}},
        {"dimonaIn": {"startDate": "2026-02-21"}},
        {"dimonaLimosa": {"periodId": 1}},
        {"dimonaDailyRegistration": {}, "employer": {"employerId": 1}},
        {"dimonaDailyRegistration": {}, "worker": {"ssin": "93051822361"}},
        {"dimonaDailyRegistration": {"periodId": 1}, "dimonaCancel": {"periodId": 1}},
    ],
    ids=[
        "nothing",
        "no kind",
        "two kinds",
        "no features",
        "a kind that is not offered",
        "a day with an employer",
        "a day with a worker",
        "a day and a CANCEL",
    ],
)
def test_a_body_that_is_no_declaration_is_refused_by_both(data: dict[str, Any]) -> None:
    event = examples()["cancel"] | {"data": data}
    assert complaints(validator(CREATE_DECLARATION), event)
    assert not we_read(event)


@pytest.mark.parametrize(
    "data",
    [
        {"dimonaIn": {"features": {}}},
        {"dimonaOut": {}},
        {"dimonaUpdate": {}},
        {"dimonaCancel": {"periodId": -7}},
        {"dimonaDailyRegistration": {}},
        {"dimonaDailyRegistration": {"attestationStatus": 2, "dailyRegistrationId": 0}},
        {"employer": {}, "worker": {"ssin": "no"}, "dimonaIn": {"startDate": "2026-99-99", "features": {}}},
    ],
    ids=[
        "empty IN",
        "empty OUT",
        "empty UPDATE",
        "impossible period",
        "empty day",
        "impossible day",
        "nothing right",
    ],
)
def test_a_declaration_with_anomalies_is_accepted_by_both(data: dict[str, Any]) -> None:
    event = examples()["cancel"] | {"data": data}
    assert complaints(validator(CREATE_DECLARATION), event) == []
    assert we_read(event)
