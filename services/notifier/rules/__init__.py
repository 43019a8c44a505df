"""The notifier's rules: who gets the notification of a declaration, what it says, and whom he may call."""

from __future__ import annotations

from services.notifier.rules.contacts import Contact, EmployerKind, Subject, contact, contacts
from services.notifier.rules.content import Ended, Notice, Party, content, searched, subject_of
from services.notifier.rules.document import document
from services.notifier.rules.letter import Fact, Letter, Section, Table, Tone
from services.notifier.rules.notification import letter_of
from services.notifier.rules.routing import KIND_OF, TYPE_OF, NotificationKind, addressee
from services.notifier.rules.words import LANGUAGES, Words, words

__all__ = [
    "KIND_OF",
    "LANGUAGES",
    "TYPE_OF",
    "Contact",
    "EmployerKind",
    "Ended",
    "Fact",
    "Letter",
    "Notice",
    "NotificationKind",
    "Party",
    "Section",
    "Subject",
    "Table",
    "Tone",
    "Words",
    "addressee",
    "contact",
    "contacts",
    "content",
    "document",
    "letter_of",
    "searched",
    "subject_of",
    "words",
]
