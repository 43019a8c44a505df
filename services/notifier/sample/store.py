"""Statements that store sample events in `dispatches`, the table of events to send to a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from shared.runtime.database import Transaction

_SCHEDULE: Final = """
INSERT INTO dispatches (subscription_id, event_id, event, first_due, due_at, changed_at)
SELECT s.subscription_id, g.event_id, g.event, $4, $4, $4
FROM subscriptions s CROSS JOIN unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS g (event_id, event, place)
WHERE s.enterprise_number = $1 AND s.channel = 'webhook' AND s.ended_at IS NULL
ORDER BY g.place RETURNING event_id"""


async def schedule(tx: Transaction, organization: str, events: Sequence[tuple[UUID, str]]) -> bool:
    """Schedule events, each an id and its JSON, for the webhook of an organization, due now.

    Return False if the organization has no webhook.
    """
    ids, texts = [id_ for id_, _ in events], [text for _, text in events]
    return bool(await tx.connection.fetch(_SCHEDULE, organization, ids, texts, tx.now))
