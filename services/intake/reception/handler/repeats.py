"""Answer repeated commands and rejected ones: a repeat gets the stored replies, and has no other effect."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.dialogue import channels
from services.intake.dialogue.channels import Addressee
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.store import repeats as store
from services.intake.reception.store.repeats import Repeat
from shared.problems import problem
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.topology import DECLARATIONS


async def answer_repeats(tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
    """Return the earlier replies with their ids; another body under a known id gets a problem."""
    metrics.CONSUMED.labels(DECLARATIONS.name, "repeat").inc(len(commands))
    repeats = await store.load_repeats(tx, {command.key for command in commands})
    by_key = {(repeat.client_id, repeat.message_id): repeat for repeat in repeats}
    effects: list[Effect] = []
    not_received = []
    for command in commands:
        repeat = by_key[command.key]
        if repeat.number is not None and repeat.body_sha256 == command.body_sha256:
            effects += _replies_before(repeat, repeat.number)
        else:
            not_received.append(command)
    return effects + await _repeat_problems(tx, not_received) if not_received else effects


async def answer_rejections(tx: Transaction, rejections: Sequence[Rejection]) -> list[Effect]:
    """Answer rejected commands with a problem, and store the answers for their repeats."""
    if not rejections:
        return []
    replies = [(r.command, channels.problem(r.command, tx.now, r.problem)) for r in rejections]
    rows = [(*command.key, command.body_sha256, reply.id, reply.body) for command, reply in replies]
    await store.store_problems(tx, rows)
    return [reply for _, reply in replies]


async def _repeat_problems(tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
    """Return the stored problem of each command. A command without one gets a new problem about its id."""
    stored = dict(
        await store.load_problems(tx, [(*command.key, command.body_sha256) for command in commands])
    )
    effects: list[Effect] = []
    conflicts = []
    for command in commands:
        id_ = channels.problem_id(command)
        if id_ in stored:
            effects.append(channels.repeated(command.client_id, id_, channels.PROBLEM, stored[id_]))
        else:
            detail = "Another message was received under this id. Give each message an id of its own"
            conflicts.append(Rejection(command, problem("badRequest", detail)))
    return effects + await answer_rejections(tx, conflicts)


def _replies_before(repeat: Repeat, number: int) -> list[Effect]:
    assert repeat.received_at is not None, "a number belongs to a stored declaration"
    addressee = Addressee(number, repeat.client_id, repeat.message_id, repeat.message_source)
    effects: list[Effect] = [channels.received(addressee, repeat.received_at)]
    for given, final in ((repeat.provisional, False), (repeat.final, True)):
        if given is not None:
            effects.append(channels.result(addressee, given.at, given.answer, final=final))
    return effects
