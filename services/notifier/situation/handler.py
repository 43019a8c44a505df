"""The step that notifies employers of changes that they did not declare, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.notifier.ebox.store import NewMessage
from services.notifier.letters.handler import Outgoing, event_id, issue
from services.notifier.letters.rules import Party, addressee
from services.notifier.letters.store import parties as load_parties
from services.notifier.letters.store import secretariats as load_secretariats
from services.notifier.situation.rules import letter_of, message_type, situation_data, subject
from shared.envelope import cloud_event
from shared.messages import SERVICE, SituationChanged, derived_id
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

CHANGED: Final = f"{SERVICE}.notifications.notify.situationChanged"


async def notify_situations(tx: Transaction, changes: Sequence[SituationChanged]) -> Sequence[Effect]:
    """Notify each change once, to the addressee of the employer's notifications (decision D34)."""
    secretariats = await load_secretariats(tx, {change.enterprise_number for change in changes})
    addressees = {
        change.subject: addressee(number, True, secretariats.get(number), number)
        for change in changes
        for number in [change.enterprise_number]
    }
    parties = await load_parties(tx, addressees.values())
    outgoing = {
        change.subject: _outgoing(change, parties[addressees[change.subject]], tx.now) for change in changes
    }
    new, deliveries = await issue(tx, list(outgoing.values()))
    log.info("situations_notified", count=len(new))
    return deliveries


def _outgoing(change: SituationChanged, addressee: Party, at: datetime) -> Outgoing:
    id_ = derived_id("situationNotification", change.subject)
    message = NewMessage(
        id=id_,
        enterprise_number=addressee.enterprise_number,
        message_type=message_type(change),
        language=addressee.language,
        subject=subject(change),
        letter=letter_of(change, id_, addressee, at).to_json(),
        data=changed_event(id_, change, addressee.enterprise_number, at),
    )
    return Outgoing(message, CHANGED, "situation")


def changed_event(id_: UUID, change: SituationChanged, enterprise_number: str, at: datetime) -> str:
    """Return the notification of a changed situation as an event."""
    head = {
        "notificationId": str(id_),
        "issuedAt": at.isoformat(),
        "addressee": {"enterpriseNumber": enterprise_number},
    }
    return cloud_event(event_id(id_), CHANGED, "notifier", at, json.dumps(head | situation_data(change)))
