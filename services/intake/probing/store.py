"""The tables `organization_days` and `new_workers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.runtime.database import Connection, Transaction

#: Processes that count at once may exceed the limit by a batch each. Rows are written in order of their keys.
_COUNT: Final = """
WITH fresh AS (
    SELECT c, w, min(m) AS most, min(o) AS place
    FROM unnest($2::text[], $3::text[], $4::text[], $5::int[]) WITH ORDINALITY AS n (c, w, k, m, o)
    WHERE NOT EXISTS (SELECT FROM chains WHERE order_key = k)
      AND NOT EXISTS (SELECT FROM new_workers x WHERE x.day = $1 AND x.organization = c AND x.worker = w)
    GROUP BY c, w),
ranked AS (
    SELECT c, w, most, coalesce(d.new_workers, 0) + row_number() OVER (PARTITION BY c ORDER BY place) AS rank
    FROM fresh LEFT JOIN organization_days d ON d.day = $1 AND d.organization = c),
kept AS (
    INSERT INTO new_workers (day, organization, worker)
    SELECT $1, c, w FROM ranked WHERE rank <= most ORDER BY c, w
    ON CONFLICT DO NOTHING RETURNING organization),
counted AS (
    INSERT INTO organization_days (day, organization, new_workers, quick_cancels)
    SELECT $1, c, sum(n), sum(q)
    FROM (
        SELECT organization, 1, 0 FROM kept UNION ALL SELECT c, 0, 1 FROM unnest($6::text[]) AS u (c)
    ) AS s (c, n, q)
    GROUP BY c ORDER BY c
    ON CONFLICT (day, organization) DO UPDATE
    SET new_workers = organization_days.new_workers + excluded.new_workers,
        quick_cancels = organization_days.quick_cancels + excluded.quick_cancels)
SELECT c AS organization, w AS worker FROM ranked WHERE rank > most"""
_CONTRADICTIONS: Final = """
INSERT INTO organization_days (day, organization, contradictions)
SELECT $1, c, count(*) FROM unnest($2::text[]) AS u (c) GROUP BY c ORDER BY c
ON CONFLICT (day, organization) DO UPDATE
SET contradictions = organization_days.contradictions + excluded.contradictions"""
_MOST: Final = """
SELECT coalesce(max(new_workers), 0) AS new_workers, coalesce(max(quick_cancels), 0) AS quick_cancels,
    coalesce(max(contradictions), 0) AS contradictions
FROM organization_days WHERE day = $1"""
_FORGET: Final = """
DELETE FROM new_workers WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM new_workers WHERE day < $1 ORDER BY day, organization, worker LIMIT 1000))"""


@dataclass(frozen=True, slots=True)
class Naming:
    """A worker that a client of an organization names in an IN."""

    organization: str
    worker: str  #: code
    order_key: str  #: of employer and worker; if it has a chain, the worker is not new
    most: int  #: new workers that the organization may name on one day

    @property
    def key(self) -> tuple[str, str]:
        """Return the organization and the code of the worker."""
        return self.organization, self.worker


async def count(
    tx: Transaction, day: date, namings: Sequence[Naming], quick_cancels: Iterable[str]
) -> set[tuple[str, str]]:
    """Add new workers and quick CANCELs to the counts of the organizations on a day.

    Return the organization and the code of each new worker beyond the limit of the organization. Workers
    beyond the limit are not counted. `quick_cancels` has the organization for each quick CANCEL.
    """
    rows = await tx.connection.fetch(
        _COUNT,
        day,
        *([getattr(one, name) for one in namings] for name in Naming.__slots__),
        list(quick_cancels),
    )
    return {(row["organization"], row["worker"]) for row in rows}


async def count_contradictions(tx: Transaction, day: date, organizations: Iterable[str]) -> None:
    """Count, by organization, the results with data that differ from the register.

    `organizations` has the organization of each result.
    """
    await tx.connection.execute(_CONTRADICTIONS, day, list(organizations))


async def most(connection: Connection, day: date) -> dict[str, int]:
    """Return the highest value of each count over all organizations of a day."""
    row = await connection.fetchrow(_MOST, day)
    assert row is not None, "an aggregate has one row"
    return dict(row)


async def forget_workers(tx: Transaction, day: date) -> None:
    """Delete the codes of workers of the days before `day`, at most a thousand at once."""
    await tx.connection.execute(_FORGET, day)
