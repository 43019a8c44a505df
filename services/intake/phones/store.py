"""SQL of phones: the enrolled ones, the attempts with their PINs, and the results that go out by SMS."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.redelivery import Verdict
from shared.runtime.database import Connection, Pool, Transaction

#: Seconds of a lease of a result; an attempt to send takes at most ten.
LEASE_SECONDS: Final = 60.0
#: Attempts with wrong PINs before a block: a quarter of an hour, doubled by each later one, up to a day.
_FREE: Final = 4
#: An attempt counts before its PIN is compared, so that parallel attempts are counted one by one. Only
#: attempts at enrolled phones are counted.
_TRY: Final = f"""
WITH known AS (
    SELECT phone_id, client_id, language, pin_code, added_at FROM access.phones WHERE number_code = $1),
counted AS (
    INSERT INTO phone_attempts AS a (number_code, attempts)
    SELECT $1, 1 WHERE EXISTS (SELECT FROM known)
    ON CONFLICT (number_code) DO UPDATE SET attempts = a.attempts + 1,
        blocked_until = CASE WHEN a.attempts >= {_FREE} THEN platform.now()
            + least(interval '1 day', interval '15 min' * 2 ^ least(a.attempts - {_FREE}, 10)) END
    WHERE coalesce(a.blocked_until, '-infinity') <= platform.now()
    RETURNING a.blocked_until)
SELECT phone_id, client_id, language, pin_code, blocked_until FROM known, counted
ORDER BY added_at, phone_id"""  # noqa: S608 - our own number
_FORGET: Final = "DELETE FROM phone_attempts WHERE number_code = $1"
#: The block goes only if this attempt began it: a wrong PIN beside it may have begun another one.
_TAKE_BACK: Final = """
UPDATE phone_attempts SET attempts = greatest(attempts - 1, 0), blocked_until = nullif(blocked_until, $2)
WHERE number_code = $1"""
_STILL: Final = "SELECT client_id FROM access.phones WHERE phone_id = $1"
_EXPECT: Final = """
INSERT INTO phone_results (number, gateway, language, sealed_phone, due_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"""
#: The result with its declaration; an SMS goes out only once it is final (decision D2).
_CLAIM: Final = """
WITH ready AS (
    SELECT p.number, r.result, r.answer, r.recorded_at
    FROM phone_results p JOIN results r ON r.number = p.number AND r.final
    WHERE p.state = 'pending' AND p.due_at <= platform.now() AND p.leased_until <= clock_timestamp()
      AND p.gateway = ANY($3::text[])
    ORDER BY p.due_at LIMIT $1 FOR NO KEY UPDATE OF p SKIP LOCKED)
UPDATE phone_results p SET leased_until = clock_timestamp() + make_interval(secs => $2)
FROM ready WHERE p.number = ready.number
RETURNING p.number, p.gateway, p.language, p.sealed_phone, p.attempts, ready.result, ready.answer,
    ready.recorded_at"""
_SETTLE: Final = """
UPDATE phone_results SET state = $2, due_at = $3, attempts = attempts + 1, reason = $4,
    leased_until = '-infinity', sealed_phone = CASE WHEN $2 = 'pending' THEN sealed_phone END
WHERE number = $1 AND state = 'pending'"""
_GAUGES: Final = """
SELECT count(*) FILTER (WHERE p.state = 'pending' AND r.number IS NOT NULL),
    count(*) FILTER (WHERE p.state = 'exhausted')
FROM phone_results p LEFT JOIN results r ON r.number = p.number AND r.final
WHERE p.state <> 'delivered'"""


@dataclass(frozen=True, slots=True)
class EnrolledPhone:
    """A phone that may declare for a client, and the code that its PIN has to match."""

    phone_id: UUID
    client_id: str
    language: str
    pin_code: bytes
    blocked_until: datetime | None  #: end of the block that this attempt began


@dataclass(frozen=True, slots=True)
class DueResult:
    """A final result that goes to the phone of its declaration, leased by this process."""

    number: int
    gateway: str
    language: str
    sealed_phone: str
    attempts: int
    result: str
    answer: str
    recorded_at: datetime


async def try_pin(pool: Pool, number_code: bytes) -> Sequence[EnrolledPhone]:
    """Count an attempt with a PIN, and return the phones with this number, the one added first at first.

    Return none for a number that is not enrolled, and while its attempts are blocked.
    """
    return [EnrolledPhone(**row) for row in await pool.fetch(_TRY, number_code)]


async def forget_attempts(pool: Pool, number_code: bytes) -> None:
    """Delete the count of attempts at a number, after a right PIN of its only phone."""
    await pool.execute(_FORGET, number_code)


async def take_attempt_back(pool: Pool, number_code: bytes, blocked_until: datetime | None) -> None:
    """Take back one attempt at a number, and the block that it began, after a right PIN."""
    await pool.execute(_TAKE_BACK, number_code, blocked_until)


async def client_of(connection: Connection, phone_id: UUID) -> str | None:
    """Return the client of a phone; None if the phone may declare no more."""
    client: str | None = await connection.fetchval(_STILL, phone_id)
    return client


async def expect_result(tx: Transaction, number: int, gateway: str, language: str, sealed_phone: str) -> None:
    """Store that the final result of a declaration goes to a phone. A repeat changes nothing."""
    await tx.connection.execute(_EXPECT, number, gateway, language, sealed_phone, tx.now)


async def claim(pool: Pool, most: int, gateways: Collection[str]) -> list[DueResult]:
    """Lease up to `most` due results of some gateways for `LEASE_SECONDS`, and return them."""
    rows = await pool.fetch(_CLAIM, most, LEASE_SECONDS, list(gateways))
    return [DueResult(**row) for row in rows]


async def store_outcome(pool: Pool, number: int, verdict: Verdict, reason: str | None) -> None:
    """Store the verdict on an attempt. After the last attempt the number of the phone is deleted."""
    await pool.execute(_SETTLE, number, verdict.state, verdict.due_at, reason)


async def gauges(connection: Connection) -> tuple[int, int]:
    """Return how many final results wait to be sent by SMS, and how many were given up."""
    row = await connection.fetchrow(_GAUGES)
    assert row is not None, "an aggregate returns one row"
    return row[0], row[1]
