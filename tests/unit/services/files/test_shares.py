"""The shares of expeditors and their files in limited places, and tickets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.files.handling.rules import (
    Progress,
    choose_readers,
    form_ticket,
    shares,
    take_turns,
    ticket_of,
)

EXPEDITORS = ("100001", "100002", "100003")


def file(
    forms: int, submitted: int = 0, answered: int = 0, ticket: str = "t", expeditor: str = EXPEDITORS[0]
) -> Progress:
    return Progress(ticket, expeditor, "client", forms, submitted, answered)


def test_a_small_file_does_not_wait_for_a_large_one() -> None:
    large, small = file(100_000, 500, 490, "large"), file(3, ticket="small")
    assert {one.ticket: share for one, share in shares([large, small], 500)} == {"small": 3, "large": 487}
    assert {one.ticket: share for one, share in shares([large, file(100, 0, 0, "new")], 12)} == {"new": 2}


def test_places_of_open_forms_are_not_free() -> None:
    assert shares([file(10, 5, 0)], 5) == []
    assert [share for _, share in shares([file(10, 5, 2)], 5)] == [2]


def test_old_files_of_one_expeditor_leave_places_to_others() -> None:
    """Its 64 files, of which one place became free, do not take it before another (threat T15)."""
    old = [file(100, 1, 0 if n else 1, f"old{n}") for n in range(64)]
    new = file(100, ticket="new", expeditor=EXPEDITORS[1])
    assert [(one.ticket, share) for one, share in shares([*old, new], 64)] == [("new", 1)]
    fresh = [file(100, ticket=f"old{n}") for n in range(64)]
    given = {one.ticket: share for one, share in shares([*fresh, new], 64)}
    assert given == {"new": 32} | {f"old{n}": 1 for n in range(32)}


def test_of_equal_expeditors_the_one_with_fewer_submitted_forms_is_first() -> None:
    """So expeditors without an open form get places, also if there are more expeditors than places."""
    files = [file(100, 7, 7, expeditor=EXPEDITORS[0]), file(100, 6, 6, expeditor=EXPEDITORS[1])]
    assert [one.expeditor for one, _ in shares(files, 1)] == [EXPEDITORS[1]]


counts = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)).map(sorted)


@given(st.lists(st.tuples(counts, st.sampled_from(EXPEDITORS)), max_size=8), st.integers(0, 100))
def test_places_are_shared_by_expeditor_and_then_by_file(
    drawn: list[tuple[list[int], str]], most: int
) -> None:
    files = [
        file(forms, submitted, answered, f"{place}", expeditor)
        for place, ((answered, submitted, forms), expeditor) in enumerate(drawn)
    ]
    given = shares(files, most)
    opened = sum(one.open for one in files)
    assert opened + sum(share for _, share in given) <= max(most, opened)
    assert all(0 < share <= one.forms - one.submitted for one, share in given)
    left = sum(one.forms - one.submitted for one in files)
    assert sum(share for _, share in given) == min(max(most - opened, 0), left), "no place stays empty"
    share_of = {one.ticket: share for one, share in given}
    after = {one.ticket: one.open + share_of.get(one.ticket, 0) for one in files}
    total = {
        expeditor: sum(after[one.ticket] for one in files if one.expeditor == expeditor)
        for expeditor in EXPEDITORS
    }
    waiting = [one for one in files if one.submitted + share_of.get(one.ticket, 0) < one.forms]
    for behind in waiting:
        for got, _ in given:
            if got.expeditor == behind.expeditor:
                assert after[got.ticket] <= after[behind.ticket] + 1
            else:
                assert total[got.expeditor] <= total[behind.expeditor] + 1


def test_files_are_judged_in_turns_of_their_expeditors() -> None:
    files = [file(1, ticket=f"a{n}") for n in range(4)] + [file(1, ticket="b", expeditor=EXPEDITORS[1])]
    assert [one.ticket for one in take_turns(files, 3)] == ["a0", "b", "a1", "a2"]


def readers(files: list[Progress], open_: set[str], after: str = "", most: int = 4) -> set[str]:
    return {one.ticket for one in choose_readers(files, open_, after, most, 3)}


def test_each_expeditor_has_a_reader_before_another_has_two() -> None:
    old = [file(9, ticket=f"a{n}") for n in range(5)]
    others = [file(9, ticket=each, expeditor=each) for each in EXPEDITORS[1:]]
    assert readers(old, set()) == {"a0", "a1", "a2"}, "one expeditor has a part of the readers"
    assert readers(old, {"a3", "a4"}) == {"a0", "a3", "a4"}, "an open file stays open"
    assert readers([*old, *others], {"a0", "a1", "a2"}) == {"a0", "a1", *EXPEDITORS[1:]}


def test_expeditors_take_turns_for_a_reader() -> None:
    """After its file is complete, an expeditor comes again after the others."""
    files = [file(9, ticket=f"{each}{n}", expeditor=each) for each in EXPEDITORS for n in range(2)]
    first, second, third = (f"{each}0" for each in EXPEDITORS)
    assert readers(files, set(), after=EXPEDITORS[0], most=1) == {second}
    assert readers(files, set(), after=EXPEDITORS[1], most=1) == {third}
    assert readers(files, set(), after=EXPEDITORS[2], most=1) == {first}
    assert readers(files, {third}, after="", most=1) == {third}


def test_tickets_fit_into_a_reference() -> None:
    assert ticket_of(1) == "3800000000001"
    assert form_ticket(ticket_of(1), 7) == "3400000000001-7"
    assert len(form_ticket(ticket_of(36**11 - 1), 200_000)) == 20
