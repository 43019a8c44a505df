"""The step that tells employers what was changed without their declaring it, each thing once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.notifier import store
from services.notifier.delivery import store as delivery
from services.notifier.ebox import store as ebox
from services.notifier.rules import addressee
from services.notifier.situation.letter import letter_of
from services.notifier.situation.rules import message_type, situation, subject
from shared.envelope import cloud_event
from shared.messages import SERVICE, Delivery, SituationChanged, derived_id, to_json
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect
from shared.topology import reply_queue

CHANGED: Final = f"{SERVICE}.notifications.notify.situationChanged"


async def tell(tx: Transaction, batch: Sequence[SituationChanged]) -> Sequence[Effect]:
    """Tell whoever gets the employer's notifications: in his e-Box, and where he wants it besides (D34)."""
    said = {_id(situation): situation for situation in batch}
    secretariats = await store.secretariats(tx, {each.enterprise_number for each in said.values()})
    whom = {
        id_: addressee(number, True, secretariats.get(number), number)
        for id_, each in said.items()
        for number in [each.enterprise_number]
    }
    parties = await store.parties(tx, whom.values())
    events = {id_: _event(tx, id_, each, whom[id_]) for id_, each in said.items()}
    posts = [
        ebox.Post(
            id=id_,
            enterprise_number=whom[id_],
            message_type=message_type(each),
            language=parties[whom[id_]].language,
            subject=subject(each),
            letter=to_json(letter_of(each, id_, parties[whom[id_]], tx.now)),
            data=events[id_],
        )
        for id_, each in said.items()
    ]
    new = await ebox.deposit(tx, posts)
    letters = [
        delivery.Letter(whom[id_], derived_id("issued", id_), None, events[id_]) for id_ in said if id_ in new
    ]
    if letters:
        await delivery.schedule(tx, letters)
    queues = await store.queues(tx, {whom[id_] for id_ in new})
    effects: list[Effect] = []
    for id_ in [id_ for id_ in said if id_ in new]:
        client = queues.get(whom[id_])
        metrics.NOTIFICATIONS.labels("situation", "ebox" if client is None else "queue").inc()
        if client is not None:
            effects.append(Delivery(derived_id("issued", id_), reply_queue(client), CHANGED, events[id_]))
    log.info("situations_told", count=len(new))
    return effects


def _id(said: SituationChanged) -> UUID:
    return derived_id("situationNotification", said.subject)


def _event(tx: Transaction, id_: UUID, said: SituationChanged, whom: str) -> str:
    head = {
        "notificationId": str(id_),
        "issuedAt": tx.now.isoformat(),
        "addressee": {"enterpriseNumber": whom},
    }
    data = json.dumps(head | situation(said))
    return cloud_event(derived_id("issued", id_), CHANGED, "notifier", tx.now, data)
