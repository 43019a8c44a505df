"""The verdict on a declaration: its present state, its cause, and the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.ledger.rules import Entry, broken


class State(StrEnum):
    """The present state of a declaration."""

    PARKED = "parked"  #: a message about it failed permanently and waits for an operator
    SET_ASIDE = "set_aside"  #: a message about it is too large for the broker
    IDENTIFICATION = "waits_for_identification"
    PREDECESSOR = "waits_for_predecessor"
    BROKEN = "broken"  #: a promise is broken, and nothing found explains it
    UNDER_WAY = "under_way"
    UNDELIVERED = "undelivered"  #: final and in the e-Box; a message for a queue outside waits
    COMPLETE = "complete"


#: States that need a person of the operations team.
ACTION: Final = frozenset({State.PARKED, State.SET_ASIDE, State.BROKEN})


@dataclass(frozen=True, slots=True)
class Fact:
    """One event in the story of a declaration, as a service has stored it."""

    at: datetime
    service: str
    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message about the declaration that its service has not sent yet."""

    service: str
    table: str  #: outbox, deliveries or set_aside
    lane: str  #: its recipient
    type: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked message about the declaration."""

    id: str
    queue: str
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """All that the services have stored about one declaration.

    `deadline` is the last instant of its open identification. `predecessor` is the number of the declaration
    for which it waits.
    """

    entry: Entry
    facts: Sequence[Fact]
    deadline: datetime | None = None
    predecessor: int | None = None
    waiting: Sequence[Waiting] = ()
    parked: Sequence[Parked] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of a declaration, its cause in words, and the next step for an operator (may be empty)."""

    state: State
    cause: str
    advice: str = ""

    @property
    def needs_action(self) -> bool:
        """Return whether an operator has to do something."""
        return self.state in ACTION


def judge(story: Story, now: datetime) -> Verdict:
    """Return the first verdict that applies to the story at an instant.

    A cause that an operator can remove comes before a state that ends by itself.
    """
    return next(verdict for rule in _RULES if (verdict := rule(story, now)) is not None)


def _parked(story: Story, _now: datetime) -> Verdict | None:
    if not story.parked:
        return None
    first = story.parked[0]
    return Verdict(
        State.PARKED,
        f"a message from {first.queue} failed permanently: {first.reason}",
        f"dimona parked show {first.id}; remove the cause, then replay or discard",
    )


def _set_aside(story: Story, _now: datetime) -> Verdict | None:
    aside = next((each for each in story.waiting if each.table == "set_aside"), None)
    if aside is None:
        return None
    return Verdict(
        State.SET_ASIDE,
        f"{aside.service} has a message for {aside.lane} that is too large for the broker",
        "docs/runbooks.md, message set aside",
    )


def _identification(story: Story, _now: datetime) -> Verdict | None:
    if story.entry.final is not None or story.deadline is None:
        return None
    return Verdict(
        State.IDENTIFICATION,
        f"the worker is not identified yet; the case ends at the latest on {story.deadline:%Y-%m-%d}",
        f"dimona case show {story.entry.number}",
    )


def _predecessor(story: Story, _now: datetime) -> Verdict | None:
    if story.entry.final is not None or story.predecessor is None:
        return None
    return Verdict(
        State.PREDECESSOR,
        f"it waits until declaration {story.predecessor} of this employer and worker is final",
        f"dimona trace {story.predecessor}",
    )


def _broken(story: Story, now: datetime) -> Verdict | None:
    promises = sorted(broken(story.entry, now))
    if not promises:
        return None
    return Verdict(
        State.BROKEN,
        f"broken promise: {', '.join(promises)}; no parked or waiting message explains it",
        "stop nothing, change nothing: docs/runbooks.md, ledger",
    )


def _under_way(story: Story, _now: datetime) -> Verdict | None:
    entry = story.entry
    if entry.final is not None and entry.notified is not None and entry.deposited:
        return None
    step = "the final result" if entry.final is None else "the final notification"
    return Verdict(State.UNDER_WAY, f"it waits for {step}, normally less than a second")


def _undelivered(story: Story, _now: datetime) -> Verdict | None:
    waiting = [each for each in story.waiting if each.table == "deliveries"]
    if not waiting:
        return None
    return Verdict(
        State.UNDELIVERED,
        f"the result is final and in the e-Box; a message waits for the queue of {waiting[0].lane}",
        "docs/runbooks.md, deliveries overdue",
    )


def _complete(story: Story, _now: datetime) -> Verdict:
    return Verdict(State.COMPLETE, f"final with {story.entry.final}, notified, and in the e-Box")


_RULES: Final[Sequence[Callable[[Story, datetime], Verdict | None]]] = (
    _parked,
    _set_aside,
    _identification,
    _predecessor,
    _broken,
    _under_way,
    _undelivered,
    _complete,
)
