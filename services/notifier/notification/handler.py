"""The step that notifies the outcome of each declaration to its one addressee."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from services.notifier.letters.handler import Outgoing, event_id, issue
from services.notifier.letters.rules.addressee import addressee
from services.notifier.letters.store import Enterprise, NewMessage, load
from services.notifier.notification.rules.content import (
    Notice,
    Notifiable,
    notification_data,
    search_words,
    subject_of,
)
from services.notifier.notification.rules.kinds import TYPE_OF
from services.notifier.notification.rules.letter import letter_of
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
    """The step that makes the notifications of declarations.

    `weekend` has the weekdays (0 is Monday) that do not count for the deadline to contest (rule R6).
    """

    def __init__(self, weekend: frozenset[int]) -> None:
        self._weekend = weekend

    async def notify_declarations(self, tx: Transaction, messages: Sequence[Notifiable]) -> Sequence[Effect]:
        """Notify each outcome once, in the e-Box of its addressee and on the addressee's other channels.

        Return the messages to the service `contact` about new notifications, and the deliveries to queues.
        """
        enterprises = await load(tx, (number for message in messages for number in _parties(message)))
        notices = [self._notice(tx, message, enterprises) for message in messages]
        outgoing = {notice.id: _outgoing(notice) for notice in notices}
        new, deliveries = await issue(tx, list(outgoing.values()), enterprises)
        issued = [notice for notice in {notice.id: notice for notice in notices}.values() if notice.id in new]
        log.info("notified", declarations=[notice.message.declaration.number for notice in issued])
        return [*(_deposited(notice) for notice in issued), *deliveries]

    def _notice(self, tx: Transaction, message: Notifiable, enterprises: Mapping[str, Enterprise]) -> Notice:
        declaration = message.declaration
        # Intake names the employer only if it knows the employer and the sender may act for this employer.
        employer = enterprises[declaration.employer.enterprise_number] if declaration.employer else None
        number = addressee(
            employer.party.enterprise_number if employer else None,
            employer is not None,
            employer.secretariat if employer else None,
            declaration.sender.organization,
        )
        final = message.outcome.result is not Result.PROVISIONAL
        return Notice(
            notification_id(declaration.number, final=final),
            message,
            addressee=enterprises[number].party,
            employer=employer.party if employer else None,
            declarant=enterprises[declaration.sender.organization].party,
            available_at=tx.now,
            deadline=contestation_deadline(tx.now, self._weekend) if final else None,
        )


def _parties(message: Notifiable) -> Iterator[str]:
    declaration = message.declaration
    yield declaration.sender.organization
    if declaration.employer is not None:
        yield declaration.employer.enterprise_number


def _deposited(notice: Notice) -> NotificationDeposited:
    """Return the message to the service `contact` about a notification, its parties and its deadline."""
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


def issued_event(notice: Notice, id_: UUID) -> str:
    """Return a notification as a CloudEvent (JSON) with this id, for queues and for programs."""
    return cloud_event(id_, ISSUED, "notifier", notice.available_at, notification_data(notice))


def _outgoing(notice: Notice) -> Outgoing:
    """Return a notification as an outgoing message: a letter for people, and the event for programs."""
    declaration, id_ = notice.message.declaration, event_id(notice.id)
    message = NewMessage(
        id=notice.id,
        enterprise_number=notice.addressee.enterprise_number,
        message_type=TYPE_OF[notice.kind],
        language=notice.addressee.language,
        subject=subject_of(notice),
        letter=letter_of(notice).to_json(),
        data=issued_event(notice, id_),
        words=search_words(notice),
        declaration_id=declaration.number,
        event_id=id_,
        result=notice.message.outcome.result,
        deadline=notice.deadline,
    )
    replied = declaration.sender.client_id if declaration.sender.channel in REPLIED_CHANNELS else None
    return Outgoing(message, ISSUED, notice.kind, replied_to=replied)
