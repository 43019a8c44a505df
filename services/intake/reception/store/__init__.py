"""The tables of commands, declarations, chains and denials. One statement saves all results of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from shared.domain.anomalies import Anomaly
from shared.messages import ReceivedDeclaration, to_json
from shared.runtime.database import Connection, Lock, Transaction

FINDINGS: Final = TypeAdapter(tuple[Anomaly, ...])  #: the form of the column `findings`
Key = tuple[str, str]  #: the party of a message, mostly its client, and the id that the party gave to it
#: The key and the SHA-256 of the body of a command, and the id and event of the problem reply to it.
ProblemReply = tuple[str, str, bytes, UUID, str]

#: With the schema: it runs on a connection without a search path.
_HAS_COMMAND: Final = """
SELECT EXISTS (SELECT FROM intake.commands WHERE client_id = $1 AND message_id = $2)"""
_NUMBERS: Final = "SELECT nextval('dimona_sequence') FROM generate_series(1, $1)"
#: The end of each chain is read and moved in one step, which its row guards. Processes of an older version
#: read it under the advisory lock, so that they and this statement do not move it at once.
_SAVE: Final = """
WITH locked AS MATERIALIZED (
    SELECT count(*) FROM (SELECT pg_advisory_xact_lock($1, h) FROM (
        SELECT DISTINCT hashtext(k) AS h FROM unnest($19::text[]) AS n (k) ORDER BY h) AS l) AS each),
moved AS (
    INSERT INTO chains (order_key, last)
    SELECT k, l FROM unnest($19::text[], $20::bigint[]) AS n (k, l)
    WHERE (SELECT count FROM locked) >= 0 ORDER BY k
    ON CONFLICT (order_key) DO UPDATE SET previous = chains.last, last = excluded.last
    RETURNING order_key, chains.previous AS before),
opened AS (
    INSERT INTO open (number, received_at, order_key)
    SELECT n, r, k FROM unnest($3::bigint[], $11::timestamptz[], $17::text[]) AS d (n, r, k)
    WHERE k IS NOT NULL),
refused AS (
    INSERT INTO results (number, final, result, answer, recorded_at)
    SELECT n, true, 'B', a, $2 FROM unnest($21::bigint[], $22::text[]) AS r (n, a)),
denied AS (
    INSERT INTO denials (denied_at, client_id, organization, enterprise_number, reason)
    SELECT $2, * FROM unnest($23::text[], $24::text[], $25::text[], $26::text[])),
answered AS (
    INSERT INTO problems (client_id, message_id, body_sha256, event_id, event)
    SELECT * FROM unnest($27::text[], $28::text[], $29::bytea[], $30::uuid[], $31::text[])
    ON CONFLICT DO NOTHING),
stored AS (
    INSERT INTO declarations (number, client_id, organization, channel, message_id, message_source, kind,
        declared, received_at, late_after, broker_stamp, employer, employer_id, ssin, order_key, previous,
        findings, registers_days)
    SELECT d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, coalesce(d16, before),
        d17, d18
    FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::text[], $15::bigint[],
        $16::text[], $17::text[], $18::bigint[], $32::text[], $33::boolean[])
        AS d (d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, d13, d14, d15, d16, d17, d18)
    LEFT JOIN moved ON order_key = d15 AND d16 IS NULL)
SELECT order_key, before FROM moved WHERE before IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A declaration to store: the part for other services, and the part that only intake keeps."""

    declaration: ReceivedDeclaration
    ssin: str | None
    stamp: datetime | None  #: the broker's time stamp of the message

    @property
    def number(self) -> int:
        """The Dimona number."""
        return self.declaration.number

    @property
    def is_refused(self) -> bool:
        """Whether intake refuses the declaration. A refused declaration has no order key."""
        return self.declaration.order_key is None


@dataclass(frozen=True, slots=True)
class Denial:
    """The record of a client that was not allowed to declare, with the reason, and the employer if known."""

    client_id: str
    organization: str | None
    enterprise_number: str | None
    reason: str  #: not_registered, no_mandate or too_many_workers


def chained(stored: Iterable[Stored]) -> Iterator[Stored]:
    """Yield the declarations of a batch, in order, each with the previous number of its chain as `previous`.

    A chain is the declarations with one order key. Earlier batches are not known here, so the first
    declaration of each chain has no `previous`.
    """
    last: dict[str, int] = {}
    for one in stored:
        key = one.declaration.order_key
        if key is not None:
            if (previous := last.get(key)) is not None:
                one = replace(one, declaration=one.declaration.model_copy(update={"previous": previous}))
            last[key] = one.number
        yield one


async def has_command(connection: Connection, key: Key) -> bool:
    """Return whether a committed transaction has stored a command."""
    return bool(await connection.fetchval(_HAS_COMMAND, *key))


async def take_sequence_values(tx: Transaction, count: int) -> list[int]:
    """Return `count` new values of the sequence behind the Dimona numbers."""
    return [row["nextval"] for row in await tx.connection.fetch(_NUMBERS, count)]


async def save(
    tx: Transaction,
    stored: Sequence[Stored],
    refusals: Sequence[tuple[int, str]] = (),
    denials: Sequence[Denial] = (),
    problems: Sequence[ProblemReply] = (),
) -> dict[str, int]:
    """Save all decisions about a batch. Return, by order key, the last number that was stored before.

    A declaration without `previous` gets this number. A new order key has none, and is absent from the
    result.

    Args:
        tx: The transaction that receives the batch.
        stored: Declarations, in the order of reception.
        refusals: Number and answer of each refused declaration.
        denials: Senders without the right to declare.
        problems: Problem replies, kept to be sent again after a repeat.
    """
    declarations = [one.declaration for one in stored]
    lasts = {d.order_key: d.number for d in declarations if d.order_key is not None}
    rows = await tx.connection.fetch(
        _SAVE,
        Lock.CHAINS,
        tx.now,
        [d.number for d in declarations],
        [d.sender.client_id for d in declarations],
        [d.sender.organization for d in declarations],
        [d.sender.channel for d in declarations],
        [d.sender.message_id for d in declarations],
        [d.sender.message_source for d in declarations],
        [d.declared.kind for d in declarations],
        [to_json(d.declared) for d in declarations],
        [d.received_at for d in declarations],
        [d.late_after for d in declarations],
        [one.stamp for one in stored],
        [d.employer.enterprise_number if d.employer else None for d in declarations],
        [d.employer.employer_id if d.employer else None for d in declarations],
        [one.ssin for one in stored],
        [d.order_key for d in declarations],
        [d.previous for d in declarations],
        list(lasts),
        list(lasts.values()),
        *_columns(refusals, 2),
        *_columns([(d.client_id, d.organization, d.enterprise_number, d.reason) for d in denials], 4),
        *_columns(problems, 5),
        [findings_of(d) for d in declarations],
        [d.registers_days for d in declarations],
    )
    return {row["order_key"]: row["before"] for row in rows}


def findings_of(declaration: ReceivedDeclaration) -> str | None:
    """Return the warnings of an admitted declaration as JSON; None without any, and for a refused one.

    The findings of a refused declaration are in its answer.
    """
    if declaration.order_key is None or not declaration.anomalies:
        return None
    return FINDINGS.dump_json(declaration.anomalies).decode()


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(width)]
