"""Intake's tables: commands, declarations, chains, results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from shared.messages import ReceivedDeclaration, to_json
from shared.runtime.database import Connection, Lock, Transaction

#: A silence of intake longer than this is an outage of our own (decision D9).
OUTAGE: Final = timedelta(seconds=20)
#: So long after the queue ran dry an outage still counts: what was in somebody's hands is stored by then.
IN_HAND: Final = timedelta(seconds=60)

Key = tuple[str, str]  #: client id and its own message id

_CLAIM = """
INSERT INTO commands (client_id, message_id, body_sha256, number)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[]) ORDER BY 1, 2
ON CONFLICT DO NOTHING RETURNING client_id, message_id"""
#: Asked over a connection that sees no schema first.
_IS_KEPT = "SELECT EXISTS (SELECT FROM intake.commands WHERE client_id = $1 AND message_id = $2)"
_REPEATS = """
SELECT c.client_id, c.message_id, c.body_sha256, d.number, d.message_source, d.received_at,
       s.answer AS s_answer, s.recorded_at AS s_at, f.answer AS f_answer, f.recorded_at AS f_at
FROM unnest($1::text[], $2::text[]) AS k (client_id, message_id)
JOIN commands c USING (client_id, message_id)
LEFT JOIN declarations d ON d.number = c.number
LEFT JOIN results s ON s.number = c.number AND NOT s.final
LEFT JOIN results f ON f.number = c.number AND f.final"""
_PROBLEMS = """
SELECT p.event_id, p.event
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS k (client_id, message_id, body_sha256)
JOIN problems p USING (client_id, message_id, body_sha256)"""
_SAVE_PROBLEMS = """
INSERT INTO problems (client_id, message_id, body_sha256, event_id, event)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[], $5::text[]) ON CONFLICT DO NOTHING"""
_NUMBERS = "SELECT nextval('dimona_sequence') FROM generate_series(1, $1)"
_LOCK = """
SELECT pg_advisory_xact_lock($1, h) FROM (
    SELECT DISTINCT hashtext(k) AS h FROM unnest($2::text[]) AS n (k) ORDER BY h) AS l"""
_LASTS = "SELECT order_key, last FROM chains WHERE order_key = ANY($1::text[])"
_SAVE = """
WITH moved AS (
    INSERT INTO chains (order_key, last) SELECT * FROM unnest($17::text[], $18::bigint[])
    ON CONFLICT (order_key) DO UPDATE SET last = excluded.last),
opened AS (
    INSERT INTO open (number, received_at, order_key)
    SELECT n, r, k FROM unnest($1::bigint[], $9::timestamptz[], $15::text[]) AS d (n, r, k)
    WHERE k IS NOT NULL)
INSERT INTO declarations (number, client_id, organization, channel, message_id, message_source, kind,
    declared, received_at, late_after, broker_stamp, employer, employer_id, ssin, order_key, previous)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::bigint[],
    $14::text[], $15::text[], $16::bigint[])"""
_SAVE_RESULTS = """
WITH saved AS (
    INSERT INTO results (number, final, result, answer, recorded_at)
    SELECT n, f, r, a, $5 FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[]) AS k (n, f, r, a)
    WHERE f OR NOT EXISTS (SELECT FROM results x WHERE x.number = n AND x.final)
    ON CONFLICT DO NOTHING RETURNING number, final),
closed AS (DELETE FROM open o USING saved s WHERE o.number = s.number AND s.final),
waiting AS (
    UPDATE open o SET provisional = true FROM saved s
    WHERE o.number = s.number AND NOT s.final
      AND NOT EXISTS (SELECT FROM saved f WHERE f.number = s.number AND f.final))
SELECT number, final FROM saved"""
_BEAT = """
WITH before AS (SELECT beat_at FROM heartbeat),
gap AS (INSERT INTO outages (began_at, ended_at)
        SELECT beat_at, $1::timestamptz FROM before WHERE beat_at < $1::timestamptz - $2::interval
        ON CONFLICT DO NOTHING)
INSERT INTO heartbeat (beat_at) VALUES ($1::timestamptz)
ON CONFLICT (one) DO UPDATE SET beat_at = greatest(heartbeat.beat_at, excluded.beat_at)"""
_CAUGHT_UP = """
UPDATE heartbeat SET caught_up_at = greatest(caught_up_at, $1::timestamptz - $2::interval)"""
_WAITED_OUT = """
SELECT min(o.began_at) FROM outages o, heartbeat h
WHERE h.caught_up_at IS NULL OR o.ended_at > h.caught_up_at"""
_UNACCOUNTED = """
SELECT count(*) FROM open o
WHERE o.received_at < platform.now() - interval '60 seconds'
  AND NOT EXISTS (SELECT FROM open w WHERE w.order_key = o.order_key AND w.provisional)"""


_SAVE_DENIALS = """
INSERT INTO denials (denied_at, client_id, organization, enterprise_number, reason)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])"""
_READ = """
WITH told AS (
    SELECT r.answer FROM results r
    JOIN declarations d USING (number)
    JOIN access.clients c ON c.organization::text = d.organization
    WHERE r.number = $1 AND c.client_id = $2
    ORDER BY r.final DESC LIMIT 1),
written AS (
    INSERT INTO readings (read_at, client_id, organization, number, found)
    SELECT $3, $2, (SELECT organization::text FROM access.clients WHERE client_id = $2), $1,
        EXISTS (SELECT FROM told))
SELECT answer FROM told"""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer given earlier: S or final."""

    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Repeat:
    """What became of a command that was received before."""

    client_id: str
    message_id: str
    body_sha256: bytes
    number: int | None
    message_source: str
    received_at: datetime | None
    provisional: Answered | None
    final: Answered | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A declaration as it is stored: what travels on, and what stays with intake."""

    declaration: ReceivedDeclaration
    ssin: str | None
    stamp: datetime | None


@dataclass(frozen=True, slots=True)
class Denial:
    """Who had no right to declare, for which employer (as far as that was looked up), and why."""

    client_id: str
    organization: str | None
    enterprise_number: str | None
    reason: str  #: not_registered, no_mandate


async def claim(tx: Transaction, commands: Mapping[Key, bytes], numbers: Sequence[int]) -> set[Key]:
    """The commands that are new, each with the number its declaration will have; the value is its digest.

    A rival that claims the same waits, then yields; the numbers of repeats stay unused.
    """
    rows = await tx.connection.fetch(
        _CLAIM,
        [key[0] for key in commands],
        [key[1] for key in commands],
        list(commands.values()),
        numbers,
    )
    return {(row["client_id"], row["message_id"]) for row in rows}


async def is_kept(connection: Connection, key: Key) -> bool:
    """Whether a command was claimed by a transaction that took place."""
    return bool(await connection.fetchval(_IS_KEPT, *key))


async def repeats(tx: Transaction, keys: Collection[Key]) -> list[Repeat]:
    """What became of commands received before."""
    rows = await tx.connection.fetch(_REPEATS, [key[0] for key in keys], [key[1] for key in keys])
    return [
        Repeat(
            row["client_id"], row["message_id"], row["body_sha256"], row["number"],
            row["message_source"] or "unknown", row["received_at"],
            Answered(row["s_answer"], row["s_at"]) if row["s_at"] else None,
            Answered(row["f_answer"], row["f_at"]) if row["f_at"] else None,
        )
        for row in rows
    ]  # fmt: skip


async def problems(tx: Transaction, bodies: Collection[tuple[str, str, bytes]]) -> list[tuple[UUID, str]]:
    """Problem replies given earlier to exactly these bodies: ids and events."""
    columns = zip(*bodies, strict=True)
    return [(row["event_id"], row["event"]) for row in await tx.connection.fetch(_PROBLEMS, *columns)]


async def save_problems(tx: Transaction, rows: Sequence[tuple[str, str, bytes, UUID, str]]) -> None:
    """Keep problem replies: client, message id, digest of the body, event id, event."""
    await tx.connection.execute(_SAVE_PROBLEMS, *(list(column) for column in zip(*rows, strict=True)))


async def sequence(tx: Transaction, count: int) -> list[int]:
    """So many new values of the sequence behind the Dimona numbers."""
    return [row["nextval"] for row in await tx.connection.fetch(_NUMBERS, count)]


async def lasts(tx: Transaction, order_keys: Collection[str]) -> dict[str, int]:
    """The number admitted last under each key, with the keys locked until the commit."""
    ordered = sorted(order_keys)
    await tx.connection.execute(_LOCK, Lock.CHAINS, ordered)
    return {row["order_key"]: row["last"] for row in await tx.connection.fetch(_LASTS, ordered)}


async def save(tx: Transaction, stored: Sequence[Stored], chains: Mapping[str, int]) -> None:
    """Store declarations as received, and move the ends of their chains."""
    all_ = [one.declaration for one in stored]
    ordered = sorted(chains)
    await tx.connection.execute(
        _SAVE,
        [d.number for d in all_],
        [d.sender.client_id for d in all_],
        [d.sender.organization for d in all_],
        [d.sender.channel for d in all_],
        [d.sender.message_id for d in all_],
        [d.sender.message_source for d in all_],
        [d.declared.kind for d in all_],
        [to_json(d.declared) for d in all_],
        [d.received_at for d in all_],
        [d.late_after for d in all_],
        [one.stamp for one in stored],
        [d.employer.enterprise_number if d.employer else None for d in all_],
        [d.employer.employer_id if d.employer else None for d in all_],
        [one.ssin for one in stored],
        [d.order_key for d in all_],
        [d.previous for d in all_],
        ordered,
        [chains[key] for key in ordered],
    )


async def save_results(
    tx: Transaction, results: Sequence[tuple[int, bool, str, str]]
) -> set[tuple[int, bool]]:
    """Store results: number, final, letter, answer. Returns those that are new; a late S is dropped (D2)."""
    numbers, finals, letters, answers = (list(column) for column in zip(*results, strict=True))
    rows = await tx.connection.fetch(_SAVE_RESULTS, numbers, finals, letters, answers, tx.now)
    return {(row["number"], row["final"]) for row in rows}


async def save_denials(tx: Transaction, denials: Sequence[Denial]) -> None:
    """Write down who was denied."""
    columns = ("client_id", "organization", "enterprise_number", "reason")
    await tx.connection.execute(
        _SAVE_DENIALS, tx.now, *([getattr(each, name) for each in denials] for name in columns)
    )


async def read(tx: Transaction, number: int, client_id: str) -> str | None:
    """The final answer to a declaration, else S; of one that this client's own organization introduced.

    It is written down who asked, for what, and whether there was something.
    """
    found: str | None = await tx.connection.fetchval(_READ, number, client_id, tx.now)
    return found


async def beat(tx: Transaction) -> None:
    """Say that intake is there; a silence before this beat is recorded as an outage."""
    await tx.connection.execute(_BEAT, tx.now, OUTAGE)


async def caught_up(tx: Transaction) -> None:
    """Say that nothing is left of what waited because of us; outages until now count for nobody any more."""
    await tx.connection.execute(_CAUGHT_UP, tx.now, IN_HAND)


async def waited_out(tx: Transaction) -> datetime | None:
    """When the outages began that a message may have waited out: those since the queue last ran dry."""
    began: datetime | None = await tx.connection.fetchval(_WAITED_OUT)
    return began


async def unaccounted(connection: Connection) -> int:
    """Declarations received over a minute ago, neither final nor waiting for an identification."""
    return await connection.fetchval(_UNACCOUNTED) or 0
