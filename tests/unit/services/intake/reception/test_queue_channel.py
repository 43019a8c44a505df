"""The queue channel makes a command of any message: it raises no error, and everything has a limit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from services.intake.dialogue import channels as replies
from services.intake.reception.channels.queue import Command, read
from shared.domain.calendar import BRUSSELS
from shared.problems import ISSUES_MOST
from shared.runtime.commands import Commands
from shared.runtime.incoming import Incoming
from shared.runtime.step import Item
from shared.topology import CREATE_DECLARATION, MAX_MESSAGE_BYTES
from tests.unit.services.intake.reception.messages import incoming

NOON = datetime(2026, 11, 20, 12, tzinfo=BRUSSELS)


def command(one: Incoming) -> Command:
    (item,) = read(one)
    assert isinstance(item, Item)
    return item.value


def envelope(data: dict[str, Any]) -> bytes:
    event = {"specversion": "1.0", "id": "c-1", "source": "urn:x", "type": CREATE_DECLARATION, "data": data}
    return json.dumps(event).encode()


@pytest.mark.parametrize("stamp", [10**18, -1, True, "soon", None, {"t": 1}])
def test_an_invalid_time_stamp_is_none(stamp: object) -> None:
    one = command(incoming(envelope({"dimonaCancel": {"periodId": 1}}), stamp=stamp))
    assert one.problem is None
    assert one.stamp is None or stamp is True


def test_a_valid_time_stamp_is_kept() -> None:
    one = command(incoming(envelope({"dimonaCancel": {"periodId": 1}}), stamp=1_790_000_000_000))
    assert one.stamp is not None
    assert one.stamp.year == 2026


@pytest.mark.parametrize("message_id", ["a\0b", "", "x" * 256, "\ud800", "tab\there", None])
def test_an_invalid_message_id_is_no_id(message_id: str | None) -> None:
    assert command(incoming(b"not json", message_id)).message_id.startswith("sha256:")


def test_the_message_id_identifies_repeats_of_an_unreadable_message() -> None:
    assert command(incoming(b"not json", "m-7")).message_id == "m-7"


def test_the_answer_to_hundreds_of_errors_fits_into_a_message() -> None:
    wrong = {f"p{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{n}": 1 for n in range(200)}
    body = envelope({"dimonaCancel": {"periodId": 1}, **wrong})
    told = command(incoming(body)).problem
    assert told is not None
    assert len(told["issues"]) == ISSUES_MOST
    assert told["moreIssues"] == 200 - ISSUES_MOST
    assert len(replies.problem(command(incoming(body)), NOON, told).body) < 64 * 1024


def test_twenty_thousand_unknown_properties_are_not_read_one_by_one() -> None:
    wrong = {f"p{n}": 1 for n in range(3_000)}
    body = envelope({"dimonaCancel": {"periodId": 1}, **wrong})[: MAX_MESSAGE_BYTES - 1]
    small = envelope({"dimonaCancel": {"periodId": 1}, **{f"p{n}": 1 for n in range(1_500)}})
    assert len(small) < MAX_MESSAGE_BYTES
    told, cut = command(incoming(small)), command(incoming(body))
    assert told.problem is not None
    assert "issues" not in told.problem, "no list of mistakes is made beyond the limit"
    assert (told.problem["status"], told.message_id) == (400, "c-1")
    assert cut.problem is not None


def test_a_property_name_that_is_a_number_is_not_repeated() -> None:
    told = command(incoming(envelope({"93051822361": 1, "dimonaCancel": {}}))).problem
    assert "93051822361" not in json.dumps(told)


def test_an_unexpected_error_while_reading_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Command:
        raise RuntimeError("93051822361")

    monkeypatch.setattr(Commands, "_command", fail)
    one = command(incoming(envelope({"dimonaCancel": {"periodId": 1}})))
    assert one.problem is not None
    assert one.problem["detail"] == "The message cannot be read"
