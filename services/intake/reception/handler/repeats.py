"""Answer repeated commands: a repeat gets the earlier replies with their ids, and has no other effect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from services.intake.dialogue import channels
from services.intake.dialogue.channels import Addressee
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.channels.rest import is_keyed
from services.intake.reception.store.loading import Repeat
from shared.messages import Channel, Delivery
from shared.problems import problem
from shared.runtime.commands import problem_id
from shared.runtime.database import Transaction
from shared.runtime.step import Effect

Body = tuple[str, str, bytes]  #: the key of a command, and the SHA-256 of its body


def body_of(command: Command) -> Body:
    """Return the key of a command and the digest of its body."""
    return (*command.key, command.body_sha256)


def problem_replies(tx: Transaction, rejections: Sequence[Rejection]) -> dict[Body, list[Delivery]]:
    """Return the problem reply to each rejected command, by the key and the body of the command."""
    return {
        body_of(rejection.command): [channels.problem(rejection.command, tx.now, rejection.problem)]
        for rejection in rejections
    }


def answer_repeats(repeats: Sequence[tuple[Command, Repeat]]) -> tuple[list[Effect], list[Rejection]]:
    """Return the earlier replies to repeated commands, and the rejections of all other commands.

    A command is a repeat if an earlier command had its id and its body. Otherwise its id belongs to an
    earlier command with another body, and the new command is rejected.
    """
    effects: list[Effect] = []
    conflicts = []
    for command, repeat in repeats:
        if repeat.number is not None and repeat.same_body:
            effects += _replies_before(command, repeat, repeat.number)
        elif repeat.problem is not None:
            id_, event = repeat.problem
            effects.append(channels.repeated(command.client_id, id_, channels.PROBLEM, event))
        else:
            conflicts.append(_conflict(command))
    return effects, conflicts


def _conflict(command: Command) -> Rejection:
    """Return the rejection of a command that has the id of an earlier message with another body."""
    detail = "Another message was received under this id. Give each message an id of its own"
    return Rejection(command, problem("badRequest", detail))


def answer_again(
    commands: Sequence[Command], replies: Mapping[Body, Sequence[Effect]]
) -> tuple[list[Effect], list[Rejection]]:
    """Return the replies to commands with an id that came earlier in their batch, and the rejections.

    A command is rejected if its body differs from the body of the first command with its id.

    Args:
        commands: The commands with an id that came earlier in the batch.
        replies: The replies to the first commands with these ids.
    """
    effects: list[Effect] = []
    conflicts = []
    for command in commands:
        given = replies.get(body_of(command))
        if given is None:
            conflicts.append(_conflict(command))
        else:
            effects += given
    return effects, conflicts


def _replies_before(command: Command, repeat: Repeat, number: int) -> list[Effect]:
    assert repeat.received_at is not None, "a number belongs to a stored declaration"
    own = command.data.reference if command.data is not None else None
    addressee = Addressee(number, command.client_id, command.message_id, repeat.message_source, own)
    effects: list[Effect] = [channels.received(addressee, repeat.received_at)]
    for given, final in ((repeat.provisional, False), (repeat.final, True)):
        if given is not None:
            effects.append(channels.result(addressee, given.at, given.answer, final=final))
    return effects


def outcome_before(command: Command, repeat: Repeat) -> int | Rejection:
    """Return the Dimona number or the rejection that the first command under an id got.

    A command with another body is rejected (409).
    """
    if repeat.same_body and repeat.number is not None:
        return repeat.number
    if repeat.problem is not None:
        return Rejection(command, json.loads(repeat.problem[1]))
    detail = "Another request was received under this Idempotency-Key. Give each request a key of its own"
    return Rejection(command, problem("conflict", detail))


def kept_rejections(rejections: Sequence[Rejection]) -> dict[Body, list[Delivery]]:
    """Return the problems of rejected commands with an id of their sender, to answer repeats of them.

    The problems are stored in the form of problem replies, but they are never sent. REST requests without
    an Idempotency-Key are left out, because they cannot be repeated.
    """
    return {
        body_of(rejection.command): [
            Delivery(problem_id(rejection.command), "", channels.PROBLEM, json.dumps(rejection.problem))
        ]
        for rejection in rejections
        if rejection.command.channel is not Channel.REST or is_keyed(rejection.command)
    }
