"""A message that fails is parked alone, with a reason without personal data; the others are handled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from deploy.local.processes import free_port
from shared.envelope import carrier
from shared.runtime import consumer as consumer_module
from shared.runtime.database import Transaction
from shared.runtime.errors import OurError
from shared.runtime.step import Decoded, Item
from tests.integration.runtime.broker import reasons, said, until
from tests.integration.runtime.processes import toy_process
from tests.integration.runtime.toys import NISS, Place, Told, Toy, event, events, running

pytestmark = pytest.mark.stack


async def raise_on_67(tx: Transaction, values: Sequence[Told]) -> None:
    """Cause an error of the database about event 67; its text quotes the value."""
    if any(value.number == 67 for value in values):
        await tx.connection.execute("SELECT $1::int", NISS)


async def test_one_of_a_hundred_fails_and_is_parked_alone(place: Place, toy: Toy) -> None:
    """A message that fails is parked alone (threat T18, promise R7)."""
    toy.after = raise_on_67
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events(range(100)))
        assert await place.finish(99) == [n for n in range(100) if n != 67]
        await place.parked(1)
    assert toy.attempts[0] == list(range(100))
    assert toy.attempts.count([67]) == 2
    assert len(toy.attempts) == 1 + 99 + 2
    (copy,) = await place.broker.get_all(place.parking)
    assert copy.numbers == [67]
    assert copy.headers["reason"] == "DataError"
    assert copy.headers["queue"] == place.queue.name
    assert NISS not in json.dumps(copy.headers)
    assert sorted(said(await place.broker.get_all(place.echoes))) == sorted(await place.done())


async def test_no_number_of_a_person_is_logged(place: Place, tmp_path: Path) -> None:
    async with toy_process(place, tmp_path / "toy") as process:
        await place.broker.publish(place.queue.name, carrier([event(1, "quote"), event(2)]))
        assert await place.finish(1) == [2]
        await place.parked(1)
        output = process.output.read_text()
    assert reasons(await place.broker.get_all(place.parking)) == ["DataError"]
    assert "DataError" in output  # it was logged, by its type
    assert NISS not in output


async def test_the_text_of_our_own_errors_is_the_reason(place: Place, toy: Toy) -> None:
    async def fail(*_: object) -> None:
        raise OurError("there is no such case")

    toy.after = fail
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1]))
        await place.parked(1)
    assert reasons(await place.broker.get_all(place.parking)) == ["there is no such case"]


async def test_an_unreadable_event_is_parked_alone(place: Place, toy: Toy) -> None:
    """The log names its declaration if the event does."""
    number = {"data": {"declaration": {"number": 656309292174}}}
    unknown = json.dumps({"id": str(uuid4()), "type": "nobody.knows", **number})
    invalid = json.loads(event(7)) | {"data": {"number": NISS + "x"}}
    body = carrier([event(1), unknown, json.dumps(invalid), event(2)])
    with capture_logs() as lines:
        async with running(place, toy):
            await place.broker.publish(place.queue.name, body)
            assert await place.finish(2) == [1, 2]
            await place.parked(2)
    copies = await place.broker.get_all(place.parking)
    assert reasons(copies) == ["unreadable event"] * 2
    parked = [line for line in lines if line["event"] == "parked"]
    assert [line.get("declaration") for line in parked] == [656309292174, None]
    assert [json.loads(copy.body)["messages"] for copy in copies] == [[json.loads(unknown)], [invalid]]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"messages": 1}', b'{"messages": [{}]}', b"[" * 100_000, b"null"],
    ids=["empty", "half", "no UTF-8", "list", "number", "no id", "deep", "null"],
)
async def test_an_unreadable_body_is_parked(place: Place, toy: Toy, body: bytes) -> None:
    async with running(place, toy):
        await place.broker.publish(place.queue.name, body, events([1]))
        assert await place.finish(1) == [1]
        await place.parked(1)
    (copy,) = await place.broker.get_all(place.parking)
    assert copy.body == body
    assert copy.headers["reason"] == "not a carrier of events"


async def test_an_error_while_decoding_parks_the_message(place: Place, toy: Toy) -> None:
    def decode(incoming: object) -> Sequence[Decoded[Told]]:
        decoded = Toy.decode(toy, incoming)  # type: ignore[arg-type]
        if any(isinstance(item, Item) and item.value.number == 2 for item in decoded):
            raise OverflowError(NISS)
        return decoded

    toy.decode = decode  # type: ignore[method-assign]
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([1]), events([2]), events([3]))
        assert await place.finish(2) == [1, 3]
        await place.parked(1)
    copies = await place.broker.get_all(place.parking)
    assert said(copies) == [2]
    assert reasons(copies) == ["OverflowError"]


async def test_a_parked_copy_can_be_played_again_with_its_id(place: Place, toy: Toy) -> None:
    toy.after = raise_on_67
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events([66, 67]))
        await place.parked(1)
        await place.finish(1)
    assert await place.rows("inbox") == 1
    (copy,) = await place.broker.get_all(place.parking)
    assert copy.events[0].document == json.loads(event(67))
    async with running(place, Toy(place)):
        await place.broker.publish(place.queue.name, copy.body)
        assert await place.finish(2) == [66, 67]


async def test_an_event_fails_twice_only_if_both_attempts_were_its_own(place: Place, toy: Toy) -> None:
    """An event that fails once, in a batch or alone, is not parked."""
    failed: set[int] = set()

    async def fail_once(_: Transaction, values: Sequence[Told]) -> None:
        if new := {value.number for value in values} - failed:
            failed.update(new if len(values) == 1 else ())
            raise OurError("once")

    toy.after = fail_once
    async with running(place, toy):
        await place.broker.publish(place.queue.name, events(range(5)))
        assert await place.finish(5) == list(range(5))
    assert await place.broker.ready(place.parking) == 0


async def http_get(port: int, path: str) -> tuple[int, str]:
    """Send a request to the ops port and return status and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


async def test_too_many_parked_messages_stop_the_consumer_visibly(
    place: Place, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "PARKED_MOST", 5)

    async def fail(*_: object) -> None:
        raise OurError("a bad deployment")

    port = free_port()
    toy.after, toy.prefetch = fail, 4
    await place.broker.publish(place.queue.name, *(events([n]) for n in range(40)))
    settings = place.settings(batch_size=1).model_copy(update={"ops_port": port})
    async with running(place, toy, settings=settings) as runs:
        consumer = runs._consumers[0]
        await until(lambda: consumer.stopped_itself, what="it to stop itself")

        async def let_go() -> bool:
            return await place.broker.count(place.queue.name) == (40 - 6, 0)

        await until(let_go, what="everything else to be back in the queue, and nobody consuming")
        await asyncio.sleep(1.5)
        assert await let_go()
        assert await place.broker.ready(place.parking) == 6
        status, body = await http_get(port, "/readyz")
        assert (status, json.loads(body)[f"consumer {place.queue.name}"]) == (503, False)
        _, page = await http_get(port, "/metrics")
        assert f'dimona_consumer_up{{queue="{place.queue.name}"}} 0.0' in page
        assert f'dimona_message_dead_letters_total{{queue="{place.queue.name}",reason="poison"}} 6.0' in page
        assert (await http_get(port, "/livez"))[0] == 200
    async with running(place, replace(toy, after=None)):  # an operator has repaired and restarted the service
        await place.finish(34)
