"""Cursors: a cursor is read as it was written, and other texts are refused."""

from __future__ import annotations

import pytest

from shared.runtime.cursor import Cursor


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor("5f0c5a2e-6d0b-5a57-9d6b-0d1b6f3b9c11", "1002", 7)
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "a", "a_1", "a_1_2_3", "a_-1_2", "a_1_x", "a_²_1", f"a_{'9' * 20}_1", f"a_1_{'9' * 19}"]
)
def test_another_text_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.parse(text)
