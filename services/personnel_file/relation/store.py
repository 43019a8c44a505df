"""The tables of relations, periods, daily registrations and history, and the locks for changing them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from services.personnel_file.relation.rules import Event, OfRelation, Period, Relation, event_to_json
from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span
from shared.domain.quotas import account, is_counted
from shared.messages import Person, to_json
from shared.runtime.database import Lock, Record, Transaction

Key = tuple[str, str]  #: enterprise number of the employer and NISS; together they identify a relation

#: Takes all locks of a set in one order, by class and hash, so that no deadlock can occur (decision D7).
LOCK: Final = """
SELECT pg_advisory_xact_lock(c, h) FROM (
    SELECT DISTINCT c, hashtext(k) AS h FROM unnest($1::int[], $2::text[]) AS n (c, k) ORDER BY c, h) AS l"""
_OWNERS: Final = """
SELECT period_id, employer, ssin::text, counted, quota_account FROM periods
WHERE period_id = ANY($1::bigint[])"""
_RELATIONS: Final = """
SELECT r.employer, r.ssin::text, r.employer_id, r.start_date, r.end_date,
    greatest(r.version, (SELECT least_version FROM epoch)) AS version, r.worker
FROM unnest($1::text[], $2::bpchar[]) AS k (employer, ssin) JOIN relations r USING (employer, ssin)"""
_PERIODS: Final = """
SELECT p.employer, p.ssin::text, p.period_id, p.features, p.start_date, p.end_date, p.start_hour, p.end_hour,
       p.planned_hours, p.canceled, p.locked, p.late, p.overlapping, p.planned_days
FROM unnest($1::text[], $2::bpchar[]) AS k (employer, ssin) JOIN periods p USING (employer, ssin)"""
_SAVE_RELATIONS: Final = """
UPDATE relations r SET end_date = n.end_date, version = n.version, worker = n.worker
FROM jsonb_populate_recordset(NULL::relations, $1::jsonb) AS n
WHERE (r.employer, r.ssin) = (n.employer, n.ssin)
RETURNING r.employer, r.ssin::text, r.relation_id"""
_DAYS: Final = """
SELECT registration_id, period_id, start_date, end_date, start_hour, end_hour, canceled
FROM daily_registrations WHERE period_id = ANY($1::bigint[])"""
_APPEND_HISTORY: Final = """
INSERT INTO history (employer, ssin, version, declaration_id, event, recorded_at, period_id)
SELECT employer, ssin, version, declaration_id, event, recorded_at, period_id
FROM jsonb_populate_recordset(NULL::history, $1::jsonb)"""

FEATURES: Final = TypeAdapter(Features)


@dataclass(frozen=True, slots=True)
class StoredRelation:
    """A relation with the latest data of its worker and the NSSO or provisional number of its employer."""

    relation: Relation
    worker: Person
    employer_id: int

    @property
    def key(self) -> Key:
        """The key of the relation: enterprise number of the employer, and NISS."""
        return self.relation.employer, self.relation.ssin


@dataclass(frozen=True, slots=True)
class Change:
    """One event of one relation, and the declaration that caused it."""

    key: Key
    version: int
    declaration_id: int | None  #: None where no declaration caused it
    event: Event


async def lock_workers(tx: Transaction, ssins: Collection[str], accounts: Collection[str] = ()) -> None:
    """Lock these workers and these quota accounts of enterprises until the commit.

    The lock of a worker covers all relations and quotas of the worker.
    """
    classes = [Lock.WORKERS] * len(ssins) + [Lock.ACCOUNTS] * len(accounts)
    await tx.connection.execute(LOCK, classes, [*ssins, *accounts])


async def load_owners(
    tx: Transaction, period_ids: Collection[int]
) -> tuple[dict[int, Key], dict[int, str | None]]:
    """Return the relation key of each of these periods, and the quota account of each counted period.

    A counted period is one that a quota counts. Its account is the enterprise with a quota of its own, or
    None if only the worker has a quota. Unknown periods are absent. No declaration changes key or account of
    a period, so both are read before the workers are locked.
    """
    rows = await tx.connection.fetch(_OWNERS, list(period_ids)) if period_ids else []
    keys = {row["period_id"]: (row["employer"], row["ssin"]) for row in rows}
    return keys, {row["period_id"]: row["quota_account"] for row in rows if row["counted"]}


async def load_relations(tx: Transaction, keys: Collection[Key]) -> dict[Key, StoredRelation]:
    """Return the relations that exist with these keys, with all periods and no daily registrations.

    Lock the workers, or stop all settlement, before the call.
    """
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
    """Load the daily registrations of these periods, also canceled ones, and add them to `relations`.

    `period_keys` has the key of the relation of each period.
    """
    if not period_keys:
        return
    days: dict[Key, dict[int, DailyRegistration]] = {}
    for row in await tx.connection.fetch(_DAYS, list(period_keys)):
        days.setdefault(period_keys[row["period_id"]], {})[row["registration_id"]] = _day(row)
    for key, of_relation in days.items():
        stored = relations[key]
        relations[key] = replace(stored, relation=replace(stored.relation, days=of_relation))


async def save_relations(tx: Transaction, relations: Collection[StoredRelation]) -> dict[Key, int]:
    """Save the changes of existing relations, and return the public identifier of each by its key."""
    given = [relation_row(stored) for stored in relations]
    rows = await tx.connection.fetch(_SAVE_RELATIONS, json.dumps(given, default=str))
    return {(row["employer"], row["ssin"]): row["relation_id"] for row in rows}


async def append_history(tx: Transaction, changes: Sequence[Change]) -> None:
    """Append the events of these changes to the history."""
    given = [history_row(change, tx.now) for change in changes]
    await tx.connection.execute(_APPEND_HISTORY, json.dumps(given, default=str))


def relation_row(stored: StoredRelation) -> dict[str, Any]:
    """Return the row of the table `relations` for a relation, without its public identifier."""
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
    """Return the row of the table `periods` for a period; `key` is the key of its relation."""
    employer, ssin = key
    user = period.features.using_employer
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
        "sub_entity": period.features.sub_entity,
        "user_number": None if user is None else user.enterprise_number,
    }


def day_row(day: DailyRegistration) -> dict[str, Any]:
    """Return the row of the table `daily_registrations` for a daily registration."""
    return {
        "registration_id": day.id,
        "period_id": day.period_id,
        **_span_columns(day.span),
        "canceled": day.canceled,
    }


def history_row(change: Change, now: datetime) -> dict[str, Any]:
    """Return the row of the table `history` for an event; `now` is the instant of the transaction."""
    return {
        "employer": change.key[0],
        "ssin": change.key[1],
        "version": change.version,
        "declaration_id": change.declaration_id,
        "event": event_to_json(change.event),
        "recorded_at": now,
        "period_id": None if isinstance(change.event, OfRelation) else change.event.period_id,
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
