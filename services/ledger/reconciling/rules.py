"""Find the message that a declaration lacks, by the tables of all services (ADR 38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.messages import derived_id, notification_id

Inbox = tuple[str, str]  #: service and consumer


class Lacking(StrEnum):
    """The message that a declaration lacks: its next step begins when this message is sent again."""

    ADMITTED = "admitted"  #: to identification or, for a change, to the personnel file
    IDENTIFIED = "identification ended"
    PROVISIONAL = "provisional result"
    SETTLED = "final result"
    REFUSED = "refusal of reception"
    DEPOSITED = "notification for contestations"


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a declaration has come, by the tables of each service."""

    number: int
    refused: bool  #: by intake
    case_state: str | None  #: of its identification: open, resolved, given_up or timed_out
    waiting: bool  #: for the declaration before it, in the personnel file
    settled: bool  #: by the personnel file
    concluded: bool  #: intake has the final result
    told: bool  #: intake has the provisional result
    notified: bool  #: the notifier has the final notification
    warned: bool  #: the notifier has the provisional notification
    contestable: bool  #: contact has the final notification


def lacking(stage: Stage) -> Lacking | None:
    """Return the message that a declaration lacks, or None if it lacks none.

    The declaration is older than any message takes. One that waits for the declaration before it lacks
    nothing, because the final result of that one wakes it.
    """
    if stage.notified:
        complete = stage.refused or stage.concluded
        return (None if stage.contestable else Lacking.DEPOSITED) if complete else Lacking.SETTLED
    if stage.refused:
        return Lacking.REFUSED
    if stage.settled:
        return Lacking.SETTLED
    if stage.waiting:
        return None
    if stage.case_state == "open":
        return None if stage.told and stage.warned else Lacking.PROVISIONAL
    return Lacking.ADMITTED if stage.case_state is None else Lacking.IDENTIFIED


#: By lacking message: the facts of the ids, and the consumer that has to handle each once more. The consumers
#: find a repeat by the number of the declaration, so that none has a second effect.
_HANDLED_BY: Final[Mapping[Lacking, Sequence[tuple[str, Inbox]]]] = {
    Lacking.ADMITTED: (
        ("admitted", ("identification", "identify")),
        ("admitted", ("personnel_file", "settle")),
        ("identificationEnded", ("personnel_file", "settle")),
    ),
    Lacking.IDENTIFIED: (("identificationEnded", ("personnel_file", "settle")),),
    Lacking.PROVISIONAL: (
        ("provisional", ("intake", "results")),
        ("provisional", ("notifier", "notify")),
    ),
    Lacking.SETTLED: (("final", ("intake", "results")), ("final", ("notifier", "notify"))),
    Lacking.REFUSED: (("final", ("notifier", "notify")),),
}


def handled_by(lacks: Mapping[int, Lacking]) -> dict[Inbox, list[UUID]]:
    """Return, by consumer, the ids of the messages that it has to handle once more."""
    found: dict[Inbox, list[UUID]] = {}
    for number, what in lacks.items():
        if what is Lacking.DEPOSITED:
            id_ = derived_id("deposited", notification_id(number))
            found.setdefault(("contact", "notifications"), []).append(id_)
        for fact, inbox in _HANDLED_BY.get(what, ()):
            found.setdefault(inbox, []).append(derived_id(fact, number))
    return found
