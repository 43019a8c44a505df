"""A letter: every word of a message in one language, without its layout.

The e-Box stores it as JSON on the day of its deposit, so that later changes of wording do not alter it.
`document` makes its page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from services.notifier.letters.rules.addressee import Party
from services.notifier.letters.rules.numbers import enterprise
from services.notifier.letters.rules.words import Words, later

_SENDER: Final = later("National Social Security Office")
_ADDRESS: Final = later("Place Victor Horta 11, 1060 Brussels")
CLOSING: Final = later(
    "This document was made automatically. It lies in your e-Box, where programs can read its data too."
)


class Tone(StrEnum):
    """The kind of news in a letter. The layout marks it, and never by color alone."""

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
    """A table. The first cell of each row is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a letter with its heading."""

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
    status: str  #: the outcome in a word or two
    lead: str  #: the one paragraph for a reader in a hurry
    sections: tuple[Section, ...]
    closing: str

    def to_json(self) -> str:
        """Return the letter as JSON, as the e-Box stores it."""
        return _LETTER.dump_json(self, exclude_none=True).decode()

    @classmethod
    def from_json(cls, text: str) -> Letter:
        """Return the letter in a JSON text. Raise ValueError if the text has none."""
        return _LETTER.validate_json(text)


_LETTER: Final = TypeAdapter(Letter)


def sender_lines(say: Words) -> tuple[str, ...]:
    """Return the lines with name and address of the authority, which sends all letters."""
    return say(_SENDER), say(_ADDRESS)


def address_lines(addressee: Party, say: Words) -> tuple[str, ...]:
    """Return name, if known, and number of the addressee of a letter."""
    return (
        *((addressee.name,) if addressee.name else ()),
        say("Enterprise number {number}", number=enterprise(addressee.enterprise_number)),
    )


def facts_of(pairs: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    """Return pairs of term and text as lines of a list."""
    return tuple(Fact(term=term, text=text) for term, text in pairs)
