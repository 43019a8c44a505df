"""The classification of failures: whether, and how, a failed attempt is tried again."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import asyncpg


class Fault(Enum):
    """The class of a failure. It decides how the next attempt is made."""

    OUTAGE = auto()  #: a dependency is down: hold the batch, pause, and try again in place
    CONTENTION = auto()  #: another transaction holds a lock: pause and try again; nothing is down
    CONFLICT = auto()  #: serialization failure or deadlock: run the batch again, a limited number of times
    AMBIGUOUS = auto()  #: an outage or the fault of a message: a probe of the database decides
    DETERMINISTIC = auto()  #: the fault of a message: split the batch, try it twice alone, park it


class OurError(Exception):
    """Base class of our errors.

    The text of such an error has no personal data, so it is logged. Of all other errors only the type is
    logged.
    """


#: SQLSTATE classes and codes → fault; the longest matching prefix decides. A code that is not listed is
#: the fault of the message. The table holds every class that can come from the state of the server, of
#: its configuration or of its disk: a good message must not be parked for such a state (promise R8).
BY_SQLSTATE: Final = {
    "08": Fault.OUTAGE,  # connection exception
    "53": Fault.OUTAGE,  # insufficient resources: disk, memory, connections
    "25006": Fault.OUTAGE,  # read_only_sql_transaction: after a switch-over this server is the standby
    "28": Fault.OUTAGE,  # invalid authorization: the password was rotated
    "3D000": Fault.OUTAGE,  # the database does not exist (yet)
    "42501": Fault.OUTAGE,  # insufficient_privilege: a grant is missing
    "57": Fault.OUTAGE,  # canceled by an operator, shutdown, crash, starting up
    "58": Fault.OUTAGE,  # system error: files and disk
    "XX": Fault.OUTAGE,  # internal error, corrupted data
    "55P03": Fault.CONTENTION,  # lock_not_available: a rival holds the inbox key or a lock
    "40001": Fault.CONFLICT,  # serialization_failure
    "40P01": Fault.CONFLICT,  # deadlock_detected
}


def classify(error: BaseException) -> Fault:
    """Return the fault behind an error raised by `handle` or by the transaction around it."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        matching = (prefix for prefix in BY_SQLSTATE if state.startswith(prefix))
        longest = max(matching, key=len, default=None)
        return Fault.DETERMINISTIC if longest is None else BY_SQLSTATE[longest]
    if isinstance(error, TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Fault.AMBIGUOUS
    if isinstance(error, OSError):
        return Fault.OUTAGE
    return Fault.DETERMINISTIC


def is_canceled(error: BaseException) -> bool:
    """Return whether the server canceled a statement, at a time limit or for an operator.

    The server is then available, although the error counts as an outage.
    """
    return isinstance(error, asyncpg.QueryCanceledError)


def reason(error: BaseException) -> str:
    """Return why a message is parked: the text of our own error, else only the type of the error.

    The text of a database error quotes rows and arguments, and a row holds a NISS (decision D27).
    """
    return str(error) if isinstance(error, OurError) else type(error).__name__
