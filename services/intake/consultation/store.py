"""The search for declarations with a result. It reads one index in windows of a limited size (ADR 23)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.runtime.database import Record, Transaction

#: The greatest numbers of rows that one page examines: in the first window, and in the second one.
WINDOWS: Final = (250, 1_750)
#: Switches sorts and other scans off for this transaction, so that the planner reads the index in its order.
_BEGIN: Final = """
SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true),
    (SELECT organization::text FROM access.clients WHERE client_id = $1) AS organization"""
_EMPLOYER: Final = "SELECT enterprise_number::text FROM access.employers WHERE employer_id = $1"
#: $1 criteria, $2 organization, $3 employer, $4 last number, $5 rows of the window, $6 rows at most.
#: A client finds the declarations that it may also read by number: with a result, and of its organization.
FIND: Final = """
WITH c AS MATERIALIZED (
    SELECT * FROM json_to_record($1::text::json) AS c (
        number bigint, ssin text, period bigint, kind text[], result text[], worker_type text[],
        joint_commission text[], received_from date, received_until date)),
seen AS MATERIALIZED (
    SELECT number, kind, declared, (received_at AT TIME ZONE 'Europe/Brussels')::date AS received_on
    FROM declarations
    WHERE organization = $2::text AND employer = $3::text AND number > $4::bigint
    ORDER BY number LIMIT $5::int),
found AS MATERIALIZED (
    SELECT d.number, r.answer
    FROM seen d CROSS JOIN c CROSS JOIN LATERAL (
        SELECT answer, result FROM results WHERE number = d.number ORDER BY final DESC LIMIT 1) AS r
    WHERE (c.number IS NULL OR d.number = c.number)
      AND (c.kind IS NULL OR d.kind = ANY(c.kind))
      AND (c.result IS NULL OR r.result = ANY(c.result))
      AND (c.received_from IS NULL OR d.received_on >= c.received_from)
      AND (c.received_until IS NULL OR d.received_on <= c.received_until)
      AND (c.worker_type IS NULL
        OR d.declared::json #>> '{dimonaIn,features,workerType}' = ANY(c.worker_type))
      AND (c.joint_commission IS NULL
        OR d.declared::json #>> '{dimonaIn,features,jointCommissionNumber}' = ANY(c.joint_commission))
      AND (c.ssin IS NULL
        OR c.ssin IN (r.answer::json #>> '{worker,ssin}', r.answer::json #>> '{worker,replacedSsin}'))
      AND (c.period IS NULL OR c.period = (r.answer::json #>> '{declarationStatus,period,id}')::bigint)
    ORDER BY number LIMIT $6::int)
SELECT e.examined, (SELECT max(number) FROM seen) AS edge, f.number, f.answer
FROM (SELECT count(*)::int AS examined FROM seen) AS e LEFT JOIN found f ON true ORDER BY f.number"""
_OWNER: Final = "SELECT employer FROM declarations WHERE number = $1 AND organization = $2"
_RECORD: Final = """
INSERT INTO readings (read_at, client_id, organization, number, found)
SELECT $1, $2, $3, n, n > 0 FROM unnest($4::bigint[]) AS n"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The criteria of a search. A declaration must meet all of them.

    A criterion that is None accepts every declaration. A tuple accepts a declaration with one of its values.
    """

    employer: str | None = None
    number: int | None = None
    ssin: str | None = None  #: the NISS in force, or the NISS that was declared
    period: int | None = None
    kind: tuple[str, ...] | None = None
    result: tuple[str, ...] | None = None
    worker_type: tuple[str, ...] | None = None  #: of an IN
    joint_commission: tuple[str, ...] | None = None
    received_from: date | None = None  #: Belgian day of reception
    received_until: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search.

    `rest` is the Dimona number after which the next page begins; None on the last page.
    """

    rows: Sequence[Record]  #: number and answer of each declaration
    rest: int | None


async def begin(tx: Transaction, client_id: str) -> str | None:
    """Prepare a transaction for searches. Return the organization of a client, or None for an unknown client.

    Settings of this transaction make the database read the rows in index order, without sorting.
    """
    row = await tx.connection.fetchrow(_BEGIN, client_id)
    assert row is not None
    organization: str | None = row["organization"]
    return organization


async def load_employer(tx: Transaction, employer_id: int) -> str | None:
    """Return the enterprise number of the employer with this `employerId`.

    Return None if the directory does not have this employer.
    """
    number: str | None = await tx.connection.fetchval(_EMPLOYER, employer_id)
    return number


async def search(tx: Transaction, organization: str, criteria: Criteria, after: int, size: int) -> Found:
    """Return one page of the declarations of an organization, in the order of their Dimona numbers.

    The page begins after the number `after`, and has at most `size` rows. It may have fewer rows although
    another page follows.

    All declarations of a page are about one employer. If the criteria do not name it, it is the employer of
    the declaration with the wanted number. If there is no such declaration, it is the organization itself.
    """
    employer = criteria.employer
    if employer is None and criteria.number is not None:
        employer = await tx.connection.fetchval(_OWNER, criteria.number, organization)
        after = max(after, criteria.number - 1)
    employer = organization if employer is None else employer
    given = json.dumps(_given(criteria), default=str)
    rows: list[Record] = []
    for window in WINDOWS:
        examined = await tx.connection.fetch(
            FIND, given, organization, employer, after, window, size + 1 - len(rows)
        )
        rows += [row for row in examined if row["number"] is not None]
        if len(rows) > size:
            return Found(rows[:size], rows[size - 1]["number"])
        if examined[0]["examined"] < window or criteria.number is not None:
            return Found(rows, None)
        after = examined[0]["edge"]
    return Found(rows, after)


async def record(tx: Transaction, client_id: str, organization: str | None, numbers: Sequence[int]) -> None:
    """Record which declarations were shown to a client. For a search without result, record the number 0."""
    await tx.connection.execute(_RECORD, tx.now, client_id, organization, list(numbers) or [0])


def _given(criteria: Criteria) -> Mapping[str, Any]:
    names = (name for name in Criteria.__slots__ if name != "employer")
    return {name: value for name in names if (value := getattr(criteria, name)) is not None}
