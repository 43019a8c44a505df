"""The tables `results`, `open` and `readings`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.messages import Result
from shared.runtime.database import Connection, Pool, Transaction

_STORE_RESULTS: Final = """
WITH saved AS (
    INSERT INTO results (number, final, result, answer, recorded_at)
    SELECT n, f, r, a, $5 FROM unnest($1::bigint[], $2::boolean[], $3::text[], $4::text[]) AS k (n, f, r, a)
    WHERE f OR NOT EXISTS (SELECT FROM results x WHERE x.number = n AND x.final)
    ON CONFLICT DO NOTHING RETURNING number, final),
closed AS (
    DELETE FROM open o USING saved s WHERE o.number = s.number AND s.final RETURNING o.number, o.provisional),
waiting AS (
    UPDATE open o SET provisional = true FROM saved s
    WHERE o.number = s.number AND NOT s.final
      AND NOT EXISTS (SELECT FROM saved f WHERE f.number = s.number AND f.final))
SELECT s.number, s.final, coalesce(c.provisional, false) AS answered
FROM saved s LEFT JOIN closed c ON c.number = s.number AND s.final"""
_UNACCOUNTED: Final = """
SELECT count(*) FROM open o
WHERE o.received_at < platform.now() - interval '60 seconds'
  AND NOT EXISTS (SELECT FROM open w WHERE w.order_key = o.order_key AND w.provisional)"""
_OPEN: Final = "SELECT count(*) FROM open WHERE NOT provisional"
#: It names the schema, because it runs without a transaction. Many requests wait for these results.
_ANSWERED: Final = "SELECT DISTINCT number FROM intake.results WHERE number = ANY($1::bigint[])"
_READ: Final = """
WITH told AS (
    SELECT r.answer FROM results r
    JOIN declarations d USING (number)
    JOIN access.clients c ON c.organization::text = d.organization
    WHERE r.number = $1 AND c.client_id = $2
    ORDER BY r.final DESC LIMIT 1),
written AS (
    INSERT INTO readings (read_at, client_id, user_id, organization, number, found)
    SELECT $3, $2, $4, (SELECT organization::text FROM access.clients WHERE client_id = $2), $1,
        EXISTS (SELECT FROM told))
SELECT answer FROM told"""
_READ_MANY: Final = """
WITH asked AS MATERIALIZED (SELECT DISTINCT n FROM unnest($1::bigint[]) AS n),
told AS MATERIALIZED (
    SELECT a.n AS number, (
        SELECT r.answer FROM results r WHERE r.number = a.n ORDER BY r.final DESC LIMIT 1) AS answer
    FROM asked a JOIN declarations d ON d.number = a.n
    JOIN access.clients c ON c.organization::text = d.organization
    WHERE c.client_id = $2),
written AS (
    INSERT INTO readings (read_at, client_id, user_id, organization, number, found)
    SELECT $3, $2, $4, (SELECT organization::text FROM access.clients WHERE client_id = $2), a.n,
        EXISTS (SELECT FROM told t WHERE t.number = a.n AND t.answer IS NOT NULL)
    FROM asked a)
SELECT number, answer FROM told WHERE answer IS NOT NULL ORDER BY number"""

ResultKey = tuple[int, bool]  #: number of the declaration; True for the final result, False for S


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as it is stored; `answer` is the body of `GET /declarations/{id}`."""

    number: int
    result: Result
    answer: str

    @property
    def key(self) -> ResultKey:
        """The primary key of the row: number, and whether the result is final."""
        return self.number, self.result is not Result.PROVISIONAL


async def store_results(tx: Transaction, results: Sequence[StoredResult]) -> dict[ResultKey, bool]:
    """Store results, and drop an S after a final result (decision D2).

    Return the keys of the new ones, each with whether an earlier batch has an S of its declaration.
    """
    rows = await tx.connection.fetch(
        _STORE_RESULTS,
        [result.number for result in results],
        [result.key[1] for result in results],
        [result.result for result in results],
        [result.answer for result in results],
        tx.now,
    )
    return {(row["number"], row["final"]): row["answered"] for row in rows}


async def read_answer(
    tx: Transaction, number: int, client_id: str, user_id: UUID | None = None
) -> str | None:
    """Return the final answer to a declaration or, if it has no final answer yet, its S.

    Return None if it has no answer, or if the client is not of the organization that sent the declaration.
    Each reading is recorded with the client and the person, if one reads; also a reading without answer.
    """
    answer: str | None = await tx.connection.fetchval(_READ, number, client_id, tx.now, user_id)
    return answer


async def read_answers(
    tx: Transaction, numbers: Collection[int], client_id: str, user_id: UUID | None = None
) -> dict[int, str]:
    """Return the answers to declarations by number, each as `read_answer` returns it.

    Declarations without answer and those of other organizations are absent. Each reading is recorded.
    """
    rows = await tx.connection.fetch(_READ_MANY, list(numbers), client_id, tx.now, user_id)
    return {row["number"]: row["answer"] for row in rows}


async def find_answered(pool: Pool, numbers: Collection[int]) -> Collection[int]:
    """Return, from these Dimona numbers, the numbers of the declarations that have a result."""
    return {row["number"] for row in await pool.fetch(_ANSWERED, list(numbers))}


async def count_open(connection: Connection) -> int:
    """Count the declarations that have no result yet, neither a final result nor an S."""
    return await connection.fetchval(_OPEN) or 0


async def count_unaccounted(connection: Connection) -> int:
    """Count the declarations that have no final result a minute after reception.

    A declaration does not count if it, or another declaration of its chain, waits for an identification.
    """
    return await connection.fetchval(_UNACCOUNTED) or 0
