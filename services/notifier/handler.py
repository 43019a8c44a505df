"""The notifier's step: one final notification of each declaration, to its one addressee."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.notifier import store
from services.notifier.rules import KIND_OF, addressee
from services.notifier.store import Notification
from shared.answer import answer
from shared.envelope import cloud_event
from shared.messages import (
    SERVICE,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    Delivery,
    Result,
    derived_id,
    notification_id,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Asked, Effect, Step
from shared.topology import NOTIFY, reply_queue

ISSUED: Final = f"{SERVICE}.notifications.notify.issued"

Ended = DeclarationProvisional | DeclarationSettled | DeclarationRefused


async def notify(tx: Transaction, batch: Sequence[Asked[Ended, None]]) -> Sequence[Effect]:
    """Notify each end once; the reply is the delivery where addressee and sender are the same client (D3)."""
    messages = [asked.value for asked in batch]
    employers = {m.declaration.employer.enterprise_number for m in messages if m.declaration.employer}
    secretariats = await store.secretariats(tx, employers)
    addressed = {_id(message): (message, _addressee(message, secretariats)) for message in messages}
    new = await store.save(
        tx,
        [
            Notification(
                id_, m.declaration.number, m.outcome.result is Result.PROVISIONAL, m.outcome.result, whom
            )
            for id_, (m, whom) in addressed.items()
        ],
    )
    fresh = [(message, whom) for id_, (message, whom) in addressed.items() if id_ in new]
    queues = await store.queues(tx, {whom for _, whom in fresh})
    effects: list[Effect] = []
    letters = []
    for message, whom in fresh:
        client, kind = queues.get(whom), KIND_OF[message.outcome.result]
        if client is None:
            letters.append((_id(message), whom, _event(tx, message, whom)))
        elif client != message.declaration.sender.client_id:
            event = _event(tx, message, whom)
            effects.append(Delivery(_event_id(message), reply_queue(client), ISSUED, event))
        target = "mailbox" if client is None else "queue"
        metrics.NOTIFICATIONS.labels(kind, target).inc()
    if letters:
        await store.deposit(tx, letters)
    log.info("notified", declarations=[message.declaration.number for message, _ in fresh])
    return effects


def _addressee(message: Ended, secretariats: Mapping[str, str]) -> str:
    declaration = message.declaration
    # Intake names the employer only where it knows him and the sender may act for him.
    employer = declaration.employer.enterprise_number if declaration.employer else None
    secretariat = secretariats.get(employer) if employer else None
    return addressee(employer, employer is not None, secretariat, declaration.sender.organization)


def _id(message: Ended) -> UUID:
    return notification_id(message.declaration.number, final=message.outcome.result is not Result.PROVISIONAL)


def _event_id(message: Ended) -> UUID:
    return derived_id("issued", _id(message))


def _event(tx: Transaction, message: Ended, whom: str) -> str:
    """The notification as an event; `declaration` is the body of GET /declarations/{id}."""
    worker = message.worker if isinstance(message, DeclarationSettled) else None
    head = {
        "notificationId": str(_id(message)),
        "kind": KIND_OF[message.outcome.result],
        "issuedAt": tx.now.isoformat(),
        "addressee": {"enterpriseNumber": whom},
    }
    body = answer(message.declaration, message.outcome, worker, _id(message))
    data = f'{json.dumps(head)[:-1]}, "declaration": {body}}}'
    return cloud_event(_event_id(message), ISSUED, "notifier", tx.now, data)


def service(_settings: Settings) -> Service:
    """The notifier as a service."""
    return Service("notifier", steps=(Step("notify", (NOTIFY,), notify),))
