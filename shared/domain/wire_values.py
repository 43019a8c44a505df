"""Values in the form of messages and answers: absent instead of null, and hours as HHMM."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the mapping without the entries that have the value None."""
    return {name: value for name, value in values.items() if value is not None}


def text_of(value: object | None) -> str | None:
    """Return a value as text, a date as YYYY-MM-DD; return None for None."""
    return None if value is None else str(value)


def hour_of(value: time | None) -> str | None:
    """Return an hour as HHMM; return None for None."""
    return None if value is None else f"{value:%H%M}"
