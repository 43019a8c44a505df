"""The step that notifies the outcome of each declaration to its one addressee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.notifier.ebox.store import NewMessage
from services.notifier.letters.handler import Outgoing, event_id, issue
from services.notifier.letters.rules import Party, addressee
from services.notifier.letters.store import parties as load_parties
from services.notifier.letters.store import secretariats as load_secretariats
from services.notifier.notification import store
from services.notifier.notification.rules import (
    TYPE_OF,
    Notice,
    Notifiable,
    letter_of,
    notification_data,
    search_words,
    subject_of,
)
from services.notifier.notification.store import Notification
from shared.domain.calendar import contestation_deadline
from shared.envelope import cloud_event
from shared.messages import (
    REPLIED_CHANNELS,
    SERVICE,
    DeclarationSettled,
    NotificationDeposited,
    Result,
    notification_id,
)
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

ISSUED: Final = f"{SERVICE}.notifications.notify.issued"


class Notifications:
    """The step. `weekend` has the days that do not count for the deadline to contest (rule R6)."""

    def __init__(self, weekend: frozenset[int]) -> None:
        self._weekend = weekend

    async def notify_declarations(self, tx: Transaction, messages: Sequence[Notifiable]) -> Sequence[Effect]:
        """Notify each outcome once, in the e-Box of its addressee and on the addressee's other channels."""
        notices = await self._notices(tx, messages)
        new = await store.save(tx, [_row(notice) for notice in notices.values()])
        outgoing = [_outgoing(notice) for id_, notice in notices.items() if id_ in new]
        _, deliveries = await issue(tx, outgoing)
        issued = [notices[one.message.id] for one in outgoing]
        log.info("notified", declarations=[notice.message.declaration.number for notice in issued])
        return [*(_deposited(notice) for notice in issued), *deliveries]

    async def _notices(self, tx: Transaction, messages: Sequence[Notifiable]) -> dict[UUID, Notice]:
        employers = {m.declaration.employer.enterprise_number for m in messages if m.declaration.employer}
        secretariats = await load_secretariats(tx, employers)
        addressees = [_addressee(message, secretariats) for message in messages]
        senders = {message.declaration.sender.organization for message in messages}
        parties = await load_parties(tx, employers.union(senders, addressees))
        return {
            (notice := self._notice(tx, message, number, parties)).id: notice
            for message, number in zip(messages, addressees, strict=True)
        }

    def _notice(
        self, tx: Transaction, message: Notifiable, number: str, parties: Mapping[str, Party]
    ) -> Notice:
        employer = message.declaration.employer
        final = message.outcome.result is not Result.PROVISIONAL
        return Notice(
            notification_id(message.declaration.number, final=final),
            message,
            addressee=parties[number],
            employer=parties[employer.enterprise_number] if employer else None,
            declarant=parties[message.declaration.sender.organization],
            available_at=tx.now,
            deadline=contestation_deadline(tx.now, self._weekend) if final else None,
        )


def _addressee(message: Notifiable, secretariats: Mapping[str, str]) -> str:
    declaration = message.declaration
    # Intake names the employer only if it knows the employer and the sender may act for this employer.
    employer = declaration.employer.enterprise_number if declaration.employer else None
    secretariat = secretariats.get(employer) if employer else None
    return addressee(employer, employer is not None, secretariat, declaration.sender.organization)


def _row(notice: Notice) -> Notification:
    return Notification(
        notice.id,
        notice.message.declaration.number,
        notice.deadline is None,
        notice.message.outcome.result,
        notice.addressee.enterprise_number,
        notice.deadline,
    )


def _deposited(notice: Notice) -> NotificationDeposited:
    """Return the message to contact: the notification, and the parties and deadline of a contestation."""
    message = notice.message
    worker = message.worker if isinstance(message, DeclarationSettled) else None
    return NotificationDeposited(
        notification_id=notice.id,
        number=message.declaration.number,
        employer=notice.employer.enterprise_number if notice.employer else None,
        addressee=notice.addressee.enterprise_number,
        result=message.outcome.result,
        ssin=worker.ssin if worker else None,
        available_at=notice.available_at,
        deadline=notice.deadline,
    )


def issued_event(notice: Notice) -> str:
    """Return the notification as an event, for queues and for programs that read the e-Box."""
    return cloud_event(
        event_id(notice.id), ISSUED, "notifier", notice.available_at, notification_data(notice)
    )


def _outgoing(notice: Notice) -> Outgoing:
    """Return the message for the e-Box: a letter for people, and the event for programs."""
    event = issued_event(notice)
    declaration = notice.message.declaration
    message = NewMessage(
        id=notice.id,
        enterprise_number=notice.addressee.enterprise_number,
        message_type=TYPE_OF[notice.kind],
        language=notice.addressee.language,
        subject=subject_of(notice),
        letter=letter_of(notice).to_json(),
        data=event,
        words=search_words(notice),
        declaration_id=declaration.number,
    )
    replied = declaration.sender.client_id if declaration.sender.channel in REPLIED_CHANNELS else None
    return Outgoing(message, ISSUED, notice.kind, replied_to=replied)
