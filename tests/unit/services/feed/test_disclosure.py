"""The log of disclosures: its rows, its chain, and the faults that the check of a chain finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feed.disclosure.rules import (
    EMPTY,
    START,
    Break,
    Disclosure,
    Entry,
    Fault,
    Head,
    Row,
    SentEvent,
    Way,
    breaks,
    canonical,
    chained,
    digest_of,
    entries_of,
    expand,
)

AT = datetime(2026, 11, 30, 14, 5, 6, 7, tzinfo=UTC)
BASIS, OTHER_BASIS = UUID(int=1), UUID(int=2)


def event(number: int, version: int = 1, basis: UUID = BASIS, text: str | None = None) -> SentEvent:
    worker = None if number == 6 else f"w{number % 5}"
    return SentEvent(number, basis, version, worker, f'{{"id": {number}}}' if text is None else text)


def entry(*numbers: int, version: int = 1) -> Entry:
    (found,) = entries_of(
        Disclosure("onem", Way.PULL, [event(each, version) for each in numbers]),
        AT + timedelta(seconds=numbers[0]),
    )
    return found


def chain(length: int) -> list[Row]:
    return list(chained((entry(n, n + 100) for n in range(1, length + 1)), EMPTY))


def test_a_disclosure_under_one_version_is_one_entry() -> None:
    (found,) = entries_of(Disclosure("onem", Way.PUSH, [event(7), event(5), event(6), event(12)]), AT)
    assert found == Entry(
        institution_id="onem",
        way=Way.PUSH,
        authorization_id=BASIS,
        version=1,
        disclosed_at=AT,
        events=(7, 5, 6, 12),
        workers=("w0", "w2"),
        digest=sha256(b'{"id": 7}\n{"id": 5}\n{"id": 6}\n{"id": 12}\n').digest(),
    )


def test_a_page_across_versions_has_an_entry_for_each_run_in_order() -> None:
    events = [event(1), event(2), event(3, 2), event(4, 2, OTHER_BASIS), event(5, 1)]
    found = list(entries_of(Disclosure("onem", Way.PULL, events), AT))
    assert [(each.authorization_id, each.version, each.events) for each in found] == [
        (BASIS, 1, (1, 2)),
        (BASIS, 2, (3,)),
        (OTHER_BASIS, 2, (4,)),
        (BASIS, 1, (5,)),
    ]


def test_a_page_without_events_discloses_nothing() -> None:
    assert list(entries_of(Disclosure("onem", Way.PULL, []), AT)) == []


def test_the_digest_tells_where_an_event_ends() -> None:
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"]) != digest_of(["abc"])


def test_the_canonical_row_has_a_fixed_form() -> None:
    found = replace(entry(1), digest=b"\xab\xcd", disclosed_at=AT)
    assert canonical(3, found) == (
        b'{"at":"2026-11-30T14:05:06.000007+00:00","authorization":"00000000-0000-0000-0000-000000000001",'
        b'"digest":"abcd","events":[1],"institution":"onem","seq":3,"version":1,"way":"pull",'
        b'"workers":["w1"]}'
    )
    brussels = AT.astimezone(timezone(timedelta(hours=1)))
    assert canonical(3, replace(found, disclosed_at=brussels)) == canonical(3, found)


def test_a_chain_continues_at_its_head() -> None:
    whole = chain(4)
    assert list(chained((row.entry for row in whole[2:]), Head(2, whole[1].hash))) == whole[2:]
    assert [row.seq for row in whole] == [1, 2, 3, 4]
    assert whole[0].previous == START
    assert all(after.previous == before.hash for before, after in pairwise(whole))
    assert whole[0].hash == sha256(START + canonical(1, whole[0].entry)).digest()


def test_an_untouched_chain_has_no_breaks() -> None:
    rows = chain(5)
    assert list(breaks(rows, {row.seq: row.hash for row in rows})) == []
    assert list(breaks([])) == []


_CHANGES: Mapping[str, Callable[[Entry], Entry]] = {
    "institution_id": lambda e: replace(e, institution_id="onva"),
    "way": lambda e: replace(e, way=Way.PUSH),
    "authorization_id": lambda e: replace(e, authorization_id=OTHER_BASIS),
    "version": lambda e: replace(e, version=2),
    "disclosed_at": lambda e: replace(e, disclosed_at=e.disclosed_at + timedelta(microseconds=1)),
    "events": lambda e: replace(e, events=e.events[:-1]),
    "order of events": lambda e: replace(e, events=e.events[::-1]),
    "workers": lambda e: replace(e, workers=()),
    "digest": lambda e: replace(e, digest=bytes(32)),
}


@pytest.mark.parametrize("name", _CHANGES)
def test_a_changed_row_is_found(name: str) -> None:
    rows = chain(5)
    rows[2] = replace(rows[2], entry=_CHANGES[name](rows[2].entry))
    assert list(breaks(rows)) == [Break(3, Fault.CHANGED)]


def test_a_changed_row_with_a_hash_that_fits_is_found_at_the_next_row() -> None:
    rows = chain(5)
    (rows[2],) = chained([entry(9)], Head(2, rows[1].hash))
    assert list(breaks(rows)) == [Break(4, Fault.ORDER)]


@pytest.mark.parametrize("removed", [1, 2, 3, 4])
def test_a_removed_row_is_found(removed: int) -> None:
    rows = [row for row in chain(5) if row.seq != removed]
    assert list(breaks(rows)) == [Break(removed + 1, Fault.MISSING)]


def test_a_removed_row_is_found_after_its_followers_got_new_numbers() -> None:
    rows = [replace(row, seq=row.seq - (row.seq > 2)) for row in chain(4) if row.seq != 2]
    assert Break(2, Fault.ORDER) in list(breaks(rows))


def test_the_last_row_removed_is_found_by_an_anchor() -> None:
    rows = chain(3)
    assert list(breaks(rows[:2])) == []
    assert list(breaks(rows[:2], {3: rows[2].hash})) == [Break(3, Fault.ANCHOR)]


def test_a_chain_is_checked_from_the_last_anchor() -> None:
    rows = chain(5)
    assert list(breaks(rows[3:], since=Head(3, rows[2].hash))) == []
    assert list(breaks(rows[3:], since=Head(3, START))) == [Break(4, Fault.ORDER)]
    assert list(breaks(rows[4:], since=Head(3, rows[2].hash))) == [Break(5, Fault.MISSING)]


def test_a_chain_that_was_written_anew_is_found_by_an_anchor() -> None:
    rows = chain(3)
    forged = list(chained([entry(9), entry(2, 102), entry(3, 103)], EMPTY))
    assert list(breaks(forged)) == []
    assert list(breaks(forged, {2: rows[1].hash})) == [Break(2, Fault.ANCHOR)]


@given(st.integers(2, 8).flatmap(lambda n: st.tuples(st.just(n), st.permutations(range(n)))))
def test_rows_in_another_order_are_found(drawn: tuple[int, list[int]]) -> None:
    length, order = drawn
    rows = chain(length)
    moved = [replace(rows[place], seq=seq) for seq, place in enumerate(order, 1)]
    faults = {each.fault for each in breaks(moved)}
    assert (Fault.ORDER in faults) == (order != sorted(order))


SENT = {7: '{"id": 7}', 5: '{"id": 5}'}


def test_an_entry_expands_to_the_events_that_were_sent() -> None:
    (found,) = entries_of(Disclosure("onem", Way.PUSH, [event(7), event(5)]), AT)
    assert expand(found, {**SENT, 6: '{"id": 6}'}) == [(7, SENT[7]), (5, SENT[5])]


def test_an_entry_does_not_expand_to_other_bytes() -> None:
    (found,) = entries_of(Disclosure("onem", Way.PUSH, [event(7), event(5)]), AT)
    assert expand(found, {**SENT, 5: '{"id":5}'}) is None


def test_an_entry_expands_without_the_events_that_were_removed() -> None:
    (found,) = entries_of(Disclosure("onem", Way.PUSH, [event(7), event(5)]), AT)
    assert expand(found, {7: SENT[7]}) == [(7, SENT[7])]
    assert expand(found, {}) == []
