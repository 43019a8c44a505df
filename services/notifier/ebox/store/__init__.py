"""The tables of the e-Box: messages, readings, labels, attention, paper and the events feed.

`letters.store` deposits a message once, in the transaction that makes it; it never changes. Its text is a
letter in the language of the addressee (`letter`); its form for programs is JSON (`data`). Readings, labels
and attention are rows beside it. Every function for readers filters by the types of message that the reader
has a right to (`access.rights`, read in the same transaction) and leaves out expired messages.

`announce` writes due events to the feed under one lock, so that a reader of the feed never misses an event
below a sequence number that it has read: `newDocument` at once, `newDocumentReminder` after 15 days without a
reading, `documentExpirationAlert` 30 days before the message expires.
"""

from __future__ import annotations

from services.notifier.ebox.store.events import ALERT, REMINDER, Event, EventType, announce, events
from services.notifier.ebox.store.marks import (
    call_attention,
    end_attention,
    label,
    labels,
    mark_read,
    unlabel,
)
from services.notifier.ebox.store.overview import (
    Filter,
    Message,
    Place,
    Reader,
    Sort,
    Summary,
    get,
    page,
    total,
    visible,
)
from services.notifier.ebox.store.paper import (
    Consent,
    PrintJob,
    agree,
    backlog,
    consent,
    print_jobs,
    sent,
    waiting,
    withdraw,
    written,
)
from services.notifier.ebox.store.readers import reader_of, store_refusal, types_of

__all__ = [
    "ALERT",
    "REMINDER",
    "Consent",
    "Event",
    "EventType",
    "Filter",
    "Message",
    "Place",
    "PrintJob",
    "Reader",
    "Sort",
    "Summary",
    "agree",
    "announce",
    "backlog",
    "call_attention",
    "consent",
    "end_attention",
    "events",
    "get",
    "label",
    "labels",
    "mark_read",
    "page",
    "print_jobs",
    "reader_of",
    "sent",
    "store_refusal",
    "total",
    "types_of",
    "unlabel",
    "visible",
    "waiting",
    "withdraw",
    "written",
]
