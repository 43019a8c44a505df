"""Cursors of an overview: valid ones are read, others give a problem that names them."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import ValidationError

from services.notifier.ebox.api.reading import Overview, place, token
from services.notifier.ebox.store.overview import Place
from shared.runtime.api import ProblemError

ID = UUID(int=7)


def test_a_cursor_is_read_as_it_was_written() -> None:
    time = place(token(Place("2026-02-20 09:00:00.123456+00", ID), "-depositedAt"), "-depositedAt")
    assert time == Place("2026-02-20T09:00:00.123456+00:00", ID)
    assert place(token(Place("0206731645", ID), "sender"), "sender") == Place("0206731645", ID)


@pytest.mark.parametrize(
    ("value", "made", "asked"),
    [
        ("0206731645", "depositedAt", "depositedAt"), ("infinity", "expiresAt", "expiresAt"),
        ("0001-01-01T00:00:00+23:00", "-expiresAt", "-expiresAt"), ("a\x00", "sender", "sender"),
        ("0206731645", "sender", "-sender"), ("0206731645", "sender", "messageType"),
        ("2026-02-20T09:00:00+00:00", "depositedAt", "expiresAt"),
    ],
)  # fmt: skip
def test_a_cursor_of_another_order_is_a_problem(value: str, made: str, asked: str) -> None:
    """It would leave out messages, or show them twice."""
    with pytest.raises(ProblemError) as refused:
        place(token(Place(value, ID), made), asked)
    (issue,) = refused.value.body["issues"]
    assert (issue["in"], issue["name"]) == ("query", "after")


@pytest.mark.parametrize("name", ["q", "label"])
def test_a_text_with_a_null_character_is_refused(name: str) -> None:
    Overview(**{name: "Lenoir"})
    with pytest.raises(ValidationError):
        Overview(**{name: "a\x00b"})
