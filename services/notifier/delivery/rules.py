"""When a delivery is tried again, when a recipient is left alone, and when we give up (decision D5). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"  #: the recipient answered, and does not want this one
    UNREACHABLE = "unreachable"  #: the recipient is away, or says that it has too much to do


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"  #: given up after three days; stays readable, and can be sent again by hand


#: How long a delivery is tried, from when it was first due.
PATIENCE: Final = timedelta(hours=72)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
#: Pauses after the first, second, … failed attempt; the last one stays.
_PAUSES: Final = (
    timedelta(seconds=10), timedelta(seconds=30), _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE,
    20 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR,
)  # fmt: skip
#: A pause is up to so much longer: those who failed together do not come back together.
JITTER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from an attempt: the new state, and when the next one is due."""

    state: State
    due_at: datetime
    #: until when nothing at all is sent to this recipient; None when he has answered
    closed_until: datetime | None


def pause_after(failures: int, chance: float) -> timedelta:
    """The pause after this many failures in a row (from 1); `chance` in [0, 1) draws the jitter."""
    return _PAUSES[min(failures, len(_PAUSES)) - 1] * (1 + JITTER * chance)


def judge(
    outcome: Outcome, first_due: datetime, attempts: int, lane_failures: int, now: datetime, chance: float
) -> Verdict:
    """What follows from the attempt that just ended.

    `attempts` counts those of this delivery, this one included; `lane_failures` those in a row that did not
    reach the recipient, this one included. A recipient that is away spends the patience of what waits for
    him, but only one of them is tried at a time. The last attempt is made when the patience ends, not before.
    """
    if outcome is Outcome.DELIVERED:
        return Verdict(State.DELIVERED, now, None)
    end = first_due + PATIENCE
    closed_until = now + pause_after(lane_failures, chance) if outcome is Outcome.UNREACHABLE else None
    if now >= end:
        return Verdict(State.EXHAUSTED, now, closed_until)
    return Verdict(State.PENDING, min(now + pause_after(attempts, chance), end), closed_until)


def outcome_of(status: int) -> Outcome:
    """What an HTTP status says: 2xx took it; 408, 425, 429 and 5xx ask for patience; all else is a refusal.

    A redirect is a refusal: it is never followed (T19).
    """
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status in (408, 425, 429) or status >= 500:
        return Outcome.UNREACHABLE
    return Outcome.REFUSED
