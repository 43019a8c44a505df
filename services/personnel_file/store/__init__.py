"""Relations, periods, their history, what waits and what is settled: set by set, under locks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import TypeAdapter

from services.personnel_file.rules import Event, Period, Relation, Taken, Takes, Takings, event_to_json, taken
from shared.domain.declaration import Features, Span
from shared.domain.quotas import account, is_counted
from shared.messages import ChangeAdmitted, DeclarationDiscarded, IdentificationEnded, Person, to_json
from shared.runtime.database import Lock, Record, Transaction

Key = tuple[str, str]  #: employer and NISS: what a relation is known by
Arrived = ChangeAdmitted | IdentificationEnded | DeclarationDiscarded
_KINDS: Final = {kind.TYPE: kind for kind in (ChangeAdmitted, IdentificationEnded, DeclarationDiscarded)}

#: First the order keys, then workers with the employers whose quota may be spent; each set in one statement,
#: in the order of what is locked, which are hashes: never a deadlock (D7).
_LOCK: Final = """
SELECT pg_advisory_xact_lock(c, h) FROM (
    SELECT DISTINCT c, hashtext(k) AS h FROM unnest($1::int[], $2::text[]) AS n (c, k) ORDER BY c, h) AS l"""
#: The same, once nobody replaces a number; while one is replaced, nobody settles.
_LOCK_TO_SETTLE: Final = f"""
SELECT pg_advisory_xact_lock_shared({Lock.NUMBERS}, 0) UNION ALL {_LOCK}"""
_ORDER_KEYS, _WORKERS, _ACCOUNTS = Lock.ORDER_KEYS, Lock.WORKERS, Lock.ACCOUNTS

_SETTLED: Final = "SELECT declaration_id, result FROM settlements WHERE declaration_id = ANY($1::bigint[])"
_SUCCESSORS: Final = """
WITH RECURSIVE follows AS (
    SELECT w.declaration_id, w.message FROM waiting w WHERE w.previous = ANY($1::bigint[])
    UNION ALL
    SELECT w.declaration_id, w.message FROM waiting w JOIN follows f ON w.previous = f.declaration_id)
SELECT message FROM follows"""
_DISMISS: Final = """
WITH RECURSIVE follows AS (
    SELECT w.declaration_id, w.message, 1 AS place FROM waiting w WHERE w.previous = $1
    UNION ALL
    SELECT w.declaration_id, w.message, f.place + 1
    FROM waiting w JOIN follows f ON w.previous = f.declaration_id
), gone AS (DELETE FROM waiting WHERE declaration_id IN (SELECT declaration_id FROM follows))
SELECT declaration_id, message FROM follows ORDER BY place"""
_WHOSE: Final = """
SELECT period_id, employer, ssin::text, counted, quota_account FROM periods
WHERE period_id = ANY($1::bigint[])"""
_TAKEN_BY_WORKERS: Final = """
SELECT ssin::text, features, start_date, end_date, end_hour, planned_hours FROM periods
WHERE ssin = ANY($1::text[]) AND counted AND NOT canceled AND start_date <= $3 AND end_date >= $2"""
_TAKEN_OF_ACCOUNTS: Final = """
SELECT quota_account, features, start_date, end_date, end_hour, planned_hours, count(*) AS times FROM periods
WHERE quota_account = ANY($1::text[]) AND NOT canceled AND start_date <= $3 AND end_date >= $2
GROUP BY quota_account, features, start_date, end_date, end_hour, planned_hours"""
_RELATIONS: Final = """
SELECT r.employer, r.ssin::text, r.employer_id, r.start_date, r.end_date, r.version, r.worker
FROM unnest($1::text[], $2::text[]) AS k (employer, ssin) JOIN relations r USING (employer, ssin)"""
_PERIODS: Final = """
SELECT p.employer, p.ssin::text, p.period_id, p.features, p.start_date, p.end_date, p.start_hour, p.end_hour,
       p.planned_hours, p.canceled, p.locked, p.late, p.overlapping
FROM unnest($1::text[], $2::text[]) AS k (employer, ssin) JOIN periods p USING (employer, ssin)"""
_SAVE_RELATIONS: Final = """
INSERT INTO relations AS r (employer, ssin, employer_id, start_date, end_date, version, worker)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::date[], $5::date[], $6::int[], $7::text[])
ON CONFLICT (employer, ssin) DO UPDATE
    SET end_date = excluded.end_date, version = excluded.version, worker = excluded.worker
RETURNING employer, ssin::text, relation_id"""
_SAVE_PERIODS: Final = """
INSERT INTO periods (period_id, employer, ssin, features, features_key, start_date, end_date, start_hour,
    end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping)
SELECT i, e, s, f, k, d1, d2, h1, h2, p, tsrange(t1, t2), c, l, a, q, u, o
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::time[],
    $9::time[], $10::int[], $11::timestamp[], $12::timestamp[],
    $13::boolean[], $14::boolean[], $15::boolean[], $16::boolean[], $17::text[],
    $18::boolean[]) AS n (i, e, s, f, k, d1, d2, h1, h2, p, t1, t2, c, l, a, q, u, o)
ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
    start_hour = excluded.start_hour, end_hour = excluded.end_hour, planned_hours = excluded.planned_hours,
    span = excluded.span, canceled = excluded.canceled, locked = excluded.locked,
    overlapping = excluded.overlapping"""
_SAVE_FINALS: Final = """
WITH appended AS (
    INSERT INTO history (employer, ssin, version, declaration_id, event, recorded_at)
    SELECT *, $4 FROM unnest($5::text[], $6::text[], $7::int[], $8::bigint[], $9::text[]))
INSERT INTO settlements (declaration_id, result, period_id, settled_at)
SELECT *, $4 FROM unnest($1::bigint[], $2::text[], $3::bigint[])"""
_SAVE_DISCARDS: Final = """
INSERT INTO discards (declaration_id, discarded_by, discarded_at, reason)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[])"""
#: What waits first stays: a discard of a declaration that waits in its turn, or the other way round.
_WAIT: Final = """
INSERT INTO waiting (declaration_id, previous, message, since)
SELECT *, $4 FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT (declaration_id) DO NOTHING"""
_WAKE: Final = "DELETE FROM waiting WHERE declaration_id = ANY($1::bigint[])"

_FEATURES: Final = TypeAdapter(Features)


@dataclass(frozen=True, slots=True)
class Kept:
    """A relation as it is kept, with the worker as identified last."""

    relation: Relation
    worker: Person
    employer_id: int


@dataclass(frozen=True, slots=True)
class Change:
    """One event of one relation, and the declaration it comes from."""

    key: Key
    version: int
    declaration_id: int | None  #: None where no declaration caused it
    event: Event


async def lock_order_keys(tx: Transaction, keys: Iterable[str]) -> None:
    """Nobody else settles or wakes these chains, and nobody replaces a number, until the commit."""
    locked = list(keys)
    await tx.connection.execute(_LOCK_TO_SETTLE, [_ORDER_KEYS] * len(locked), locked)


async def lock_workers(tx: Transaction, ssins: Collection[str], accounts: Collection[str] = ()) -> None:
    """Nobody else changes relations or spends quotas of these workers and enterprises until the commit."""
    classes = [_WORKERS] * len(ssins) + [_ACCOUNTS] * len(accounts)
    await tx.connection.execute(_LOCK, classes, [*ssins, *accounts])


async def settled(tx: Transaction, numbers: Iterable[int]) -> dict[int, str]:
    """Those of these declarations that are final, with their result."""
    rows = await tx.connection.fetch(_SETTLED, list(numbers))
    return {row["declaration_id"]: row["result"] for row in rows}


async def successors(tx: Transaction, numbers: Collection[int]) -> list[Arrived]:
    """Everything that waits, directly or not, for one of these declarations.

    Raises ValueError (pydantic's included) or KeyError when this release cannot read one of them.
    """
    rows = await tx.connection.fetch(_SUCCESSORS, list(numbers))
    return [_arrived(row["message"]) for row in rows]


async def whose(tx: Transaction, period_ids: Iterable[int]) -> tuple[dict[int, Key], dict[int, str | None]]:
    """The relation that each of these periods belongs to; no declaration changes it once the period is there.

    Then, of those that a quota counts, the enterprise whose quota they spend, which never changes either.
    """
    named = list(period_ids)
    rows = await tx.connection.fetch(_WHOSE, named) if named else []
    keys = {row["period_id"]: (row["employer"], row["ssin"]) for row in rows}
    return keys, {row["period_id"]: row["quota_account"] for row in rows if row["counted"]}


async def relations(tx: Transaction, keys: Collection[Key]) -> dict[Key, Kept]:
    """These relations with all their periods, as far as they exist. Their workers must be locked."""
    columns = [key[0] for key in keys], [key[1] for key in keys]
    periods: dict[Key, dict[int, Period]] = {}
    for row in await tx.connection.fetch(_PERIODS, *columns):
        periods.setdefault((row["employer"], row["ssin"]), {})[row["period_id"]] = _period(row)
    return {
        key: Kept(
            Relation(*key, row["start_date"], row["end_date"], row["version"], periods.get(key, {})),
            Person.model_validate_json(row["worker"]),
            row["employer_id"],
        )
        for row in await tx.connection.fetch(_RELATIONS, *columns)
        for key in [(row["employer"], row["ssin"])]
    }


async def takes(
    tx: Transaction, ssins: Collection[str], accounts: Collection[str], first: date, last: date
) -> Takes:
    """What these workers and enterprises have taken between two days. They must be locked."""
    found = Takes()
    for row in await tx.connection.fetch(_TAKEN_BY_WORKERS, list(ssins), first, last):
        if (one := _taken(row)) is not None:
            found.workers.setdefault(row["ssin"], Takings()).add(one)
    for row in await tx.connection.fetch(_TAKEN_OF_ACCOUNTS, list(accounts), first, last) if accounts else ():
        if (one := _taken(row)) is not None:
            found.employers.setdefault(row["quota_account"], Takings()).add(one, row["times"])
    return found


async def save_relations(tx: Transaction, kept: Collection[Kept]) -> dict[Key, int]:
    """Save relations; returns the number by which each is known outside."""
    rows = await tx.connection.fetch(
        _SAVE_RELATIONS,
        [one.relation.employer for one in kept],
        [one.relation.ssin for one in kept],
        [one.employer_id for one in kept],
        [one.relation.start for one in kept],
        [one.relation.end for one in kept],
        [one.relation.version for one in kept],
        [to_json(one.worker) for one in kept],
    )
    return {(row["employer"], row["ssin"]): row["relation_id"] for row in rows}


async def save_periods(tx: Transaction, periods: Sequence[tuple[Key, Period]]) -> None:
    """Save periods as they are now. Raises ExclusionViolationError when two of equal features overlap."""
    only = [period for _, period in periods]
    intervals = [period.span.interval for period in only]
    await tx.connection.execute(
        _SAVE_PERIODS,
        [period.id for period in only],
        [employer for (employer, _), _ in periods],
        [ssin for (_, ssin), _ in periods],
        [_FEATURES.dump_json(period.features).decode() for period in only],
        [period.features.key for period in only],
        [period.span.start for period in only],
        [period.span.end for period in only],
        [period.span.start_hour for period in only],
        [period.span.end_hour for period in only],
        [period.planned_hours for period in only],
        [start for start, _ in intervals],
        [end for _, end in intervals],
        [period.canceled for period in only],
        [period.locked for period in only],
        [period.late for period in only],
        [is_counted(period.features) for period in only],
        [account(period.features, employer) for (employer, _), period in periods],
        [period.overlapping for period in only],
    )


async def save_finals(
    tx: Transaction, finals: Sequence[tuple[int, str, int | None]], changes: Sequence[Change]
) -> None:
    """Declarations are final (number, result, period); their events go into the history."""
    numbers, results, periods = (list(column) for column in zip(*finals, strict=True))
    await tx.connection.execute(
        _SAVE_FINALS,
        numbers,
        results,
        periods,
        tx.now,
        [change.key[0] for change in changes],
        [change.key[1] for change in changes],
        [change.version for change in changes],
        [change.declaration_id for change in changes],
        [event_to_json(change.event) for change in changes],
    )


async def save_discards(tx: Transaction, discards: Sequence[DeclarationDiscarded]) -> None:
    """Say of these finals which operator caused them, and why."""
    await tx.connection.execute(
        _SAVE_DISCARDS,
        [one.declaration.number for one in discards],
        [one.discarded_by for one in discards],
        [one.discarded_at for one in discards],
        [one.reason for one in discards],
    )


async def wait(tx: Transaction, early: Sequence[Arrived]) -> None:
    """Keep declarations that came before the one they follow is final."""
    await tx.connection.execute(
        _WAIT,
        [one.declaration.number for one in early],
        [one.declaration.previous for one in early],
        [f"{one.TYPE}\n{to_json(one)}" for one in early],
        tx.now,
    )


async def wake(tx: Transaction, numbers: Collection[int]) -> None:
    """Forget that these waited."""
    await tx.connection.execute(_WAKE, list(numbers))


async def dismiss(tx: Transaction, number: int) -> list[tuple[int, str, str]]:
    """All that waits, directly or not, for this one waits no more: number, type and unread data of each."""
    rows = await tx.connection.fetch(_DISMISS, number)
    return [
        (row["declaration_id"], type_, data)
        for row in rows
        for type_, _, data in [row["message"].partition("\n")]
    ]


def _arrived(kept: str) -> Arrived:
    type_, _, text = kept.partition("\n")
    return _KINDS[type_].model_validate_json(text)


def _taken(row: Record) -> Taken | None:
    span = Span(row["start_date"], row["end_date"], None, row["end_hour"])
    return taken(_FEATURES.validate_json(row["features"]), span, row["planned_hours"])


def _period(row: Record) -> Period:
    return Period(
        row["period_id"],
        Span(row["start_date"], row["end_date"], row["start_hour"], row["end_hour"]),
        _FEATURES.validate_json(row["features"]),
        row["planned_hours"],
        row["canceled"],
        row["locked"],
        row["late"],
        row["overlapping"],
    )
