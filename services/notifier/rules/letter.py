"""A letter: every word of a message in one language, without its layout.

It is what lies in an e-Box: kept as JSON on the day of its deposit, so that no later change of wording
alters what somebody was told. How it looks as a page is told in `document`.
"""

from __future__ import annotations

from enum import StrEnum

from shared.messages import Value


class Tone(StrEnum):
    """What a letter brings; its layout marks each, and never by color alone."""

    GOOD = "good"
    REMARKS = "remarks"
    BAD = "bad"
    WAITING = "waiting"
    NEUTRAL = "neutral"


class Fact(Value):
    """One line of a list: what, and its value."""

    term: str
    text: str


class Table(Value):
    """A table; the first cell of each row is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(Value):
    """A part of a letter with its heading."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None


class Letter(Value):
    """A whole letter, from the name of its sender down."""

    language: str
    tone: Tone
    sender: tuple[str, ...]  #: lines: name, address
    addressee: tuple[str, ...]  #: lines: name, number
    facts: tuple[Fact, ...]  #: date and references
    title: str
    status: str  #: the outcome in a word or two
    lead: str  #: the one paragraph for those who read only one
    sections: tuple[Section, ...]
    closing: str
