"""Load the state that a batch needs in one statement, and save its result in another."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final

from pydantic_core import to_json

from services.personnel_file.relation.rules import Period, Relation
from services.personnel_file.relation.store import FEATURES, Key, StoredRelation
from services.personnel_file.settlement.rules.quota import UsageBook
from services.personnel_file.settlement.rules.quota_usage import UsageTotals, period_use, use_of_account
from shared.domain.daily import DailyRegistration
from shared.domain.declaration import Features, Span
from shared.messages import ChangeAdmitted, DeclarationDiscarded, IdentificationEnded, Outcome, Person
from shared.runtime.database import Transaction

SettleRequest = ChangeAdmitted | IdentificationEnded | DeclarationDiscarded
Waiting = tuple[int, str, str]  #: number, message type and unread data of a stored request that waits
Rows = Mapping[str, Sequence[Any]]  #: rows to save, by their name in the SQL function `save_settlement`
_KINDS: Final = {kind.TYPE: kind for kind in (ChangeAdmitted, IdentificationEnded, DeclarationDiscarded)}
#: The parts of a result that only the column `findings` keeps.
_FINDINGS: Final = {"anomalies", "quota", "daily_registration_id"}
_LOAD: Final = """
SELECT load_settlement($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS loaded,
    restored_at, least_version FROM epoch"""
_SAVE: Final = "SELECT save_settlement($1, $2)"


@dataclass(frozen=True, slots=True)
class Needs:
    """The keys of the rows that a batch needs."""

    order_keys: Collection[str]
    numbers: Collection[int]  #: of the declarations
    finals: Collection[int]  #: declarations with a result that the batch needs
    periods: Collection[int]
    updated_periods: Collection[int]
    registrations: Collection[int]
    periods_with_days: Collection[int]
    keys: Sequence[Key]  #: relations of identified workers
    counted_ssins: Collection[str]  #: workers with a new period that a quota counts
    accounts: Collection[str]
    provisional: Collection[int]
    days: Collection[date]  #: declared days of periods that a quota may count


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore of the database: its instant, and the least version of later changes of a relation."""

    at: datetime
    least_version: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """The stored state that a batch needs, under locks until the commit."""

    waiting: Sequence[Waiting] = ()
    people: Mapping[str, Person] = field(default_factory=dict)  #: person by former and current NISS
    definitive: Mapping[int, int] = field(default_factory=dict)  #: employer number by provisional one
    finals: Mapping[int, str] = field(default_factory=dict)
    day_periods: Mapping[int, int] = field(default_factory=dict)
    period_keys: Mapping[int, Key] = field(default_factory=dict)
    relations: Mapping[Key, StoredRelation] = field(default_factory=dict)
    relation_ids: Mapping[Key, int] = field(default_factory=dict)  #: also of new relations
    usage: UsageBook = field(default_factory=UsageBook)
    restore: Restore | None = None  #: the last restore of the database (ADR 38)


async def load_settlement(tx: Transaction, needs: Needs, *, stop_at_waiting: bool = False) -> Loaded:
    """Lock order keys, workers and quota accounts, and return the stored state of a batch.

    If `stop_at_waiting` is true and stored requests wait for a request of the batch, return only these
    stored requests, and lock no workers and no accounts.
    """
    row = await tx.connection.fetchrow(
        _LOAD,
        list(needs.order_keys),
        list(needs.numbers),
        list(needs.finals),
        list(needs.periods),
        list(needs.updated_periods),
        list(needs.registrations),
        list(needs.periods_with_days),
        [employer for employer, _ in needs.keys],
        [ssin for _, ssin in needs.keys],
        list(needs.counted_ssins),
        list(needs.accounts),
        list(needs.provisional),
        min(needs.days, default=None),
        max(needs.days, default=None),
        stop_at_waiting,
    )
    assert row is not None, "the epoch is one row"
    found: dict[str, list[Any] | None] = json.loads(row["loaded"])
    rows = {name: value or [] for name, value in found.items()}
    waiting = [(number, *message.partition("\n")[::2]) for number, message in rows["waiting"]]
    if len(rows) == 1:
        return Loaded(waiting)
    return Loaded(
        waiting,
        _people(rows["people"]),
        dict(rows["numbers"]),
        dict(rows["finals"]),
        dict(rows["day_owners"]),
        {period_id: (employer, ssin) for period_id, employer, ssin in rows["owners"]},
        _relations(rows),
        {(row[0], row[1]): row[2] for row in (*rows["relations"], *rows["new_ids"])},
        _usage(rows["worker_use"], rows["account_use"]),
        None if row["restored_at"] is None else Restore(row["restored_at"], row["least_version"]),
    )


async def save_settlement(tx: Transaction, rows: Rows, *, recover: bool = False) -> bool:
    """Save the rows of a batch. Return whether they are saved.

    If two periods or two days overlap, nothing is saved: return False with `recover`, and raise
    ExclusionViolationError without it.
    """
    saved = await tx.connection.fetchval(
        _SAVE, to_json({name: value for name, value in rows.items() if value}).decode(), recover
    )
    return saved is not None


def findings_of(outcome: Outcome) -> str | None:
    """Return anomalies, exceeded quotas and daily registration of a result as JSON; None without any."""
    found = outcome.model_dump_json(by_alias=True, exclude_defaults=True, include=_FINDINGS)
    return None if found == "{}" else found


def is_discard(waiting: Waiting) -> bool:
    """Return whether a request that waits is the discard of an operator."""
    _, type_, _ = waiting
    return type_ == DeclarationDiscarded.TYPE


def read_waiting(waiting: Iterable[Waiting]) -> list[SettleRequest]:
    """Return the waiting requests, read from their stored data.

    Raises:
        ValueError: This release cannot read one of them (pydantic's ValidationError included).
        KeyError: This release does not know the type of one of them.
    """
    return [_KINDS[type_].model_validate_json(data) for _, type_, data in waiting]


def _people(rows: Sequence[tuple[str, str, str]]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for ssin, in_force, worker in rows:
        people[ssin] = people[in_force] = Person.model_validate_json(worker)
    return people


def _relations(rows: Mapping[str, Sequence[Any]]) -> dict[Key, StoredRelation]:
    periods: dict[Key, dict[int, Period]] = {}
    owners: dict[int, Key] = {}
    for employer, ssin, id_, features, start, end, start_hour, end_hour, *rest in rows["periods"]:
        period = Period(id_, _span(start, end, start_hour, end_hour), _features(features), *rest)
        periods.setdefault((employer, ssin), {})[id_] = period
        owners[id_] = employer, ssin
    relations = {
        (employer, ssin): StoredRelation(
            Relation(
                employer, ssin, date.fromisoformat(start), end and date.fromisoformat(end), version,
                periods.get((employer, ssin), {}),
            ),
            Person.model_validate_json(worker),
            employer_id,
        )
        for employer, ssin, _, employer_id, start, end, version, worker in rows["relations"]
    }  # fmt: skip
    days: dict[Key, dict[int, DailyRegistration]] = {}
    for id_, period_id, start, end, start_hour, end_hour, canceled in rows["days"]:
        day = DailyRegistration(id_, period_id, _span(start, end, start_hour, end_hour), canceled)
        days.setdefault(owners[period_id], {})[id_] = day
    for key, of_relation in days.items():
        stored = relations[key]
        relations[key] = replace(stored, relation=replace(stored.relation, days=of_relation))
    return relations


def _usage(of_workers: Iterable[Any], of_accounts: Iterable[Any]) -> UsageBook:
    book = UsageBook()
    for ssin, features, start, end, end_hour, *planned in of_workers:
        use = period_use(_features(features), _span(start, end, None, end_hour), *planned)
        if use is not None:
            book.workers.setdefault(ssin, UsageTotals()).add(use)
    for account, day, periods in of_accounts:
        use = use_of_account(date.fromisoformat(day))
        book.accounts.setdefault(account, UsageTotals()).add(use, periods)
    return book


def _span(start: str, end: str | None, start_hour: str | None, end_hour: str | None) -> Span:
    return Span(
        date.fromisoformat(start),
        date.fromisoformat(end) if end else None,
        time.fromisoformat(start_hour) if start_hour else None,
        time.fromisoformat(end_hour) if end_hour else None,
    )


@lru_cache(maxsize=4096)  # most periods of a day have one of few sets of features
def _features(text: str) -> Features:
    return FEATURES.validate_json(text)
