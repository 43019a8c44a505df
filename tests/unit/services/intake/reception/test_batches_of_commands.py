"""A batch of commands in one message: each command keeps its own id, problem and repeat rule."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from services.intake.reception.channels.queue import Command, read
from shared.runtime.step import Item
from shared.topology import BATCH_BYTES, BATCH_COMMANDS, CREATE_DECLARATION, MAX_MESSAGE_BYTES
from tests.unit.services.intake.reception.messages import incoming

DEEP = f"{'[' * 3000}{']' * 3000}"  #: deeper than the reader of Python goes
DEEPER = '{"]\\"}": '  #: with brackets in a name
NAMED = f"{DEEPER * 2000}1{'}' * 2000}"
CANCEL = {"dimonaCancel": {"periodId": 605114838201}}


def event(id_: str, data: Any = CANCEL, **changed: Any) -> str:
    attributes = {
        "specversion": "1.0",
        "id": id_,
        "source": "urn:x",
        "type": CREATE_DECLARATION,
        "data": data,
    }
    return json.dumps({**attributes, **changed})


def commands(body: str | bytes, message_id: str = "m-1") -> list[Command]:
    items = list(read(incoming(body if isinstance(body, bytes) else body.encode(), message_id)))
    assert all(isinstance(item, Item) for item in items)
    return [item.value for item in items if isinstance(item, Item)]


def batch(*events: str) -> str:
    return f"[{', '.join(events)}]"


def test_each_command_of_a_batch_has_its_own_id_and_exact_bytes() -> None:
    bodies = [event("a"), event("b", indent="é"), event("c")]
    received = commands(f" [\n{' ,  '.join(bodies)} ]\n")
    assert [command.message_id for command in received] == ["a", "b", "c"]
    assert [command.problem for command in received] == [None, None, None]
    assert [command.body_sha256 for command in received] == [
        hashlib.sha256(body.encode()).digest() for body in bodies
    ], "sent alone or in another batch, a command is the same message"


@pytest.mark.parametrize(
    ("broken", "status", "id_"),
    [
        (event("x", {"dimonaCancel": {"periodId": "x"}}), 400, "x"),
        (event("x", type="be.nsso.dimona.v1.contestations.create"), 400, "x"),
        (event("x", CANCEL | {f"p{n}": 1 for n in range(300)}), 400, "x"),
        (event("x", CANCEL | {"pad": "x" * MAX_MESSAGE_BYTES}), 413, "sha256:"),
        ('{"id": "x", "id": "y"}', 400, "sha256:"),
        (DEEP, 400, "sha256:"),
        (NAMED, 400, "sha256:"),
        ("[]", 400, "sha256:"),
        ("null", 400, "sha256:"),
        ("7", 400, "sha256:"),
        ('"text"', 400, "sha256:"),
    ],
)
def test_an_unreadable_command_affects_no_other(broken: str, status: int, id_: str) -> None:
    first, wrong, last = commands(batch(event("a"), broken, event("c")))
    assert (first.problem, last.problem) == (None, None)
    assert wrong.problem is not None
    assert wrong.problem["status"] == status
    assert wrong.data is None


def test_a_command_without_id_is_identified_by_its_digest() -> None:
    first, second = commands(batch("{}", '{"a": 1}'))
    assert first.message_id.startswith("sha256:")
    assert second.message_id.startswith("sha256:")
    assert first.message_id != second.message_id


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[]", 400),
        ("[", 400),
        (f"[{event('a')}", 400),
        (f"[{event('a')} {event('b')}]", 400),
        (f"[{event('a')},]", 400),
        (f"[{event('a')}] x", 400),
        (b"[\xff]", 400),
        ("[" * 100_000, 400),
        (f"[{', '.join(['{}'] * (BATCH_COMMANDS + 1))}]", 413),
        ("[" + " " * BATCH_BYTES + "]", 413),
    ],
)
def test_a_batch_that_cannot_be_divided_gets_one_problem(body: str | bytes, status: int) -> None:
    (answered,) = commands(body)
    assert answered.problem is not None
    assert answered.problem["status"] == status
    assert (answered.message_id, answered.data) == ("m-1", None)


def test_the_largest_batch_is_read() -> None:
    received = commands(batch(*(event(str(n)) for n in range(BATCH_COMMANDS))))
    assert len(received) == BATCH_COMMANDS
    assert not any(command.problem for command in received)
