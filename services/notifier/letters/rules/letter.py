"""The structure of a letter: all texts of a message in one language, without layout.

The e-Box stores a letter as JSON on the day of its deposit, so that a later change of our texts does not
change the letter. `document` makes the HTML page of a letter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.numbers import enterprise
from shared.words import Words, later

_SENDER: Final = later("National Social Security Office")
_ADDRESS: Final = later("Place Victor Horta 11, 1060 Brussels")
CLOSING: Final = later(
    "This document was made automatically. It lies in your e-Box, where programs can read its data too."
)


class Tone(StrEnum):
    """The kind of news in a letter, such as good or bad.

    The layout shows it with a color. The status of the letter says it in words.
    """

    GOOD = "good"
    REMARKS = "remarks"
    BAD = "bad"
    WAITING = "waiting"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a list: a term and its value."""

    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table in a letter. The first cell of each row is the heading of the row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a letter: a heading, then paragraphs, a list of facts, and a table."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter, from the name of its sender to its closing sentence."""

    language: str
    tone: Tone
    sender: tuple[str, ...]  #: lines: name, address
    addressee: tuple[str, ...]  #: lines: name, number
    facts: tuple[Fact, ...]  #: date and references
    title: str
    status: str  #: the outcome in a few words
    lead: str  #: the first paragraph, with the most important facts
    sections: tuple[Section, ...]
    closing: str

    def to_json(self) -> str:
        """Return the letter as JSON, as the e-Box stores it."""
        return _LETTER.dump_json(self, exclude_none=True).decode()

    @classmethod
    def from_json(cls, text: str) -> Letter:
        """Return the letter in a JSON text. Raise ValueError if the text is no valid letter."""
        return _LETTER.validate_json(text)


_LETTER: Final = TypeAdapter(Letter)


def sender_lines(say: Words) -> tuple[str, ...]:
    """Return the lines with name and address of the authority, which sends all letters."""
    return say(_SENDER), say(_ADDRESS)


def address_lines(addressee: Party, say: Words) -> tuple[str, ...]:
    """Return the lines of the addressee of a letter: the name, if it is known, and the enterprise number."""
    return (
        *((addressee.name,) if addressee.name else ()),
        say("Enterprise number {number}", number=enterprise(addressee.enterprise_number)),
    )


def facts_of(pairs: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    """Return pairs of term and text as lines of a list."""
    return tuple(Fact(term=term, text=text) for term, text in pairs)
