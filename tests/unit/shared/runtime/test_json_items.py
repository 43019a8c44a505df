"""The items of a JSON array, cut out of its text unread."""

from __future__ import annotations

import pytest

from shared.runtime.json_items import items


@pytest.mark.parametrize(
    "item", ["9" * 5000, "-" + "9" * 5000, "0." + "1" * 5000, "1e999999", "[1, {}]", '"]"']
)
def test_any_item_is_cut_out_as_it_is(item: str) -> None:
    text = f"[1, {item} ,2]"
    assert items(text, 0, 3) == ([b"1", item.encode(), b"2"], len(text))
