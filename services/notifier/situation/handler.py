"""The step that notifies each changed situation, which the employer did not declare, once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.notifier.letters.handler import Outgoing, event_id, issue
from services.notifier.letters.rules.addressee import addressee
from services.notifier.letters.store import Enterprise, NewMessage, load
from services.notifier.situation.rules import letter_of, message_type, situation_data, subject
from shared.envelope import cloud_event
from shared.messages import SERVICE, SituationChanged, derived_id
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

CHANGED: Final = f"{SERVICE}.notifications.notify.situationChanged"


async def notify_situations(tx: Transaction, changes: Sequence[SituationChanged]) -> Sequence[Effect]:
    """Notify the addressee of each change of the personnel file that no declaration caused (decision D34).

    Such a change is a replaced NISS of a worker, or a new NSSO number of the employer. A repeated message
    gives no second notification. Return the deliveries to reply queues.
    """
    enterprises = await load(tx, (change.enterprise_number for change in changes))
    outgoing = {change.subject: _outgoing(change, enterprises, tx.now) for change in changes}
    new, deliveries = await issue(tx, list(outgoing.values()), enterprises)
    log.info("situations_notified", count=len(new))
    return deliveries


def _outgoing(change: SituationChanged, enterprises: Mapping[str, Enterprise], at: datetime) -> Outgoing:
    id_ = derived_id("situationNotification", change.subject)
    number = change.enterprise_number
    party = enterprises[addressee(number, True, enterprises[number].secretariat, number)].party
    event = event_id(id_)
    message = NewMessage(
        id=id_,
        enterprise_number=party.enterprise_number,
        message_type=message_type(change),
        language=party.language,
        subject=subject(change),
        letter=letter_of(change, id_, party, at).to_json(),
        data=changed_event(id_, event, change, party.enterprise_number, at),
        event_id=event,
    )
    return Outgoing(message, CHANGED, "situation")


def changed_event(
    id_: UUID, event: UUID, change: SituationChanged, enterprise_number: str, at: datetime
) -> str:
    """Return the notification of a changed situation as an event.

    Args:
        id_: The id of the notification.
        event: The id of the event.
        change: The change.
        enterprise_number: The addressee.
        at: The instant of the notification.
    """
    head = {
        "notificationId": str(id_),
        "issuedAt": at.isoformat(),
        "addressee": {"enterpriseNumber": enterprise_number},
    }
    return cloud_event(event, CHANGED, "notifier", at, json.dumps(head | situation_data(change)))
