"""The checker accepts a good run, and finds each fault that is planted in a copy of it."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asyncpg import Range

from tests.foreign.events import RECEIVED, REPLY, Event
from tests.prove.checker import check, doubled, lost
from tests.prove.observe import Observations, Row, observe, quiet
from tests.prove.world import FLEXI, World, change, register_day
from tests.rest import Rest

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="session")]

Fault = Callable[[Observations], None]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def good(world: World) -> Observations:
    """Return the observations of a run without faults."""
    for _ in range(5):
        relation = world.relation("bakery")
        period = await world.begun(relation, 1)
        await world.ends(
            "bakery", world.leave(period, 20), change(period, endDate=world.day(25)),
            world.engage(relation, 26, 30), world.engage(relation, 27),
        )  # fmt: skip
    start = world.days_in_one_quarter(2)
    flexi = await world.begun(world.relation("bakery"), start, start + 2, FLEXI)
    await world.ends(
        "bakery", register_day(flexi, world.day(start)), register_day(flexi, world.day(start + 1))
    )
    assert await Rest(world, "bakery").ends(world.engage(world.relation("bakery"))) == ["A"]
    await quiet(world)
    seen = await observe(world)
    assert check(seen) == []
    return seen


def final(seen: Observations) -> tuple[list[Event], Event]:
    """Return the answers to one declaration, and its final reply."""
    for answers in seen.answers.values():
        for events in answers.values():
            for event in events:
                if event.type == REPLY and event.data["declarationStatus"]["result"] == "A":
                    return events, event
    raise AssertionError


def first(rows: list[Row], holds: Callable[[Row], Any]) -> Row:
    """Return the first row with this property."""
    return next(row for row in rows if holds(row))


def reply_lost(seen: Observations) -> None:
    events, event = final(seen)
    events.remove(event)


def reception_lost(seen: Observations) -> None:
    events, _ = final(seen)
    events.remove(next(event for event in events if event.type == RECEIVED))


def reply_doubled(seen: Observations) -> None:
    events, event = final(seen)
    events.append(Event("another id", event.type, event.relatedto, event.data, event.document))


def reply_otherwise(seen: Observations) -> None:
    events, event = final(seen)
    data = copy.deepcopy(event.data)
    data["declarationStatus"]["result"] = "W"
    events[events.index(event)] = Event(event.id, event.type, event.relatedto, data, event.document)


def declaration_lost(seen: Observations) -> None:
    next(iter(seen.sent.values())).add("never received")


def declaration_from_nowhere(seen: Observations) -> None:
    next(sent for sent in seen.sent.values() if sent).pop()


def of_rest(seen: Observations) -> set[int]:
    return next(numbers for numbers in seen.posted.values() if numbers)


def told_and_lost(seen: Observations) -> None:
    of_rest(seen).add(1)


def kept_and_not_told(seen: Observations) -> None:
    of_rest(seen).pop()


def replied_to_who_polls(seen: Observations) -> None:
    row = first(seen.tables["declarations"], lambda row: row["channel"] == "rest")
    _, event = final(seen)
    seen.answers[row["client_id"]][row["message_id"]] = [event]


def received_twice(seen: Observations) -> None:
    rows = seen.tables["declarations"]
    rows.append({**rows[0], "number": 1})


def never_final(seen: Observations) -> None:
    rows = seen.tables["results"]
    rows.remove(first(rows, lambda row: row["final"]))


def never_notified(seen: Observations) -> None:
    rows = seen.tables["notifications"]
    rows.remove(first(rows, lambda row: not row["provisional"]))


def notified_twice(seen: Observations) -> None:
    rows = seen.tables["notifications"]
    rows.append({**first(rows, lambda row: not row["provisional"]), "id": "another"})


def notified_otherwise(seen: Observations) -> None:
    first(seen.tables["notifications"], lambda row: row["result"] == "A")["result"] = "B"


def settled_otherwise(seen: Observations) -> None:
    first(seen.tables["settlements"], lambda row: row["result"] == "A")["result"] = "W"


def never_settled(seen: Observations) -> None:
    seen.tables["settlements"].pop()


def effect_lost(seen: Observations) -> None:
    rows = seen.tables["history"]
    rows.remove(max(rows, key=lambda row: row["version"]))


def effect_twice(seen: Observations) -> None:
    last = max(seen.tables["history"], key=lambda row: row["version"])
    seen.tables["history"].append({**last, "version": last["version"] + 1})


def version_skipped(seen: Observations) -> None:
    max(seen.tables["history"], key=lambda row: row["version"])["version"] += 1


def period_otherwise(seen: Observations) -> None:
    seen.tables["periods"][0]["planned_hours"] = 99


def day_otherwise(seen: Observations) -> None:
    seen.tables["days"][0]["canceled"] = True


def day_lost(seen: Observations) -> None:
    seen.tables["days"].pop()


def relation_otherwise(seen: Observations) -> None:
    seen.tables["relations"][0]["version"] += 1


def periods_overlap(seen: Observations) -> None:
    row = first(seen.tables["periods"], lambda row: not row["canceled"] and row["span"].upper)
    span = Range(row["span"].lower, None)
    seen.tables["periods"].append({**row, "period_id": 1, "span": span})


def feed_gap(seen: Observations) -> None:
    seen.tables["feed"].pop()


def feed_twice(seen: Observations) -> None:
    seen.tables["feed"].append({**seen.tables["feed"][0], "id": "another"})


def push_lost(seen: Observations) -> None:
    next(iter(seen.pushed.values())).pop()


def push_too_much(seen: Observations) -> None:
    row = first(seen.tables["feed"], lambda row: "dailyRegistrations" in row["type"])
    seen.pushed["onva"].add(row["id"])


def feed_of_another_relation(seen: Observations) -> None:
    row = seen.tables["feed"][0]
    data = json.loads(row["data"])
    row["data"] = json.dumps({**data, "version": data["version"] + 50})


def overtaken(seen: Observations) -> None:
    at = {row["declaration_id"]: row for row in seen.tables["settlements"]}
    row = first(seen.tables["declarations"], lambda row: row["previous"] in at and row["number"] in at)
    at[row["previous"]]["settled_at"] = at[row["number"]]["settled_at"] + timedelta(seconds=1)


def chain_forked(seen: Observations) -> None:
    row = first(seen.tables["declarations"], lambda row: row["previous"])
    other = first(
        seen.tables["declarations"],
        lambda one: one["previous"] not in (None, row["previous"]) and one is not row,
    )
    other["previous"] = row["previous"]


def something_left(seen: Observations) -> None:
    seen.left["dimona.notifier.parked"] = 1


@pytest.mark.parametrize(
    ("fault", "promise", "count"),
    [
        (reply_lost, "answered_once", lost),
        (reception_lost, "answered_once", None),
        (reply_doubled, "answered_once", doubled),
        (reply_otherwise, "answered_once", None),
        (declaration_lost, "received_once", lost),
        (declaration_from_nowhere, "received_once", None),
        (told_and_lost, "received_once", None),
        (kept_and_not_told, "received_once", None),
        (replied_to_who_polls, "answered_once", None),
        (received_twice, "received_once", None),
        (never_final, "final_once", None),
        (never_notified, "final_once", None),
        (notified_twice, "final_once", doubled),
        (notified_otherwise, "final_once", None),
        (settled_otherwise, "final_once", None),
        (never_settled, "final_once", None),
        (effect_lost, "effects_once", None),
        (effect_twice, "effects_once", doubled),
        (version_skipped, "relations_fold", None),
        (period_otherwise, "relations_fold", None),
        (day_otherwise, "relations_fold", None),
        (day_lost, "relations_fold", None),
        (relation_otherwise, "relations_fold", None),
        (periods_overlap, "periods_apart", None),
        (feed_gap, "fed_once", None),
        (feed_twice, "fed_once", None),
        (feed_of_another_relation, "fed_once", None),
        (push_lost, "fed_once", None),
        (push_too_much, "fed_once", None),
        (overtaken, "chained", None),
        (chain_forked, "chained", None),
        (something_left, "nothing_left", None),
    ],
)
async def test_a_planted_fault_is_found(
    good: Observations, fault: Fault, promise: str, count: Callable[[Observations], int] | None
) -> None:
    """Each fault of the list is found under its own name."""
    doctored = await asyncio.to_thread(copy.deepcopy, good)
    fault(doctored)
    assert promise in {breach.partition(":")[0] for breach in check(doctored)}
    if count is not None:
        assert count(good) == 0
        assert count(doctored) == 1
