"""The deposit of messages: each is put into an e-Box once and never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from shared.domain.rights import AUTHORITY, MessageType
from shared.runtime.database import Transaction

RETENTION: Final = timedelta(days=5 * 365)  #: a message expires after this


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to deposit."""

    id: UUID
    enterprise_number: str  #: owner of the e-Box
    message_type: MessageType
    language: str
    subject: Mapping[str, str]  #: in fr, nl, de and en; without names
    letter: str | None = None  #: JSON
    data: str | None = None  #: JSON
    words: str = ""  #: search words beside the subject, without a NISS
    declaration_id: int | None = None
    sender: str = AUTHORITY


_DEPOSIT: Final = """
WITH put AS (
    INSERT INTO messages (message_id, enterprise_number, message_type, sender, language, subject,
        declaration_id, deposited_at, expires_at, letter, data, words)
    SELECT i, e, t, s, l, j::jsonb, d, $11, $12, letter, data, to_tsvector('simple', w)
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
        $8::text[], $9::text[], $10::text[]) AS k (i, e, t, s, l, j, d, letter, data, w)
    ON CONFLICT DO NOTHING RETURNING message_id, enterprise_number, letter),
planned AS (INSERT INTO announcements SELECT message_id, 'newDocument', $11 FROM put),
on_paper AS (
    INSERT INTO print_jobs (message_id, made_at, changed_at)
    SELECT p.message_id, $11, $11 FROM put p
    WHERE p.letter IS NOT NULL AND NOT EXISTS (
                      SELECT FROM consents c
                      WHERE c.enterprise_number = p.enterprise_number AND c.withdrawn_at IS NULL))
SELECT message_id FROM put"""


async def deposit(tx: Transaction, messages: Sequence[NewMessage]) -> set[UUID]:
    """Put messages into their e-Boxes, each once. Return the ids of the new ones.

    Without a consent to digital documents only, each letter also becomes a print job.
    """
    rows = await tx.connection.fetch(
        _DEPOSIT,
        [message.id for message in messages],
        [message.enterprise_number for message in messages],
        [message.message_type for message in messages],
        [message.sender for message in messages],
        [message.language for message in messages],
        [json.dumps(dict(message.subject), ensure_ascii=False) for message in messages],
        [message.declaration_id for message in messages],
        [message.letter for message in messages],
        [message.data for message in messages],
        [" ".join((*message.subject.values(), message.words)) for message in messages],
        tx.now,
        tx.now + RETENTION,
    )
    return {row["message_id"] for row in rows}
