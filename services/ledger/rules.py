"""The promise of each declaration, and the ways in which it can be broken (promise R1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: A declaration may be on its way for so long before the ledger counts it. In good health it takes a second.
PATIENCE: Final = timedelta(seconds=30)
#: A finished declaration stays under watch for so long: a second final would come soon after the first.
WATCHED: Final = timedelta(minutes=5)


class Promise(StrEnum):
    """A promise that this system makes for every declaration."""

    FINAL = "final"  #: a final result, unless its identification is open
    ONE_FINAL = "one_final"  #: one result in all stores
    NOTIFICATION = "notification"  #: a notification of the final result
    DELIVERY = "delivery"  #: the message of that notification in the e-Box


@dataclass(frozen=True, slots=True)
class Entry:
    """One declaration as the stores have it; a result is None while there is none."""

    number: int
    received_at: datetime
    final: str | None  #: result that intake stored
    final_at: datetime | None
    settled: str | None  #: result that the personnel file stored
    notified: str | None  #: result in the final notification
    deposited: bool  #: the notification lies in the e-Box
    waits: bool  #: for an open identification, its own or one earlier in its chain


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
    """Return whether a declaration needs no further watching."""
    return (
        entry.final_at is not None
        and now - entry.final_at > WATCHED
        and entry.deposited
        and not broken(entry, now)
    )


def count(entries: Iterable[Entry], now: datetime) -> Mapping[Promise, int]:
    """Return the number of broken promises of each kind."""
    found = Counter(promise for entry in entries for promise in broken(entry, now))
    return {promise: found[promise] for promise in Promise}
