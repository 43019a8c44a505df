"""The notifier's steps: one final notification of each declaration, to its one addressee, and situations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from services.notifier import store
from services.notifier.api import app
from services.notifier.delivery import store as delivery
from services.notifier.delivery.channels.file import NotificationFiles
from services.notifier.delivery.channels.webhook import Networks, Webhook
from services.notifier.delivery.handler import Deliveries
from services.notifier.ebox import store as ebox
from services.notifier.ebox.channels.paper import Printing
from services.notifier.letters.handler import deposit
from services.notifier.rules import (
    TYPE_OF,
    Ended,
    Notice,
    Party,
    addressee,
    content,
    letter_of,
    searched,
    subject_of,
)
from services.notifier.settings import NotifierSettings
from services.notifier.situation.handler import tell
from services.notifier.store import Notification
from shared.domain.calendar import contestation_deadline
from shared.envelope import cloud_event
from shared.messages import (
    REPLIED_CHANNELS,
    SERVICE,
    DeclarationSettled,
    Delivery,
    NotificationDeposited,
    Result,
    Sender,
    derived_id,
    notification_id,
    to_json,
)
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.step import Effect, Step, Timer
from shared.topology import LETTERS, NOTIFY, SITUATIONS, reply_queue

ISSUED: Final = f"{SERVICE}.notifications.notify.issued"
_ANNOUNCE_SECONDS: Final = 1.0
_PRINT_SECONDS: Final = 5.0


class Notifier:
    """The step of the notifier. `weekend` are the days that do not count for the deadline to contest."""

    def __init__(self, weekend: frozenset[int]) -> None:
        self._weekend = weekend

    async def notify(self, tx: Transaction, messages: Sequence[Ended]) -> Sequence[Effect]:
        """Notify each end once, in the e-Box of its addressee, and in his queue where he has one.

        A reply is the delivery to the queue where addressee and sender are the same client (D3).
        """
        employers = {m.declaration.employer.enterprise_number for m in messages if m.declaration.employer}
        secretariats = await store.secretariats(tx, employers)
        addressed = {_id(message): (message, _addressee(message, secretariats)) for message in messages}
        named = {(m.declaration.sender.organization, whom) for m, whom in addressed.values()}
        parties = await store.parties(tx, employers.union(*named))
        notices = {
            id_: self._notice(tx, id_, message, whom, parties) for id_, (message, whom) in addressed.items()
        }
        new = await store.save(
            tx,
            [
                Notification(
                    id_, notice.ended.declaration.number, notice.deadline is None,
                    notice.ended.outcome.result, notice.addressee.enterprise_number, notice.deadline,
                )
                for id_, notice in notices.items()
            ],
        )  # fmt: skip
        fresh = [(notice, _event(tx, notice)) for id_, notice in notices.items() if id_ in new]
        if fresh:
            await ebox.deposit(tx, [_post(notice, event) for notice, event in fresh])
            await delivery.schedule(tx, [_dispatch(notice, event) for notice, event in fresh])
        queues = await store.queues(tx, {notice.addressee.enterprise_number for notice, _ in fresh})
        log.info("notified", declarations=[notice.ended.declaration.number for notice, _ in fresh])
        return [*(_deposited(notice) for notice, _ in fresh), *_deliveries(fresh, queues)]

    def _notice(
        self, tx: Transaction, id_: UUID, message: Ended, whom: str, parties: Mapping[str, Party]
    ) -> Notice:
        employer = message.declaration.employer
        provisional = message.outcome.result is Result.PROVISIONAL
        return Notice(
            id_,
            message,
            addressee=parties[whom],
            employer=parties[employer.enterprise_number] if employer else None,
            declarant=parties[message.declaration.sender.organization],
            available_at=tx.now,
            deadline=None if provisional else contestation_deadline(tx.now, self._weekend),
        )


def _deposited(notice: Notice) -> NotificationDeposited:
    """What contact has to know of it: by whom and until when it can be contested."""
    ended = notice.ended
    worker = ended.worker if isinstance(ended, DeclarationSettled) else None
    return NotificationDeposited(
        notification_id=notice.id,
        number=ended.declaration.number,
        employer=notice.employer.enterprise_number if notice.employer else None,
        addressee=notice.addressee.enterprise_number,
        result=ended.outcome.result,
        ssin=worker.ssin if worker else None,
        available_at=notice.available_at,
        deadline=notice.deadline,
    )


def _deliveries(fresh: Sequence[tuple[Notice, str]], queues: Mapping[str, str]) -> Iterator[Delivery]:
    for notice, event in fresh:
        client = queues.get(notice.addressee.enterprise_number)
        metrics.NOTIFICATIONS.labels(notice.kind, "ebox" if client is None else "queue").inc()
        if client is not None and not _is_replied(client, notice.ended.declaration.sender):
            yield Delivery(_event_id(notice), reply_queue(client), ISSUED, event)


def _is_replied(client_id: str, sender: Sender) -> bool:
    return sender.client_id == client_id and sender.channel in REPLIED_CHANNELS


def _addressee(message: Ended, secretariats: Mapping[str, str]) -> str:
    declaration = message.declaration
    # Intake names the employer only where it knows him and the sender may act for him.
    employer = declaration.employer.enterprise_number if declaration.employer else None
    secretariat = secretariats.get(employer) if employer else None
    return addressee(employer, employer is not None, secretariat, declaration.sender.organization)


def _id(message: Ended) -> UUID:
    return notification_id(message.declaration.number, final=message.outcome.result is not Result.PROVISIONAL)


def _event_id(notice: Notice) -> UUID:
    return derived_id("issued", notice.id)


def _event(tx: Transaction, notice: Notice) -> str:
    """The notification as an event: what a queue gets, and what programs find in the e-Box."""
    return cloud_event(_event_id(notice), ISSUED, "notifier", tx.now, content(notice))


def _dispatch(notice: Notice, event: str) -> delivery.Letter:
    """The notification for a webhook or a file, where its addressee wants that too."""
    number = notice.ended.declaration.number
    return delivery.Letter(notice.addressee.enterprise_number, _event_id(notice), number, event)


def _post(notice: Notice, event: str) -> ebox.Post:
    """The notification as it lies in the e-Box: a letter for people, and the event for programs."""
    letter = letter_of(notice, json.loads(event)["data"])
    return ebox.Post(
        id=notice.id,
        enterprise_number=notice.addressee.enterprise_number,
        message_type=TYPE_OF[notice.kind],
        language=notice.addressee.language,
        subject=subject_of(notice),
        letter=to_json(letter),
        data=event,
        words=searched(notice),
        declaration_id=notice.ended.declaration.number,
    )


async def announce(tx: Transaction) -> Sequence[Effect]:
    """Tell the events feed of the e-Boxes what is due."""
    await ebox.announce(tx)
    return ()


async def observe(connection: Connection) -> None:
    """The notifier's gauges: deliveries by webhook and file, and paper."""
    found = await delivery.gauges(connection)
    metrics.DISPATCHES_PENDING.set(found.pending)
    metrics.DISPATCHES_EXHAUSTED.set(found.exhausted)
    metrics.DISPATCH_OLDEST.set(found.oldest)
    metrics.PRINT_JOBS_WAITING.set(await ebox.backlog(connection))


def service(settings: NotifierSettings) -> Service:
    """The notifier as a service."""
    networks = Networks(settings.webhook_trusted_networks)
    deliveries = Deliveries(Webhook(networks), NotificationFiles(settings.files_dir))
    steps: tuple[Step[Any], ...] = (
        Step("notify", (NOTIFY,), Notifier(settings.contestation_weekend).notify),
        Step("situations", (SITUATIONS,), tell),
        Step("letters", (LETTERS,), deposit),
    )
    return Service(
        "notifier",
        steps=steps,
        timers=(
            Timer("announce", _ANNOUNCE_SECONDS, announce),
            Timer("print", _PRINT_SECONDS, Printing(settings.files_dir).write),
        ),
        api=partial(app, settings),
        observe=observe,
        gauges=(
            metrics.DISPATCHES_PENDING,
            metrics.DISPATCHES_EXHAUSTED,
            metrics.DISPATCH_OLDEST,
            metrics.PRINT_JOBS_WAITING,
        ),
        parts={"dispatch": lambda stage: deliveries.run(stage.pool)},
    )
