"""Turns, places and times of arrival: equal shares for any arrivals (ADR 21, threat T15)."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.fairness import BEYOND, KEPT, QUANTUM, Arrivals, FairBuffer, Places, own_prefetch
from shared.runtime.incoming import HELD_BYTES, Incoming, Unsettled

LIMIT = 256
HEAVIEST = 1024
SENDERS = "abcdef"


def message(sender: str, tag: int = 0, weight: int = 1, size: int = 10) -> Incoming:
    """Return a message with a tag that identifies it."""
    return Incoming("queue", b"x" * size, "", None, sender, 0, None, 1, tag, source=sender, weight=weight)


arrivals = st.lists(st.tuples(st.sampled_from(SENDERS), st.integers(1, HEAVIEST)), max_size=300)


@given(arrivals, st.sets(st.sampled_from(SENDERS)))
def test_every_message_is_handled_once_in_the_order_of_its_sender(
    sent: list[tuple[str, int]], beyond: set[str]
) -> None:
    buffer = FairBuffer(lambda sender: sender not in beyond)
    messages = [message(sender, n, weight) for n, (sender, weight) in enumerate(sent)]
    for one in messages:
        buffer.add(one, one.user_id or "")
    taken: list[Incoming] = []
    while buffer:
        batch = buffer.take(LIMIT)
        assert batch, "waiting messages are always served"
        assert sum(one.weight for one in batch[:-1]) < LIMIT + LIMIT // BEYOND + HEAVIEST
        taken += batch
    assert sorted(one.tag for one in taken) == [one.tag for one in messages]
    for sender in SENDERS:
        tags = [one.tag for one in taken if one.user_id == sender]
        assert tags == sorted(tags)
    assert buffer.bytes == 0


@given(
    st.dictionaries(
        st.sampled_from(SENDERS), st.lists(st.integers(1, HEAVIEST), min_size=60, max_size=60), min_size=2
    )
)
def test_waiting_senders_get_equal_shares(waiting: dict[str, list[int]]) -> None:
    """While all of them wait, two senders differ by a turn and the heaviest message at most."""
    buffer = FairBuffer()
    for sender, weights in waiting.items():
        for n, weight in enumerate(weights):
            buffer.add(message(sender, n, weight), sender)
    served, left = Counter(dict.fromkeys(waiting, 0)), {s: len(w) for s, w in waiting.items()}
    while True:
        for one in buffer.take(LIMIT):
            served[one.user_id or ""] += one.weight
            left[one.user_id or ""] -= 1
        if not all(left.values()):
            return
        assert max(served.values()) - min(served.values()) <= HEAVIEST + 2 * QUANTUM


def test_control_without_turns_a_flood_takes_whole_batches() -> None:
    """One sender for all messages is the order of arrival: the other one waits for the flood."""
    for fair, others in ((True, 1), (False, 0)):
        buffer = FairBuffer()
        for n in range(10 * LIMIT):
            buffer.add(message("flood", n), "flood" if fair else "")
        buffer.add(message("other"), "other" if fair else "")
        assert sum(one.user_id == "other" for one in buffer.take(LIMIT)) == others


def test_a_sender_within_its_rate_comes_first_and_an_idle_system_serves_all() -> None:
    buffer = FairBuffer(lambda sender: sender != "flood")
    for n in range(2 * LIMIT):
        buffer.add(message("flood", n), "flood")
    buffer.add(message("other"), "other")
    assert buffer.waiting() == (1, 2 * LIMIT)
    first = buffer.take(LIMIT)
    assert first[0].user_id == "other"
    assert len(first) == 1 + LIMIT // BEYOND
    assert len(buffer.take(LIMIT)) == LIMIT


# -- the shared queue


class Clock:
    """A clock that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def places(*clients: str) -> tuple[Places, Clock]:
    """Return places for clients with own queues that are consumed and have long been empty."""
    clock = Clock()
    made = Places(clock)
    for client in clients:
        made.consumed(client)
    clock.now += 10
    return made, clock


def keep(made: Places, client: str, count: int) -> int:
    """Deliver messages of a client, and return how many stay in hand."""
    kept = 0
    for _ in range(count):
        if made.moves(client) is None:
            made.enter(message(client), client, own=False)
            kept += 1
    return kept


def test_a_flood_leaves_room_for_every_other_sender() -> None:
    made, _ = places("a", "b", "c")
    assert keep(made, "a", 1000) == KEPT
    assert keep(made, "b", 1000) == KEPT // 2
    assert keep(made, "c", 1000) == KEPT // 3
    assert made.moves("a") == "share"
    assert made.moves("without own queue") is None


def test_messages_move_until_the_own_queue_is_empty() -> None:
    made, clock = places("a")
    moved = message("a")
    made.enter(moved, "a", own=True)
    clock.now += 10
    assert made.moves("a") == "order"
    made.leave(moved, "a", own=True)
    assert made.moves("a") == "order", "its copy is on the way"
    clock.now += 2
    assert made.moves("a") is None


def test_a_new_session_assumes_messages_until_the_own_queue_is_consumed() -> None:
    made, clock = places()
    made.suppose_messages("a")
    clock.now += 1000
    assert made.moves("a") == "order"
    made.consumed("a")
    clock.now += 2
    assert made.moves("a") is None


# -- arrivals


def test_a_message_arrived_after_the_last_count_without_it() -> None:
    arrivals = Arrivals()
    arrivals.look(10.0, 0)
    assert arrivals.next() is None, "it did not wait"
    arrivals.look(11.0, 2)  # the second and the third
    arrivals.look(12.0, 3)  # the fourth has come
    arrivals.look(13.0, 3)
    assert [arrivals.next() for _ in range(4)] == [10.0, 10.0, 11.0, None]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60))
def test_the_assumed_arrival_is_wrong_by_one_interval_at_most(steps: list[tuple[int, int]]) -> None:
    """In each second messages arrive, are handled, and are counted."""
    arrivals, queue = Arrivals(), list[int]()
    arrivals.look(-1.0, 0)
    for now, (come, taken) in enumerate(steps):
        queue += [now] * come
        for _ in range(min(taken, len(queue))):
            came, since = queue.pop(0), arrivals.next()
            assert since is None or came - 1 <= since <= came
            assert since is not None or came == now, "a message that waited is excused"
        arrivals.look(float(now), len(queue))


# -- acknowledgements and memory


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_one_frame_acknowledges_messages_in_order_and_single_ones_the_rest(chosen: list[bool]) -> None:
    unsettled = Unsettled()
    messages = [message("a", tag) for tag in range(1, len(chosen) + 1)]
    for one in messages:
        unsettled.add(one)
    batch = [one for one, taken in zip(messages, chosen, strict=True) if taken]
    up_to, single = unsettled.settle(batch)
    assert {*range(1, up_to + 1), *single} == {one.tag for one in batch}
    assert unsettled.of["a"] == len(messages) - len(batch)
    assert unsettled.settle(batch) == (0, [])


async def test_reading_pauses_while_bodies_use_too_much_memory() -> None:
    unsettled, large = Unsettled(), [message("a", tag, size=HELD_BYTES // 4) for tag in range(1, 6)]
    for one in large[:4]:
        unsettled.add(one)
    await unsettled.room()
    unsettled.add(large[4])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await unsettled.room()
    unsettled.settle(large[:1])
    await unsettled.room()


@pytest.mark.parametrize(("clients", "part"), [(0, 256), (1, 256), (16, 256), (32, 128), (64, 64), (900, 64)])
def test_own_queues_share_the_messages_in_hand(clients: int, part: int) -> None:
    assert own_prefetch(clients) == part
