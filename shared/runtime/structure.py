"""Limits on the structure of a JSON document, which are checked before the document is validated.

They limit the work for one message. Validation reports every unknown property, so without a limit it would
take seconds for a document with twenty thousand unknown properties.
"""

from __future__ import annotations

import json
from typing import Any, Final

#: Maximum depth of objects and arrays inside one another. A declaration in its envelope has six levels.
MOST_LEVELS: Final = 16
#: Maximum number of properties in all objects together. A declaration in its envelope has at most about
#: seventy.
MOST_PROPERTIES: Final = 256

#: Maximum number of items in all arrays together. A declaration has only a few.
MOST_ITEMS: Final = 256


class StructureError(ValueError):
    """The error for a document that exceeds a limit or has a property twice. Its text quotes no data."""


class _Counter:
    """A hook of the JSON decoder: it makes each object of a document and counts all properties."""

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
    """Read the JSON value that begins at `start`. Return the value and the position after it.

    Raise StructureError for a value that exceeds a limit or has a property twice, and ValueError for text
    that is not JSON.
    """
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_Counter()).raw_decode(text, start)
    except RecursionError:
        raise _TOO_DEEP from None
    _check_shape(value)
    return value, end


_TOO_DEEP: Final = StructureError(f"The message has more than {MOST_LEVELS} levels")


def _check_shape(value: Any) -> None:
    """Raise StructureError for too many levels or list items.

    It runs before validation, which would report every wrong item and take seconds.
    """
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
    """Raise StructureError for a document that exceeds a limit or has a property twice.

    Accept text that is not JSON, because the validation reports it later.
    """
    try:
        scan(body.decode().lstrip())
    except StructureError:
        raise
    except ValueError:
        return  # the validation reports it
