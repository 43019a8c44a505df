"""Limits on the structure of a JSON document, checked before its validation.

They bound the work of one message: validation reports every unknown property, and would take seconds for
a document with twenty thousand of them.
"""

from __future__ import annotations

import json
from typing import Any, Final

#: Objects and arrays inside one another. A declaration in its envelope has six levels.
MOST_LEVELS: Final = 16
#: Properties in all objects together. A declaration in its envelope has at most about seventy.
MOST_PROPERTIES: Final = 256

#: Items in all arrays together. A declaration has a handful.
MOST_ITEMS: Final = 256


class StructureError(ValueError):
    """A document outside the limits. The text contains no value and no name of the document."""


class _Counter:
    """Counts properties while a document is scanned."""

    def __init__(self) -> None:
        self._properties = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._properties += len(pairs)
        if self._properties > MOST_PROPERTIES:
            raise StructureError(f"The message has more than {MOST_PROPERTIES} properties")
        document = dict(pairs)
        if len(document) != len(pairs):
            raise StructureError("An object of the message has a property twice")
        return document


def scan(text: str, start: int = 0) -> tuple[Any, int]:
    """Scan one JSON value from `start`; return it and the position after it.

    Raise StructureError for a value outside the limits, ValueError for text that is not JSON.
    """
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_Counter()).raw_decode(text, start)
    except RecursionError:
        raise _TOO_DEEP from None
    _check_shape(value)
    return value, end


_TOO_DEEP: Final = StructureError(f"The message has more than {MOST_LEVELS} levels")


def _check_shape(value: Any) -> None:
    """Raise StructureError for too many levels or list items: validation reports each wrong item."""
    parts, items = [(value, 1)], 0
    while parts:
        part, level = parts.pop()
        if not isinstance(part, dict | list):
            continue
        if level > MOST_LEVELS:
            raise _TOO_DEEP
        if isinstance(part, list):
            items += len(part)
            if items > MOST_ITEMS:
                raise StructureError(f"The message has more than {MOST_ITEMS} items in its lists")
        parts += [(inner, level + 1) for inner in (part.values() if isinstance(part, dict) else part)]


def check(body: bytes) -> None:
    """Raise StructureError when a document is outside the limits. Text that is not JSON passes."""
    try:
        scan(body.decode().lstrip())
    except StructureError:
        raise
    except ValueError:
        return  # the validation reports it
