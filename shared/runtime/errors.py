"""Two kinds of failure, and the table that tells them apart (reliability.md §2.7)."""

from __future__ import annotations

from enum import Enum, auto

import asyncpg


class Fault(Enum):
    """What a failed attempt says about the next one."""

    OUTAGE = auto()  #: a dependency is down: hold the batch, back off, try again in place
    CONFLICT = auto()  #: serialization failure or deadlock: run the same batch again at once
    AMBIGUOUS = auto()  #: cannot be told without asking the database: probe it
    DETERMINISTIC = auto()  #: this message fails by itself: split, twice alone, park


class OurError(Exception):
    """Its text is our own words, never somebody's data: it may be logged, others by their type only."""


#: SQLSTATE classes and codes → fault; the longest prefix that matches decides.
_BY_SQLSTATE = {
    "08": Fault.OUTAGE,
    "53": Fault.OUTAGE,
    "57P": Fault.OUTAGE,
    "55P03": Fault.OUTAGE,  # a rival holds the inbox key or a lock; never counted against the message
    "40001": Fault.CONFLICT,
    "40P01": Fault.CONFLICT,
}


def classify(error: BaseException) -> Fault:
    """The fault behind an error raised by `handle` or the transaction around it."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        matching = (prefix for prefix in _BY_SQLSTATE if state.startswith(prefix))
        best = max(matching, key=len, default=None)
        return Fault.DETERMINISTIC if best is None else _BY_SQLSTATE[best]
    if isinstance(error, TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Fault.AMBIGUOUS
    if isinstance(error, OSError):
        return Fault.OUTAGE
    return Fault.DETERMINISTIC


def reason(error: BaseException) -> str:
    """Why a message is parked: the type of the error, or our own words; never `str(error)` of a library.

    Database errors quote rows and arguments, and a row holds a NISS (decision D27).
    """
    return str(error) if isinstance(error, OurError) else type(error).__name__
