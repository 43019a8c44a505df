"""The deposit of messages in e-Boxes, and their delivery on the channels webhook, file and queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.notifier.letters import store
from services.notifier.letters.rules.written import written_letter
from services.notifier.letters.store import Enterprise, NewMessage
from shared.messages import Delivery, LetterWritten, derived_id
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.topology import reply_queue


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to put into the e-Box of its addressee and on the addressee's other channels.

    The data of the message are the event for queue, webhook and file.
    """

    message: NewMessage
    event_type: str
    kind: str  #: label of the metric
    replied_to: str | None = None  #: client that has this event as the reply, so not again (decision D3)


def event_id(message_id: UUID) -> UUID:
    """Return the id of the event of a message, equal on every channel, so that receivers find repeats."""
    return derived_id("issued", message_id)


async def issue(
    tx: Transaction, outgoing: Sequence[Outgoing], enterprises: Mapping[str, Enterprise]
) -> tuple[set[UUID], list[Delivery]]:
    """Put messages into e-Boxes and on the other channels of their addressees, each once.

    Returns:
        The ids of the messages that are new, and the deliveries to reply queues.
    """
    new = await store.save(tx, [item.message for item in outgoing])
    return new, list(_deliveries((item for item in outgoing if item.message.id in new), enterprises))


def _deliveries(issued: Iterator[Outgoing], enterprises: Mapping[str, Enterprise]) -> Iterator[Delivery]:
    for item in issued:
        message = item.message
        client = enterprises[message.enterprise_number].client_id
        metrics.NOTIFICATIONS.labels(item.kind, "ebox" if client is None else "queue").inc()
        if client is not None and client != item.replied_to:
            assert message.event_id is not None, "an issued message has an event"
            assert message.data is not None, "an issued message has an event"
            yield Delivery(message.event_id, reply_queue(client), item.event_type, message.data)


async def deposit_letters(tx: Transaction, letters: Sequence[LetterWritten]) -> Sequence[Effect]:
    """Put letters of other services into the e-Boxes of their addressees; return no effects.

    A letter that is there already is not stored again.
    """
    enterprises = await store.load(tx, (letter.enterprise_number for letter in letters))
    messages = []
    for letter in letters:
        party = enterprises[letter.enterprise_number].party
        message = NewMessage(
            id=letter.letter_id,
            enterprise_number=letter.enterprise_number,
            message_type=letter.message_type,
            language=party.language,
            subject=letter.subject,
            letter=written_letter(letter, party, tx.now).to_json(),
            data=letter.data,
            declaration_id=letter.number,
        )
        messages.append(message)
    await store.save(tx, messages)
    return ()
