"""Binary mode of CloudEvents: headers and body of a message become an event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.intake.reception.channels.queue import read
from shared.runtime.binary_mode import attributes_of, structured
from shared.runtime.step import Item
from shared.topology import CREATE_DECLARATION, MAX_MESSAGE_BYTES
from tests.unit.services.intake.reception.messages import incoming

DATA = {"dimonaCancel": {"periodId": 605114838201}}
ATTRIBUTES = {"specversion": "1.0", "id": "c-1", "source": "urn:payroll", "type": CREATE_DECLARATION}


def headers(prefix: str = "cloudEvents:", **changed: Any) -> dict[str, Any]:
    return {f"{prefix}{name}": value for name, value in (ATTRIBUTES | changed).items()}


def command(body: bytes, said: dict[str, Any], content_type: str | None = "application/json") -> Any:
    """Return the command that the queue channel reads from a message."""
    attributes = attributes_of(said, content_type)
    (item,) = read(incoming(structured(body, attributes), attributes.get("id")))
    assert isinstance(item, Item)
    return item.value


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_", "ce-"])
@pytest.mark.parametrize("content_type", ["application/json", "", None])
def test_headers_and_body_are_one_event(prefix: str, content_type: str | None) -> None:
    found = command(json.dumps(DATA).encode(), headers(prefix), content_type)
    assert (found.problem, found.message_id, found.message_source) == (None, "c-1", "urn:payroll")
    assert found.data.period_id == 605114838201


def test_an_equal_message_is_a_repeat_in_whatever_order_the_headers_come() -> None:
    body, said = json.dumps(DATA).encode(), headers()
    backwards = dict(reversed(said.items()))
    assert command(body, said).body_sha256 == command(body, backwards).body_sha256
    assert command(body, said).body_sha256 != command(body, headers(source="urn:x")).body_sha256


def test_a_message_in_structured_mode_stays() -> None:
    body = json.dumps({**ATTRIBUTES, "id": "inside", "data": DATA}).encode()
    said = headers(id="outside")
    assert attributes_of(said, "application/cloudevents+json; charset=utf-8") == {}
    assert attributes_of(said, "application/cloudevents-batch+json") == {}
    assert structured(body, {}) is body
    assert command(body, said, "application/cloudevents+json").message_id == "inside"


@pytest.mark.parametrize(
    ("body", "changed", "place"),
    [
        (b'{"dimonaIn": {}}', {}, "data.dimonaIn.features"),
        (b'["a"]', {}, "data"),
        (b"{}", {"id": None}, "id"),
        (b"{}", {"type": "be.nsso.other"}, "type"),
        (b'{"dimonaCancel": {"periodId": 1}', {}, None),
        (b"", {}, None),
        (b'{}, "id": "another"', {}, None),
        (b"\xff", {}, None),
        (b"[" * 20_000, {}, None),
    ],
)
def test_mistakes_have_the_names_of_structured_mode(body: bytes, changed: Any, place: str | None) -> None:
    found = command(body, headers(**changed))
    assert found.problem["status"] == 400
    assert {issue.get("name") for issue in found.problem.get("issues", [{}])} >= {place}
    assert found.message_id == ("c-1" if "id" not in changed else found.message_id)


def test_a_broken_body_has_its_own_position() -> None:
    (issue,) = command(b'{"dimonaCancel":\n {"periodId" 1}}', headers()).problem["issues"]
    assert issue["detail"] == "The body is not valid JSON: line 2, column 14"


def test_other_values_and_the_data_are_no_attributes() -> None:
    said = headers(time=7, data="{}", data_base64="e30=", datacontenttype="text/plain", subject="x")
    assert attributes_of({**said, "x": "y"}, None) == {**ATTRIBUTES, "subject": "x"}


def test_a_body_that_is_too_large_is_not_read() -> None:
    body = b" " * (MAX_MESSAGE_BYTES + 1)
    assert structured(body, ATTRIBUTES) is body
    assert command(body, headers()).problem["status"] == 413


def test_headers_of_two_prefixes_are_not_mixed() -> None:
    said = {**headers("ce-", id="of-ce"), "cloudEvents:id": "c-1"}
    assert attributes_of(said, None) == {"id": "c-1"}


def test_a_message_with_thousands_of_headers_is_read_in_structured_mode() -> None:
    said = headers() | {f"cloudEvents:x{n}": "y" for n in range(5000)}
    assert attributes_of(said, None) == {}
