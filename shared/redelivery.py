"""Retries of a delivery, pauses of a recipient, and the end of all attempts (decision D5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """The outcome of one attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"  #: the recipient answered and does not accept this delivery
    UNREACHABLE = "unreachable"  #: the recipient does not answer, or is overloaded


class State(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"  #: ended after three days or with its channel; is tried again only on request


#: The time during which a delivery is tried, from its first due time.
PATIENCE: Final = timedelta(hours=72)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
#: Pauses after the first, second, … failed attempt. After all of them the last pause repeats.
_PAUSES: Final = (
    timedelta(seconds=10), timedelta(seconds=30), _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 10 * _MINUTE,
    20 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR,
)  # fmt: skip
#: A pause is longer by a random part of at most this share, so that deliveries that failed together are not
#: all tried again at one instant.
JITTER: Final = 0.25


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision after an attempt to deliver: the new state, the next due time, and the pause."""

    state: State
    due_at: datetime  #: of the next attempt; without meaning unless the state is PENDING
    #: end of the pause of this recipient; None if the recipient answered
    closed_until: datetime | None


def pause_after(failures: int, chance: float) -> timedelta:
    """Return the pause after this number of failures in a row (at least 1), with its jitter.

    `chance` is a random number in [0, 1) that sets the jitter.
    """
    return _PAUSES[min(failures, len(_PAUSES)) - 1] * (1 + JITTER * chance)


def judge(
    outcome: Outcome, first_due: datetime, attempts: int, lane_failures: int, now: datetime, chance: float
) -> Verdict:
    """Return the decision about a delivery after an attempt.

    A delivery is pending for 72 hours after it was first due. The hours count also while its recipient is
    unreachable, although only one delivery to this recipient is tried then. The last attempt comes at the
    end of the 72 hours, not before.

    Args:
        outcome: The outcome of the attempt.
        first_due: The first due time of the delivery.
        attempts: The number of attempts of this delivery, with this attempt.
        lane_failures: The number of attempts in a row that did not reach the recipient, with this attempt.
        now: The present instant.
        chance: A random number in [0, 1) for the jitter.
    """
    if outcome is Outcome.DELIVERED:
        return Verdict(State.DELIVERED, now, None)
    end = first_due + PATIENCE
    closed_until = now + pause_after(lane_failures, chance) if outcome is Outcome.UNREACHABLE else None
    if now >= end:
        return Verdict(State.EXHAUSTED, now, closed_until)
    return Verdict(State.PENDING, min(now + pause_after(attempts, chance), end), closed_until)


def outcome_of(status: int) -> Outcome:
    """Return the outcome for an HTTP status: 2xx delivered; 408, 425, 429, 5xx unreachable; else refused.

    A redirect is a refusal, because it is never followed (threat T19).
    """
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status in (408, 425, 429) or status >= 500:
        return Outcome.UNREACHABLE
    return Outcome.REFUSED
