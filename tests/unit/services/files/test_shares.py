"""The shares of files in the places for open forms, and tickets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.files.handling.rules import Progress, form_ticket, shares, ticket_of


def file(forms: int, submitted: int = 0, answered: int = 0, ticket: str = "t") -> Progress:
    return Progress(ticket, "client", forms, submitted, answered)


def test_a_small_file_does_not_wait_for_a_large_one() -> None:
    large, small = file(100_000, 500, 490, "large"), file(3, ticket="small")
    assert {one.ticket: share for one, share in shares([large, small], 500)} == {"small": 3, "large": 487}
    assert {one.ticket: share for one, share in shares([large, file(100, 0, 0, "new")], 12)} == {"new": 2}


def test_places_of_open_forms_are_not_free() -> None:
    assert shares([file(10, 5, 0)], 5) == []
    assert [share for _, share in shares([file(10, 5, 2)], 5)] == [2]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)).map(sorted), max_size=8),
    st.integers(0, 100),
)
def test_no_more_forms_are_open_than_there_are_places(counts: list[list[int]], most: int) -> None:
    files = [file(forms, submitted, answered) for answered, submitted, forms in counts]
    given = shares(files, most)
    opened = sum(one.submitted - one.answered for one in files)
    assert opened + sum(share for _, share in given) <= max(most, opened)
    assert all(0 < share <= one.forms - one.submitted for one, share in given)
    left = sum(one.forms - one.submitted for one in files)
    assert sum(share for _, share in given) == min(max(most - opened, 0), left), "no place stays empty"


def test_tickets_fit_into_a_reference() -> None:
    assert ticket_of(1) == "3800000000001"
    assert form_ticket(ticket_of(1), 7) == "3400000000001-7"
    assert len(form_ticket(ticket_of(36**11 - 1), 200_000)) == 20
