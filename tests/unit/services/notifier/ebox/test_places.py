"""Cursors of an overview: valid ones are read, others give a problem that names them."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import ValidationError

from services.notifier.ebox.api.reading import Overview, place, token
from services.notifier.ebox.store.overview import Place, Sort
from shared.runtime.api import ProblemError

ID = UUID(int=7)


def test_a_cursor_is_read_as_it_was_written() -> None:
    time = place(token(Place("2026-02-20 09:00:00.123456+00", ID)), Sort.DEPOSITED)
    assert time == Place("2026-02-20T09:00:00.123456+00:00", ID)
    assert place(token(Place("0206731645", ID)), Sort.SENDER) == Place("0206731645", ID)


@pytest.mark.parametrize(
    ("value", "sort"),
    [
        ("0206731645", Sort.DEPOSITED), ("infinity", Sort.EXPIRES),
        ("0001-01-01T00:00:00+23:00", Sort.EXPIRES),
        ("a\x00", Sort.SENDER),
    ],
)  # fmt: skip
def test_a_cursor_of_another_order_is_a_problem(value: str, sort: Sort) -> None:
    with pytest.raises(ProblemError) as refused:
        place(token(Place(value, ID)), sort)
    (issue,) = refused.value.body["issues"]
    assert (issue["in"], issue["name"]) == ("query", "after")


@pytest.mark.parametrize("name", ["q", "label"])
def test_a_text_with_a_null_character_is_refused(name: str) -> None:
    Overview(**{name: "Lenoir"})
    with pytest.raises(ValidationError):
        Overview(**{name: "a\x00b"})
