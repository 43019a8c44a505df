"""Schedule one sample of each event for the webhook of an organization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4

from services.notifier.letters.store import load
from services.notifier.notification.handler import ISSUED, issued_event
from services.notifier.notification.rules.content import Notice
from services.notifier.sample import store
from services.notifier.sample.rules import notifiables, situations
from services.notifier.situation.handler import CHANGED, changed_event
from shared.domain.calendar import contestation_deadline
from shared.messages import Result
from shared.runtime.database import Transaction


async def send_samples(
    tx: Transaction, organization: str, weekend: frozenset[int]
) -> Sequence[Mapping[str, str]]:
    """Schedule one sample of each event for the webhook of an organization; return their ids and types.

    Return an empty list if the organization has no webhook. The code of real events makes the samples, and
    the ids are new on each call.
    """
    party = (await load(tx, [organization]))[organization].party
    events = []
    for message in notifiables(organization, tx.now):
        final = message.outcome.result is not Result.PROVISIONAL
        deadline = contestation_deadline(tx.now, weekend) if final else None
        event = uuid4()
        notice = Notice(uuid4(), message, party, party, party, tx.now, deadline)
        events.append((event, ISSUED, issued_event(notice, event)))
    for change in situations(organization, tx.now, uuid4()):
        event = uuid4()
        events.append((event, CHANGED, changed_event(uuid4(), event, change, organization, tx.now)))
    if not await store.schedule(tx, organization, [(id_, text) for id_, _, text in events]):
        return []
    return [{"id": str(id_), "type": type_} for id_, type_, _ in events]
