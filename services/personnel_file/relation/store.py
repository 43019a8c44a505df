"""Relations, periods and daily registrations as stored, and the locks under which they change."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from services.personnel_file.relation.rules import Event, Period, Relation, event_to_json
from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span
from shared.domain.quotas import account, is_counted
from shared.messages import Person, to_json
from shared.runtime.database import Lock, Record, Transaction

Key = tuple[str, str]  #: employer and NISS, which identify a relation

#: All locks of a set in one statement, ordered by class and hash: no deadlock (decision D7).
LOCK: Final = """
SELECT pg_advisory_xact_lock(c, h) FROM (
    SELECT DISTINCT c, hashtext(k) AS h FROM unnest($1::int[], $2::text[]) AS n (c, k) ORDER BY c, h) AS l"""
_OWNERS: Final = """
SELECT period_id, employer, ssin::text, counted, quota_account FROM periods
WHERE period_id = ANY($1::bigint[])"""
_RELATIONS: Final = """
SELECT r.employer, r.ssin::text, r.employer_id, r.start_date, r.end_date, r.version, r.worker
FROM unnest($1::text[], $2::bpchar[]) AS k (employer, ssin) JOIN relations r USING (employer, ssin)"""
_PERIODS: Final = """
SELECT p.employer, p.ssin::text, p.period_id, p.features, p.start_date, p.end_date, p.start_hour, p.end_hour,
       p.planned_hours, p.canceled, p.locked, p.late, p.overlapping, p.planned_days
FROM unnest($1::text[], $2::bpchar[]) AS k (employer, ssin) JOIN periods p USING (employer, ssin)"""
_SAVE_RELATIONS: Final = """
INSERT INTO relations AS r (employer, ssin, employer_id, start_date, end_date, version, worker)
SELECT * FROM unnest($1::text[], $2::bpchar[], $3::bigint[], $4::date[], $5::date[], $6::int[], $7::text[])
ON CONFLICT (employer, ssin) DO UPDATE
    SET end_date = excluded.end_date, version = excluded.version, worker = excluded.worker
RETURNING employer, ssin::text, relation_id"""
_SAVE_PERIODS: Final = """
INSERT INTO periods (period_id, employer, ssin, features, features_key, start_date, end_date, start_hour,
    end_hour, planned_hours, span, canceled, locked, late, counted, quota_account, overlapping, planned_days)
SELECT i, e, s, f, k, d1, d2, h1, h2, p, tsrange(t1, t2), c, l, a, q, u, o, pd
FROM unnest($1::bigint[], $2::text[], $3::bpchar[], $4::text[], $5::text[], $6::date[], $7::date[],
    $8::time[], $9::time[], $10::int[], $11::timestamp[], $12::timestamp[],
    $13::boolean[], $14::boolean[], $15::boolean[], $16::boolean[], $17::text[],
    $18::boolean[], $19::int[]) AS n (i, e, s, f, k, d1, d2, h1, h2, p, t1, t2, c, l, a, q, u, o, pd)
ON CONFLICT (period_id) DO UPDATE SET start_date = excluded.start_date, end_date = excluded.end_date,
    start_hour = excluded.start_hour, end_hour = excluded.end_hour, planned_hours = excluded.planned_hours,
    span = excluded.span, canceled = excluded.canceled, locked = excluded.locked,
    overlapping = excluded.overlapping, planned_days = excluded.planned_days"""
_DAYS: Final = """
SELECT registration_id, period_id, start_date, end_date, start_hour, end_hour, canceled
FROM daily_registrations WHERE period_id = ANY($1::bigint[])"""
_APPEND_HISTORY: Final = """
INSERT INTO history (employer, ssin, version, declaration_id, event, recorded_at)
SELECT *, $6 FROM unnest($1::text[], $2::bpchar[], $3::int[], $4::bigint[], $5::text[])"""

FEATURES: Final = TypeAdapter(Features)


@dataclass(frozen=True, slots=True)
class StoredRelation:
    """A relation, with the latest data of its worker and its employer number."""

    relation: Relation
    worker: Person
    employer_id: int

    @property
    def key(self) -> Key:
        """The key of the relation."""
        return self.relation.employer, self.relation.ssin


@dataclass(frozen=True, slots=True)
class Change:
    """One event of one relation, and the declaration that caused it."""

    key: Key
    version: int
    declaration_id: int | None  #: None where no declaration caused it
    event: Event


async def lock_workers(tx: Transaction, ssins: Collection[str], accounts: Collection[str] = ()) -> None:
    """Lock the relations and quotas of these workers and enterprises until the commit."""
    classes = [Lock.WORKERS] * len(ssins) + [Lock.ACCOUNTS] * len(accounts)
    await tx.connection.execute(LOCK, classes, [*ssins, *accounts])


async def load_owners(
    tx: Transaction, period_ids: Collection[int]
) -> tuple[dict[int, Key], dict[int, str | None]]:
    """Return the relation of each of these periods, and the quota account of each counted one.

    Neither changes by a declaration once the period exists, so they are read before the workers are locked.
    """
    rows = await tx.connection.fetch(_OWNERS, list(period_ids)) if period_ids else []
    keys = {row["period_id"]: (row["employer"], row["ssin"]) for row in rows}
    return keys, {row["period_id"]: row["quota_account"] for row in rows if row["counted"]}


async def load_relations(tx: Transaction, keys: Collection[Key]) -> dict[Key, StoredRelation]:
    """Return these relations, as far as they exist, with all periods. Their workers must be locked."""
    columns = [employer for employer, _ in keys], [ssin for _, ssin in keys]
    periods: dict[Key, dict[int, Period]] = {}
    for row in await tx.connection.fetch(_PERIODS, *columns):
        periods.setdefault((row["employer"], row["ssin"]), {})[row["period_id"]] = _period(row)
    return {
        key: StoredRelation(
            Relation(*key, row["start_date"], row["end_date"], row["version"], periods.get(key, {})),
            Person.model_validate_json(row["worker"]),
            row["employer_id"],
        )
        for row in await tx.connection.fetch(_RELATIONS, *columns)
        for key in [(row["employer"], row["ssin"])]
    }


async def add_days(
    tx: Transaction, relations: dict[Key, StoredRelation], period_keys: dict[int, Key]
) -> None:
    """Add to the relations the daily registrations of these periods, canceled ones included."""
    if not period_keys:
        return
    days: dict[Key, dict[int, DailyRegistration]] = {}
    for row in await tx.connection.fetch(_DAYS, list(period_keys)):
        days.setdefault(period_keys[row["period_id"]], {})[row["registration_id"]] = _day(row)
    for key, of_relation in days.items():
        stored = relations[key]
        relations[key] = replace(stored, relation=replace(stored.relation, days=of_relation))


async def save_relations(tx: Transaction, relations: Collection[StoredRelation]) -> dict[Key, int]:
    """Save relations and return the public identifier of each."""
    rows = await tx.connection.fetch(
        _SAVE_RELATIONS,
        [stored.relation.employer for stored in relations],
        [stored.relation.ssin for stored in relations],
        [stored.employer_id for stored in relations],
        [stored.relation.start for stored in relations],
        [stored.relation.end for stored in relations],
        [stored.relation.version for stored in relations],
        [to_json(stored.worker) for stored in relations],
    )
    return {(row["employer"], row["ssin"]): row["relation_id"] for row in rows}


async def save_periods(tx: Transaction, owned: Sequence[tuple[Key, Period]]) -> None:
    """Save periods. Raises ExclusionViolationError when two with equal features overlap."""
    periods = [period for _, period in owned]
    intervals = [period.span.interval for period in periods]
    await tx.connection.execute(
        _SAVE_PERIODS,
        [period.id for period in periods],
        [employer for (employer, _), _ in owned],
        [ssin for (_, ssin), _ in owned],
        [FEATURES.dump_json(period.features).decode() for period in periods],
        [period.features.key for period in periods],
        [period.span.start for period in periods],
        [period.span.end for period in periods],
        [period.span.start_hour for period in periods],
        [period.span.end_hour for period in periods],
        [period.planned_hours for period in periods],
        [start for start, _ in intervals],
        [end for _, end in intervals],
        [period.canceled for period in periods],
        [period.locked for period in periods],
        [period.late for period in periods],
        [is_counted(period.features) for period in periods],
        [account(period.features, employer) for (employer, _), period in owned],
        [period.overlapping for period in periods],
        [period.planned_days for period in periods],
    )


async def append_history(tx: Transaction, changes: Sequence[Change]) -> None:
    """Append the events of these changes to the history."""
    await tx.connection.execute(
        _APPEND_HISTORY,
        [change.key[0] for change in changes],
        [change.key[1] for change in changes],
        [change.version for change in changes],
        [change.declaration_id for change in changes],
        [event_to_json(change.event) for change in changes],
        tx.now,
    )


def relation_row(stored: StoredRelation) -> dict[str, Any]:
    """Return the row of a relation, without its public identifier."""
    relation = stored.relation
    return {
        "employer": relation.employer,
        "ssin": relation.ssin,
        "employer_id": stored.employer_id,
        "start_date": relation.start,
        "end_date": relation.end,
        "version": relation.version,
        "worker": to_json(stored.worker),
    }


def period_row(key: Key, period: Period) -> dict[str, Any]:
    """Return the row of a period of a relation."""
    employer, ssin = key
    return {
        "period_id": period.id,
        "employer": employer,
        "ssin": ssin,
        "features": FEATURES.dump_json(period.features).decode(),
        "features_key": period.features.key,
        **_span_columns(period.span),
        "planned_hours": period.planned_hours,
        "canceled": period.canceled,
        "locked": period.locked,
        "late": period.late,
        "counted": is_counted(period.features),
        "quota_account": account(period.features, employer),
        "overlapping": period.overlapping,
        "planned_days": period.planned_days,
    }


def day_row(day: DailyRegistration) -> dict[str, Any]:
    """Return the row of a daily registration."""
    return {
        "registration_id": day.id,
        "period_id": day.period_id,
        **_span_columns(day.span),
        "canceled": day.canceled,
    }


def history_row(change: Change, now: datetime) -> dict[str, Any]:
    """Return the row of an event in the history."""
    return {
        "employer": change.key[0],
        "ssin": change.key[1],
        "version": change.version,
        "declaration_id": change.declaration_id,
        "event": event_to_json(change.event),
        "recorded_at": now,
    }


def _span_columns(span: Span) -> dict[str, Any]:
    first, last = span.interval
    return {
        "start_date": span.start,
        "end_date": span.end,
        "start_hour": span.start_hour,
        "end_hour": span.end_hour,
        "span": f"[{first},{'' if last is None else last})",
    }


def _period(row: Record) -> Period:
    return Period(
        row["period_id"],
        Span(row["start_date"], row["end_date"], row["start_hour"], row["end_hour"]),
        FEATURES.validate_json(row["features"]),
        row["planned_hours"],
        row["canceled"],
        row["locked"],
        row["late"],
        row["overlapping"],
        row["planned_days"],
    )


def _day(row: Record) -> DailyRegistration:
    span = Span(row["start_date"], row["end_date"], row["start_hour"], row["end_hour"])
    return DailyRegistration(row["registration_id"], row["period_id"], span, row["canceled"])
