"""The e-Box's tables: what lies in it, who has read it, and what it tells the world.

A message is put in once, in the transaction that makes it (`deposit`), and never changes. Its text is a
letter in the addressee's language (`letter`), its meaning for programs is JSON (`data`). What readers do
with it lies beside it: readings, labels, attention. Every function for readers takes the types of
message that the reader has a right to (`access.rights`, asked in the same transaction): what is not of
these types is not there, as little as what has expired.

`announce` turns what is due into the events feed, under one lock, so that whoever has read up to a
sequence number never misses an event below it: `newDocument` at once, `newDocumentReminder` after 15
days unless somebody has read the message, `documentExpirationAlert` 30 days before it expires.
"""

from __future__ import annotations

from services.notifier.ebox.store.deposit import RETENTION, NewMessage, deposit
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
from services.notifier.ebox.store.readers import Visit, is_agent, refused, types_of, visit

__all__ = [
    "ALERT",
    "REMINDER",
    "RETENTION",
    "Consent",
    "Event",
    "EventType",
    "Filter",
    "Message",
    "NewMessage",
    "Place",
    "PrintJob",
    "Reader",
    "Sort",
    "Summary",
    "Visit",
    "agree",
    "announce",
    "backlog",
    "call_attention",
    "consent",
    "deposit",
    "end_attention",
    "events",
    "get",
    "is_agent",
    "label",
    "labels",
    "mark_read",
    "page",
    "print_jobs",
    "refused",
    "sent",
    "total",
    "types_of",
    "unlabel",
    "visible",
    "visit",
    "waiting",
    "withdraw",
    "written",
]
