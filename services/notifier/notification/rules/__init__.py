"""The rules of notifications: their kind, content, letter and contacts."""

from __future__ import annotations

from services.notifier.notification.rules.contacts import Contact, Subject, contact, contacts
from services.notifier.notification.rules.content import (
    Notice,
    Notifiable,
    notification_data,
    search_words,
    subject_of,
)
from services.notifier.notification.rules.kinds import KIND_OF, TYPE_OF, NotificationKind
from services.notifier.notification.rules.letter import letter_of

__all__ = [
    "KIND_OF",
    "TYPE_OF",
    "Contact",
    "Notice",
    "Notifiable",
    "NotificationKind",
    "Subject",
    "contact",
    "contacts",
    "letter_of",
    "notification_data",
    "search_words",
    "subject_of",
]
