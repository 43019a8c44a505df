"""Division of a JSON array into the bytes of its items. Each item is read later, as a document."""

from __future__ import annotations

import json
import re
from json import JSONDecodeError
from typing import Final

from shared.runtime.errors import OurError

_SPACE: Final = re.compile(r"[ \t\n\r]*")
#: A string without closing quote is one token too. Otherwise each quote in it would be read to the end.
_BRACKETS: Final = re.compile(r'[\[{]+|[\]}]+|"(?:[^"\\]|\\.)*+"?', re.DOTALL)
#: Numbers stay texts: Python refuses to convert one with more than 4,300 digits, with another error.
_SCANNER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


class TooManyItemsError(OurError):
    """The error for an array with more items than allowed."""

    def __init__(self) -> None:
        super().__init__("too many items")


def after_space(text: str, at: int) -> int:
    """Return the position of the next character that is no white space of JSON."""
    match = _SPACE.match(text, at)
    assert match is not None, "the pattern matches the empty text"
    return match.end()


def items(text: str, at: int, most: int) -> tuple[list[bytes], int]:
    """Return exactly the bytes of each item of an array, and the position after it.

    Args:
        text: A JSON text.
        at: The position of the opening bracket.
        most: The number of items that are allowed.

    Raises:
        TooManyItemsError: For more items.
        JSONDecodeError: For text that is no array.
    """
    if text[at : at + 1] != "[":
        raise JSONDecodeError("no array", text, at)
    found: list[bytes] = []
    at = after_space(text, at + 1)
    while text[at : at + 1] != "]":
        if found:
            if text[at : at + 1] != ",":
                raise JSONDecodeError("no comma between items", text, at)
            at = after_space(text, at + 1)
        if len(found) == most:
            raise TooManyItemsError
        end = _end_of_value(text, at)
        found.append(text[at:end].encode())
        at = after_space(text, end)
    return found, at + 1


def _end_of_value(text: str, at: int) -> int:
    """Return the end of the JSON value at a position. Raise JSONDecodeError for other text.

    If the value is nested too deeply for the decoder, find its end by counting brackets, so that the items
    after it can still be read.
    """
    try:
        return _SCANNER.raw_decode(text, at)[1]
    except RecursionError:
        level = 0
        for token in _BRACKETS.finditer(text, at):
            first, count = text[token.start()], token.end() - token.start()
            if first in "[{":
                level += count
            elif first in "]}":
                if count >= level:
                    return token.start() + level
                level -= count
        raise JSONDecodeError("a bracket is not closed", text, len(text)) from None
