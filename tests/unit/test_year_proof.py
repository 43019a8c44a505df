"""The proof of a year finds a table that grows against its term, and a missing partition."""

from __future__ import annotations

from datetime import date

import pytest

from tests.prove.year import __main__ as year
from tests.prove.year.sizes import Size, growing, is_short, terms, unbounded


def months(*rows: int) -> list[dict[str, Size]]:
    """Return the sizes of one table `a.b` with so many rows at the end of each month."""
    return [{"a.b": Size(count, count * 100)} for count in rows]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ((100, 200, 300, 300, 300, 300), []),
        ((100, 200, 300, 400, 500, 600), ["a.b: 300 rows in the first half, 600 at the end"]),
        ((0, 0, 0, 0, 20, 0), []),
    ],
)
def test_a_table_with_a_term_may_not_grow(rows: tuple[int, ...], found: list[str]) -> None:
    assert unbounded(months(*rows), ["a.b"]) == found


def test_growth_is_counted_per_declaration() -> None:
    found = growing(months(100, 200, 300, 400), [50, 100, 150, 200], {"a.b": "keep"})
    assert [(name, one.rows, one.bytes, one.term) for name, one in found.items()] == [
        ("a.b", 2.0, 200, "keep")
    ]
    assert growing(months(100, 100, 100, 110), [50, 100, 150, 200], {}) == {}


def test_the_terms_are_those_of_the_register() -> None:
    known = terms(["intake.readings"])
    assert known["intake.declarations"] == "keep"
    assert is_short(known["intake.readings"])
    assert is_short(known["intake.outbox"])
    assert not is_short(known["notifier.messages"])


def test_a_missing_partition_and_one_past_its_term_are_found() -> None:
    """In the ninth month those of the first four are gone, and the next three are there."""
    right = [f"readings_2027_{month:02}" for month in range(5, 13)]
    tables = {"intake.readings": right, "personnel_file.consultations": right}
    today = date(2027, 9, 1)
    assert year._wrong_partitions(tables, today, 9) == []
    short = {**tables, "intake.readings": right[:-1]}
    assert [line.split(": ")[1] for line in year._wrong_partitions(short, today, 9)] == [
        "intake.readings lacks a partition ahead"
    ]
    old = {**tables, "personnel_file.consultations": ["consultations_2026_12", *right]}
    assert [line.split(": ")[1] for line in year._wrong_partitions(old, today, 9)] == [
        "personnel_file.consultations keeps a partition whose term is over"
    ]
