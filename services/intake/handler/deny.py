"""Denying to receive: who may not declare at all, and who is told so at once instead of getting a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.intake import store
from services.intake.channels.queue import Command
from services.intake.channels.trouble import Trouble
from services.intake.handler.lookup import Entry
from services.intake.store import Denial
from shared.domain.anomalies import Anomaly
from shared.messages import Channel
from shared.problems import problem
from shared.runtime import metrics
from shared.runtime.database import Transaction

#: Where an IN without a mandate is a problem; elsewhere it gets a number, and ends with B (D4).
_AT_ONCE: Final = frozenset({Channel.REST})
_NO_MANDATE: Final = "90256-155"


def not_registered(command: Command) -> Trouble:
    """The trouble of a client that the directory does not know."""
    denial = Denial(command.client_id, None, None, "not_registered")
    return Trouble(command, problem("missingPermission", "This client is not registered here"), denial)


def denied_at_once(entry: Entry, found: Sequence[Anomaly]) -> Trouble | None:
    """The trouble of who declares for an employer without a mandate, where that is told at once."""
    if entry.command.channel not in _AT_ONCE or all(each.code != _NO_MANDATE for each in found):
        return None
    assert entry.employer is not None, "of nobody there is no mandate to miss"
    denial = Denial(
        entry.command.client_id, entry.organization, entry.employer.enterprise_number, "no_mandate"
    )
    detail = "Your organization has no mandate for this employer"
    return Trouble(entry.command, problem("missingPermission", detail), denial)


async def write_down(tx: Transaction, troubles: Sequence[Trouble]) -> None:
    """Keep who was denied, when, for which employer and why; and count it."""
    denials = [trouble.denial for trouble in troubles if trouble.denial is not None]
    if denials:
        await store.save_denials(tx, denials)
    for denial in denials:
        metrics.MANDATE_DENIALS.labels(denial.reason).inc()
