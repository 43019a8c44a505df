"""Commands that were received before, and problems: said again with the same ids, without any effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake import store
from services.intake.channels import replies
from services.intake.channels.queue import Command
from services.intake.store import Repeat
from shared.problems import problem
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.topology import DECLARATIONS


async def answer_again(tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
    """The same replies with the same ids; another body under the same id is a problem, with no effect."""
    metrics.CONSUMED.labels(DECLARATIONS.name, "repeat").inc(len(commands))
    found = {
        (repeat.client_id, repeat.message_id): repeat
        for repeat in await store.repeats(tx, {command.key for command in commands})
    }
    effects: list[Effect] = []
    unreceived = []
    for command in commands:
        repeat = found[command.key]
        if repeat.number is not None and repeat.body_sha256 == command.body_sha256:
            effects += _said_before(repeat)
        else:
            unreceived.append(command)
    return effects + await _tell_again(tx, unreceived) if unreceived else effects


async def tell(tx: Transaction, troubles: Sequence[tuple[Command, dict[str, Any]]]) -> list[Effect]:
    """Answer commands with a problem, and keep the answers."""
    if not troubles:
        return []
    told = [(command, replies.problem(command, tx.now, trouble)) for command, trouble in troubles]
    await store.save_problems(tx, [(*c.key, c.body_sha256, d.id, d.body) for c, d in told])
    return [delivery for _, delivery in told]


async def _tell_again(tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
    """The problem each was told before; one that was not told any has taken the id of another message."""
    told = dict(await store.problems(tx, [(*command.key, command.body_sha256) for command in commands]))
    effects: list[Effect] = []
    conflicts = []
    for command in commands:
        id_ = replies.problem_id(command)
        if id_ in told:
            effects.append(replies.again(command.client_id, id_, replies.PROBLEM, told[id_]))
        else:
            detail = "Another message was received under this id; give each message an id of its own"
            conflicts.append((command, problem("badRequest", detail)))
    return effects + await tell(tx, conflicts)


def _said_before(repeat: Repeat) -> list[Effect]:
    assert repeat.number is not None
    assert repeat.received_at is not None
    whom = (repeat.number, repeat.client_id, repeat.message_id, repeat.message_source)
    effects: list[Effect] = [replies.received(*whom, repeat.received_at)]
    for given, final in ((repeat.provisional, False), (repeat.final, True)):
        if given is not None:
            effects.append(replies.result(*whom, given.at, final, given.answer))
    return effects
