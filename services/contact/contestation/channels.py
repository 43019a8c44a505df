"""The messages on the queue: the command of a client to contest, the replies to it, and later events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from services.contact.case.rules import State
from services.contact.contestation.rules.contesting import Notified, Refusal, Refused
from services.contact.contestation.store import Contested
from shared.domain.calendar import local_date
from shared.envelope import cloud_event
from shared.messages import SERVICE, Delivery, derived_id
from shared.problems import issue
from shared.problems import problem as problem_of
from shared.runtime import commands
from shared.runtime.commands import Commands, problem_reply
from shared.topology import CREATE_CONTESTATION, reply_queue

REPLY: Final = f"{CREATE_CONTESTATION}.reply"
PROBLEM: Final = f"{CREATE_CONTESTATION}.problemReply"
ANSWERED: Final = f"{SERVICE}.contestations.notify.answered"
FINAL: Final = f"{SERVICE}.notifications.notify.becameFinal"
_BY: Final = "contact"

#: A text of a person: not empty, and without NUL, which PostgreSQL cannot store.
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=r"^[^\x00]*$")
]


class Contestation(BaseModel):
    """The data of a command to contest: the id of the notification, and the reason."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    notification_id: UUID
    reason: Words


Command = commands.Command[Contestation]
COMMANDS: Final = Commands(CREATE_CONTESTATION, Contestation)


def reply(command: Command, at: datetime, contested: Contested) -> Delivery:
    """Return the reply to a command that has opened a contestation, for the queue of its client."""
    return commands.reply(
        derived_id("contestationReply", contested.case.id), REPLY, command.client_id,
        (command.message_id, command.message_source), _BY, at, json.dumps(body(contested)),
    )  # fmt: skip


def problem(command: Command, at: datetime, document: Mapping[str, Any]) -> Delivery:
    """Return the problem reply to a command that was refused or could not be read."""
    return problem_reply(command, PROBLEM, _BY, at, dict(document))


#: For each refusal except OPEN, the type of the error (as pydantic names it) and its text.
_WRONG: Final[Mapping[Refusal, tuple[str, str]]] = {
    Refusal.UNKNOWN: ("referenced_resource_not_found", "No notification of yours has this id"),
    Refusal.PROVISIONAL: ("invalid_input", "The notification is provisional. Contest the final one"),
    Refusal.LATE: ("invalid_input", "The last day to contest it was {deadline}. Its data are final"),
}


def rejection(refused: Refused, *under: str) -> dict[str, Any]:
    """Return the problem (JSON) for a refused contestation: `conflict` for OPEN, else `badRequest`.

    `under` are the names of the properties around `notificationId` in the message, the outermost first.
    """
    if refused.why is Refusal.OPEN:
        return problem_of(
            "conflict",
            "Your contestation of this notification is open",
            contestationId=str(refused.open_case),
        )
    kind, words = _WRONG[refused.why]
    wrong = issue(kind, [*under, "notificationId"], detail=words.format(deadline=refused.deadline))
    return problem_of("badRequest", "The input message is incorrect", issues=[wrong])


def answered(contested: Contested, at: datetime) -> str:
    """Return the CloudEvent (JSON) that tells the parties how their contestation has ended."""
    return cloud_event(answered_id(contested), ANSWERED, _BY, at, json.dumps(body(contested)))


def answered_id(contested: Contested) -> UUID:
    """Return the id of the event about the end of a case."""
    return derived_id("contestationAnswered", contested.case.id)


def became_final(notified: Notified, client_id: str, at: datetime) -> Delivery:
    """Return the event that says that a notification can no longer be contested.

    It goes to the reply queue of the addressee, which the client `client_id` owns.
    """
    id_ = derived_id("becameFinal", notified.id)
    data = {
        "notificationId": str(notified.id),
        "declarationId": notified.number,
        "result": notified.result,
        "contestationDeadline": str(notified.deadline),
        "finalSince": str(local_date(at)),
    }
    return Delivery(id_, reply_queue(client_id), FINAL, cloud_event(id_, FINAL, _BY, at, json.dumps(data)))


def body(contested: Contested) -> dict[str, Any]:
    """Return the JSON of a contestation for its party, without nulls, equal on the queue and over HTTP."""
    case = contested.case
    document: dict[str, Any] = {
        "contestationId": str(case.id),
        "notificationId": str(case.notification_id),
        "declarationId": contested.number,
        "enterpriseNumber": case.enterprise_number,
        "state": case.state,
        "reason": case.said,
        "receivedAt": case.opened_at.isoformat(),
    }
    if case.state is State.OPEN:
        return document | {"answerDueOn": str(case.due_on)}
    optional = {"answer": case.answer, "decisionNumber": contested.decision_number}
    assert case.ended_at is not None, "a case that is not open has ended"
    return (
        document
        | {"endedAt": case.ended_at.isoformat()}
        | {name: value for name, value in optional.items() if value is not None}
    )
