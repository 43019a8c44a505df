"""The channels of every outgoing message: e-Box, webhook, file and queue; letters of other services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.notifier.delivery import store as delivery
from services.notifier.delivery.store import Dispatch
from services.notifier.ebox import store as ebox
from services.notifier.ebox.store import NewMessage
from services.notifier.letters import store
from services.notifier.letters.rules.written import written_letter
from shared.messages import Delivery, LetterWritten, derived_id
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.topology import reply_queue


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for the e-Box of its addressee; its data are the event for queue, webhook and file."""

    message: NewMessage
    event_type: str
    kind: str  #: label of the metric
    replied_to: str | None = None  #: client that gets this event as the reply already (decision D3)


def event_id(message_id: UUID) -> UUID:
    """Return the id of the event of a message, equal on every channel, so that receivers find repeats."""
    return derived_id("issued", message_id)


async def issue(tx: Transaction, outgoing: Sequence[Outgoing]) -> tuple[set[UUID], list[Delivery]]:
    """Put messages into e-Boxes and on the other channels of their addressees, each once.

    Returns:
        The ids of the messages that are new, and the deliveries to reply queues.
    """
    new = await ebox.deposit(tx, [one.message for one in outgoing])
    issued = [one for one in outgoing if one.message.id in new]
    if issued:
        await delivery.schedule(tx, [_dispatch(one.message) for one in issued])
    queues = await store.queues(tx, {one.message.enterprise_number for one in issued})
    return new, list(_deliveries(issued, queues))


def _dispatch(message: NewMessage) -> Dispatch:
    assert message.data is not None, "an issued message has an event"
    return Dispatch(message.enterprise_number, event_id(message.id), message.declaration_id, message.data)


def _deliveries(issued: Sequence[Outgoing], queues: Mapping[str, str]) -> Iterator[Delivery]:
    for one in issued:
        client = queues.get(one.message.enterprise_number)
        metrics.NOTIFICATIONS.labels(one.kind, "ebox" if client is None else "queue").inc()
        if client is not None and client != one.replied_to:
            assert one.message.data is not None, "an issued message has an event"
            yield Delivery(event_id(one.message.id), reply_queue(client), one.event_type, one.message.data)


async def deposit_letters(tx: Transaction, letters: Sequence[LetterWritten]) -> Sequence[Effect]:
    """Put each letter of another service into the e-Box of its addressee, once."""
    parties = await store.parties(tx, {letter.enterprise_number for letter in letters})
    messages = [
        NewMessage(
            id=letter.letter_id,
            enterprise_number=letter.enterprise_number,
            message_type=letter.message_type,
            language=parties[letter.enterprise_number].language,
            subject=letter.subject,
            letter=written_letter(letter, parties[letter.enterprise_number], tx.now).to_json(),
            data=letter.data,
            declaration_id=letter.number,
        )
        for letter in letters
    ]
    await ebox.deposit(tx, messages)
    return ()
