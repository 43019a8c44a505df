"""The rules of all letters: addressee, words, form, page, and the letters that other services write."""

from __future__ import annotations

from services.notifier.letters.rules.addressee import EmployerKind, Party, addressee
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import (
    CLOSING,
    Fact,
    Letter,
    Section,
    Table,
    Tone,
    address_lines,
    facts_of,
    sender_lines,
)
from services.notifier.letters.rules.numbers import enterprise, shortened, ssin
from services.notifier.letters.rules.words import LANGUAGES, Words, later, words

__all__ = [
    "CLOSING",
    "LANGUAGES",
    "EmployerKind",
    "Fact",
    "Letter",
    "Party",
    "Section",
    "Table",
    "Tone",
    "Words",
    "address_lines",
    "addressee",
    "document",
    "enterprise",
    "facts_of",
    "later",
    "sender_lines",
    "shortened",
    "ssin",
    "words",
]
