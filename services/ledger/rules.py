"""Promises about every declaration, and the condition under which each is broken (promise R1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Time allowed from reception to the final result, and from there to the delivered notification. Each
#: normally takes a second.
PATIENCE: Final = timedelta(seconds=30)
#: Time for which a declaration is read again after its final result, because a second, different result
#: would come soon after the first.
WATCHED: Final = timedelta(minutes=5)


class Promise(StrEnum):
    """A promise that this system makes for every declaration."""

    FINAL = "final"  #: a final result, except while an open identification prevents it
    ONE_FINAL = "one_final"  #: all services have stored an equal final result
    NOTIFICATION = "notification"  #: a notification of the final result
    DELIVERY = "delivery"  #: the message of that notification in the e-Box


@dataclass(frozen=True, slots=True)
class Entry:
    """A declaration with its state in the tables of the services. A result that is not stored yet is None."""

    number: int
    received_at: datetime
    final: str | None  #: result that intake stored
    final_at: datetime | None
    settled: str | None  #: result that the personnel file stored
    notified: str | None  #: result in the final notification
    deposited: bool  #: whether the final notification is in the e-Box
    waits: bool  #: whether an open identification, its own or earlier in its chain, prevents the result


def broken(entry: Entry, now: datetime) -> set[Promise]:
    """Return the promises that are broken for a declaration at an instant."""
    found = set()
    results = {result for result in (entry.final, entry.settled, entry.notified) if result is not None}
    if len(results) > 1:
        found.add(Promise.ONE_FINAL)
    if entry.final is None:
        if not entry.waits and now - entry.received_at > PATIENCE:
            found.add(Promise.FINAL)
    elif entry.final_at is None or now - entry.final_at > PATIENCE:
        if entry.notified is None:
            found.add(Promise.NOTIFICATION)
        elif not entry.deposited:
            found.add(Promise.DELIVERY)
    return found


def finished(entry: Entry, now: datetime) -> bool:
    """Return whether a declaration need not be read again.

    It has been final for more than five minutes, its notification is delivered, and no promise is broken.
    """
    return (
        entry.final_at is not None
        and now - entry.final_at > WATCHED
        and entry.deposited
        and not broken(entry, now)
    )


def count(entries: Iterable[Entry], now: datetime) -> Mapping[Promise, int]:
    """Return for each promise the number of declarations for which it is broken, also if that is 0."""
    found = Counter(promise for entry in entries for promise in broken(entry, now))
    return {promise: found[promise] for promise in Promise}
