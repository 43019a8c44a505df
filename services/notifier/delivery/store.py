"""The storage of subscriptions (channels of enterprises), their lanes and their dispatches (deliveries)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.redelivery import PATIENCE, Verdict
from shared.runtime.database import Connection, Pool, Record, Transaction
from shared.runtime.resealing import SealedTable

#: Seconds of a lease of a lane. After them another process may lease the lane.
LEASE_SECONDS: Final = 60.0

#: The lane that has been ready for the longest time comes first.
_CLAIM: Final = """
WITH ready AS (
    SELECT l.subscription_id FROM lanes l JOIN subscriptions s USING (subscription_id)
    CROSS JOIN LATERAL (SELECT d.due_at FROM dispatches d WHERE d.subscription_id = l.subscription_id
                        AND d.state = 'pending' AND d.due_at <= platform.now()
                        ORDER BY d.due_at LIMIT 1) AS oldest
    WHERE s.ended_at IS NULL
      AND (l.closed_until IS NULL OR l.closed_until <= platform.now()) AND l.leased_until <= clock_timestamp()
    ORDER BY greatest(oldest.due_at, l.closed_until) LIMIT $1 FOR UPDATE OF l SKIP LOCKED)
UPDATE lanes l SET leased_until = clock_timestamp() + make_interval(secs => $2)
FROM ready, subscriptions s
WHERE l.subscription_id = ready.subscription_id AND s.subscription_id = l.subscription_id
RETURNING s.subscription_id, s.enterprise_number, s.channel, s.url, s.secrets, l.failures"""
_RELEASE: Final = "UPDATE lanes SET leased_until = '-infinity' WHERE subscription_id = ANY($1::uuid[])"
#: Only the oldest dispatch of each declaration, so that those of one declaration arrive in order.
_DUE: Final = """
SELECT d.seq, d.event_id, d.event, d.first_due, d.attempts, d.batch FROM dispatches d
WHERE d.subscription_id = $1 AND d.state = 'pending' AND d.due_at <= platform.now()
  AND NOT EXISTS (SELECT FROM dispatches e WHERE e.subscription_id = $1 AND e.state = 'pending'
                  AND e.declaration_id = d.declaration_id AND e.seq < d.seq)
ORDER BY d.seq LIMIT $2"""
_BATCH: Final = """
WITH chosen AS (
    SELECT seq FROM dispatches
    WHERE subscription_id = $1 AND state = 'pending' AND due_at <= platform.now() AND batch IS NULL
    ORDER BY seq LIMIT $2),
numbered AS (SELECT nextval('files') AS batch WHERE EXISTS (SELECT FROM chosen))
UPDATE dispatches d SET batch = numbered.batch FROM chosen, numbered WHERE d.seq = chosen.seq"""
_OF_BATCH: Final = """
SELECT seq, event_id, event, first_due, attempts, batch FROM dispatches
WHERE subscription_id = $1 AND state = 'pending' AND due_at <= platform.now()
  AND batch = (SELECT min(batch) FROM dispatches WHERE subscription_id = $1 AND state = 'pending')
ORDER BY seq"""
#: An attempt in progress at the end of its subscription changes nothing, unless it was delivered.
_SETTLE: Final = """
UPDATE dispatches d SET state = n.state, due_at = n.due_at, attempts = d.attempts + 1, reason = $4,
    changed_at = $5
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS n (seq, state, due_at)
WHERE d.seq = n.seq AND (d.state = 'pending' OR n.state = 'delivered')"""
_LANE: Final = """
UPDATE lanes SET closed_until = $2, failures = CASE WHEN $2::timestamptz IS NULL THEN 0 ELSE failures + 1 END
WHERE subscription_id = $1"""
_OUT_OF_PATIENCE: Final = """
UPDATE dispatches SET state = 'exhausted', reason = $4, changed_at = $2::timestamptz
WHERE subscription_id = $1 AND state = 'pending' AND first_due <= $2::timestamptz - $3::interval"""
_GAUGES: Final = """
SELECT waiting.pending, given_up.exhausted, waiting.oldest
FROM (SELECT count(*) AS pending,
             coalesce(extract(epoch FROM platform.now() - min(first_due)), 0)::float8 AS oldest
      FROM dispatches WHERE state = 'pending') AS waiting,
     (SELECT count(*) AS exhausted
      FROM dispatches WHERE state = 'exhausted' AND reason IS DISTINCT FROM 'ended') AS given_up"""
_ACTIVE: Final = """
SELECT subscription_id, channel, url, secrets, created_at FROM subscriptions
WHERE enterprise_number = $1 AND ended_at IS NULL ORDER BY channel"""
_SUBSCRIBE: Final = """
WITH made AS (
    INSERT INTO subscriptions (enterprise_number, channel, url, secrets, created_at, created_by)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING subscription_id)
INSERT INTO lanes (subscription_id) SELECT subscription_id FROM made RETURNING subscription_id"""
_END: Final = """
UPDATE subscriptions SET ended_at = $3, ended_by = $4
WHERE enterprise_number = $1 AND channel = $2 AND ended_at IS NULL RETURNING subscription_id"""
_MOVE: Final = """
UPDATE dispatches SET subscription_id = $2, due_at = $3, batch = NULL
WHERE subscription_id = $1 AND state <> 'delivered'"""
#: The reason `ended` is not counted as a failure.
_DROP: Final = """
UPDATE dispatches SET state = 'exhausted', reason = 'ended', changed_at = $2
WHERE subscription_id = $1 AND state = 'pending'"""
_ROTATE: Final = """
UPDATE subscriptions SET secrets = (ARRAY[$2] || secrets)[1:2]
WHERE enterprise_number = $1 AND channel = 'webhook' AND ended_at IS NULL RETURNING 1"""
#: The secrets of webhooks, for their sealing with the current key.
SEALED: Final = SealedTable(
    "subscriptions",
    first="00000000-0000-0000-0000-000000000000",
    page="""
SELECT subscription_id::text AS key, enterprise_number AS owner, secrets FROM subscriptions
WHERE subscription_id > $1::text::uuid ORDER BY subscription_id LIMIT $2""",
    store="UPDATE subscriptions SET secrets = $2 WHERE subscription_id = $1::text::uuid AND secrets = $3",
)
_LIST: Final = """
SELECT d.seq, d.event_id, s.channel, d.declaration_id, d.state, d.attempts, d.reason, d.first_due, d.due_at,
       d.changed_at
FROM dispatches d JOIN subscriptions s USING (subscription_id)
WHERE s.enterprise_number = $1 AND ($2::text IS NULL OR d.state = $2) AND d.seq > $3
ORDER BY d.seq LIMIT $4"""
_AGAIN: Final = """
WITH s AS (
    SELECT subscription_id FROM subscriptions WHERE enterprise_number = $1 AND ended_at IS NULL FOR SHARE)
UPDATE dispatches d SET state = 'pending', first_due = $3, due_at = $3, changed_at = $3, batch = NULL
FROM s WHERE s.subscription_id = d.subscription_id AND d.event_id = $2 AND d.state = 'exhausted'
RETURNING 1"""


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane of a recipient that this process has leased: its channel and its failures in a row."""

    subscription_id: UUID
    enterprise_number: str
    channel: str
    url: str | None
    secrets: tuple[str, ...]
    failures: int


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One event to deliver by one subscription, with its attempts so far."""

    seq: int
    event_id: UUID
    event: str
    first_due: datetime
    attempts: int
    batch: int | None


@dataclass(frozen=True, slots=True)
class Gauges:
    """Numbers of pending and exhausted dispatches, and the age in seconds of the oldest pending dispatch.

    Dispatches that were exhausted because their channel was ended are not counted.
    """

    pending: int
    exhausted: int
    oldest: float


async def claim(pool: Pool, most: int) -> list[Lane]:
    """Lease up to `most` lanes for `LEASE_SECONDS`, and return them.

    Lease only lanes that have a due dispatch, and that have no pause and no lease of another process.
    """
    rows = await pool.fetch(_CLAIM, most, LEASE_SECONDS)
    return [
        Lane(
            row["subscription_id"], row["enterprise_number"], row["channel"], row["url"],
            tuple(row["secrets"]), row["failures"],
        )
        for row in rows
    ]  # fmt: skip


async def release(pool: Pool, lanes: Sequence[Lane]) -> None:
    """End the leases of these lanes."""
    await pool.execute(_RELEASE, [lane.subscription_id for lane in lanes])


async def due(pool: Pool, lane: Lane, most: int) -> list[Dispatch]:
    """Return up to `most` due dispatches of a lane, the oldest first.

    For each declaration, return at most its oldest pending dispatch, so that its events arrive in order.
    """
    return [_dispatch(row) for row in await pool.fetch(_DUE, lane.subscription_id, most)]


async def due_as_file(pool: Pool, lane: Lane, most: int) -> list[Dispatch]:
    """Return the dispatches of the next file of a lane, or none if no file is due.

    The dispatches of a file are chosen once, up to `most`, so that a retry writes an equal file.
    """
    await pool.execute(_BATCH, lane.subscription_id, most)
    return [_dispatch(row) for row in await pool.fetch(_OF_BATCH, lane.subscription_id)]


async def store_outcome(
    tx: Transaction, lane: Lane, verdicts: Sequence[tuple[Dispatch, Verdict]], reason: str | None
) -> None:
    """Store the verdicts on the tried dispatches, and the pause of their lane.

    If the recipient is unreachable, all its pending dispatches of 72 hours or more become exhausted.
    """
    await tx.connection.execute(
        _SETTLE,
        [dispatch.seq for dispatch, _ in verdicts],
        [verdict.state for _, verdict in verdicts],
        [verdict.due_at for _, verdict in verdicts],
        reason,
        tx.now,
    )
    closed_until = max((v.closed_until for _, v in verdicts if v.closed_until is not None), default=None)
    await tx.connection.execute(_LANE, lane.subscription_id, closed_until)
    if closed_until is not None:
        await tx.connection.execute(_OUT_OF_PATIENCE, lane.subscription_id, tx.now, PATIENCE, reason)


async def gauges(connection: Connection) -> Gauges:
    """Return the numbers of pending and exhausted dispatches, and the age of the oldest pending dispatch."""
    row = await connection.fetchrow(_GAUGES)
    assert row is not None, "an aggregate returns one row"
    return Gauges(row["pending"], row["exhausted"], row["oldest"])


def _dispatch(row: Record) -> Dispatch:
    return Dispatch(**row)


# -- subscriptions


async def active(connection: Connection, enterprise_number: str) -> list[Record]:
    """Return the active subscriptions of an enterprise."""
    return await connection.fetch(_ACTIVE, enterprise_number)


async def subscribe(
    tx: Transaction, enterprise_number: str, channel: str, url: str | None, secret: str | None, by: str
) -> UUID:
    """Create a subscription to a channel and return its id. End the earlier subscription to this channel.

    The undelivered dispatches of the earlier subscription move to the new one and are due now.
    """
    ended = await tx.connection.fetchval(_END, enterprise_number, channel, tx.now, by)
    secrets = [] if secret is None else [secret]
    made: UUID = await tx.connection.fetchval(
        _SUBSCRIBE, enterprise_number, channel, url, secrets, tx.now, by
    )
    if ended is not None:
        await tx.connection.execute(_MOVE, ended, made, tx.now)
    return made


async def unsubscribe(tx: Transaction, enterprise_number: str, channel: str, by: str) -> bool:
    """End the subscription of an enterprise to a channel. Return False if it has none.

    Its pending dispatches become exhausted, with the reason `ended`, and stay in the list.
    """
    ended = await tx.connection.fetchval(_END, enterprise_number, channel, tx.now, by)
    if ended is not None:
        await tx.connection.execute(_DROP, ended, tx.now)
    return ended is not None


async def add_secret(tx: Transaction, enterprise_number: str, secret: str) -> bool:
    """Add a secret to the webhook of an enterprise. Return False if the enterprise has no webhook.

    The two newest secrets are kept and both sign, so that the receiver has time to change.
    """
    return await tx.connection.fetchval(_ROTATE, enterprise_number, secret) is not None


async def listed(
    connection: Connection, enterprise_number: str, state: str | None, after: int, most: int
) -> list[Record]:
    """Return up to `most` deliveries of an enterprise, the oldest first.

    Return only deliveries in `state` (None: in every state) that have a sequence number above `after`.
    """
    return await connection.fetch(_LIST, enterprise_number, state, after, most)


async def retry(tx: Transaction, enterprise_number: str, event_id: UUID) -> bool:
    """Make an exhausted delivery pending for three more days, from now.

    Return False if the enterprise has no exhausted delivery with this id, or has ended its channel.
    """
    return await tx.connection.fetchval(_AGAIN, enterprise_number, event_id, tx.now) is not None
