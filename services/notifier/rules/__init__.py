"""The notifier's rules: who gets the notification of a declaration, what it says, and whom he may call."""

from __future__ import annotations

from services.notifier.rules.contacts import Contact, EmployerKind, Subject, contact, contacts
from services.notifier.rules.content import Ended, Notice, Party, content, subject_of
from services.notifier.rules.routing import KIND_OF, TYPE_OF, NotificationKind, addressee

__all__ = [
    "KIND_OF",
    "TYPE_OF",
    "Contact",
    "EmployerKind",
    "Ended",
    "Notice",
    "NotificationKind",
    "Party",
    "Subject",
    "addressee",
    "contact",
    "contacts",
    "content",
    "subject_of",
]
