"""A personnel file of a given size: rows with a realistic spread, written by COPY."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from services.personnel_file.relation.rules import PeriodOpened, event_to_json
from services.personnel_file.relation.store import FEATURES
from shared.domain.declaration import Features, Span
from shared.domain.quotas import account, is_counted
from tests.account_days import COUNTED

_FEATURES: Final = [
    Features(worker_type, joint_commission)
    for worker_type, joint_commission in (
        ("OTH", "200"), ("OTH", "140"), ("STU", "200"), ("FLX", "302"), ("EXT", "302"), ("OTH", "124"),
    )
]  # fmt: skip
#: Periods of one relation: most have one or two; occasional and agency workers have many.
_PERIODS_PER_RELATION: Final = (1, 1, 1, 1, 2, 2, 1, 3, 1, 1, 2, 1, 6, 1, 2, 1, 12)
_SPREAD_DAYS: Final = 5_500  #: up to half a year from now, so that some lie in the year of the load
_FIRST_DAY: Final = date.today() + timedelta(days=180 - _SPREAD_DAYS)  # noqa: DTZ011
_WORKERS: Final = 4_000_000
_BYTES: Final = 1 << 20
_PERIOD_COLUMNS: Final = "period_id, employer, ssin, features, features_key, start_date, end_date, span"
_WORKER: Final = '{"ssin": "%s", "familyName": "Janssens", "givenName": "Jan", "birthDate": "1980-05-17"}'
#: Indexes are built after the rows. The exclusion constraint would check each row again, for minutes: its
#: index does not take the rows, is built as a plain one, and the two then swap their files.
_BEFORE: Final = """
SET maintenance_work_mem = '1GB';
ALTER TABLE personnel_file.periods DROP CONSTRAINT IF EXISTS periods_employer_ssin_fkey;
DROP INDEX IF EXISTS personnel_file.periods_employer_ssin_idx;
UPDATE pg_index SET indisready = false WHERE indexrelid = 'personnel_file.periods_do_not_overlap'::regclass"""
_AFTER: Final = f"""
CREATE INDEX periods_employer_ssin_idx ON personnel_file.periods (employer, ssin);
ALTER TABLE personnel_file.periods ADD CONSTRAINT periods_employer_ssin_fkey FOREIGN KEY (employer, ssin)
    REFERENCES personnel_file.relations ON UPDATE CASCADE NOT VALID;
CREATE INDEX swapped ON personnel_file.periods USING gist (employer, ssin, features_key, span)
    WHERE (NOT canceled AND NOT overlapping);
UPDATE pg_class c SET relfilenode = o.relfilenode, relpages = o.relpages, reltuples = o.reltuples
    FROM pg_class o
    WHERE (c.oid, o.oid) IN (
        ('personnel_file.periods_do_not_overlap'::regclass, 'personnel_file.swapped'::regclass),
        ('personnel_file.swapped'::regclass, 'personnel_file.periods_do_not_overlap'::regclass));
UPDATE pg_index SET indisready = true WHERE indexrelid = 'personnel_file.periods_do_not_overlap'::regclass;
DROP INDEX personnel_file.swapped;
TRUNCATE personnel_file.account_days;
INSERT INTO personnel_file.account_days (account, day, periods) {COUNTED};
ANALYZE personnel_file.relations, personnel_file.periods, personnel_file.account_days;
ANALYZE personnel_file.history, personnel_file.settlements"""  # noqa: S608 - our own statement


@dataclass(frozen=True, slots=True)
class _Relation:
    nth: int
    employer: str
    ssin: str
    periods: int


async def fill(
    connection: Any, size: int, before: int, employers: Sequence[str], large: int, say: Callable[[str], None]
) -> None:
    """Fill the personnel file up to a number of periods.

    Args:
        connection: A connection of the superuser.
        size: The number of periods to reach.
        before: The number of periods of an earlier call.
        employers: The employers that the load declares for; the first has `large` workers at full size.
        large: The number of workers of the first employer.
        say: Prints progress.
    """
    await connection.execute(_BEFORE)
    for table, columns, rows in (
        ("relations", "employer, ssin, employer_id, start_date, end_date, version, worker", _relation_rows),
        ("periods", f"{_PERIOD_COLUMNS}, counted, quota_account", _period_rows),
        ("history", "employer, ssin, version, declaration_id, event, recorded_at", _history_rows),
        ("settlements", "declaration_id, result, period_id, settled_at", _settlement_rows),
    ):  # fmt: skip
        await connection.copy_to_table(
            table,
            source=_chunks(rows(_relations(size, before, employers[0], large))),
            columns=columns.split(", "),
            schema_name="personnel_file",
            timeout=None,
        )
        say(f"{table}: filled for {size:,} periods")
    for statement in _AFTER.split(";\n"):
        await connection.execute(statement, timeout=3_600)
    say("indexes and statistics are there")


def _relations(size: int, before: int, employer: str, large: int) -> Iterator[_Relation]:
    """Yield relations with all periods from `before` to `size`: few large employers, many small ones."""
    made, nth = before, before * 2
    of_large = 0
    while made < size:
        periods = min(_PERIODS_PER_RELATION[nth % len(_PERIODS_PER_RELATION)], size - made)
        if of_large < large and nth % 5 == 0:
            of_large += 1
            name = employer
        else:
            # The larger the number, the more relations share it: about 1 in 1,000 employers has thousands.
            name = f"{10**9 + int(200_000 * ((nth * 2_654_435_761 % 2**32) / 2**32) ** 4):010}"
        yield _Relation(made, name, f"{10**10 + (nth * 7_919) % (_WORKERS * 100):011}", periods)
        made += periods
        nth += 1


def _days(relation: _Relation, n: int) -> tuple[date, date]:
    start = _FIRST_DAY + timedelta(days=(relation.nth * 13 + n * 31) % _SPREAD_DAYS)
    return start, start + timedelta(days=relation.nth % 28)


def _features(relation: _Relation) -> Features:
    return _FEATURES[relation.nth % 7 % len(_FEATURES)]


def _relation_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        first, last = _days(relation, 0)
        yield (
            f"{relation.employer}\t{relation.ssin}\t1\t{first}\t{last}\t{relation.periods}\t"
            f"{_WORKER % relation.ssin}\n"
        )


def _period_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    texts = {features: (FEATURES.dump_json(features).decode(), features.key) for features in _FEATURES}
    for relation in relations:
        features = _features(relation)
        text, key = texts[features]
        counted = "t" if is_counted(features) else "f"
        quota_account = account(features, relation.employer) or "\\N"
        for n in range(relation.periods):
            first, last = _days(relation, n)
            yield (
                f"{relation.nth + n + 1}\t{relation.employer}\t{relation.ssin}\t{text}\t{key}\t"
                f"{first}\t{last}\t[{first},{last + timedelta(days=1)})\t{counted}\t{quota_account}\n"
            )


def _history_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        features = _features(relation)
        text = event_to_json(PeriodOpened(1, Span(*_days(relation, 0)), features))
        for n in range(relation.periods):
            yield (
                f"{relation.employer}\t{relation.ssin}\t{n + 1}\t{relation.nth + n + 1}\t{text}\t"
                f"{_days(relation, n)[0]}\n"
            )


def _settlement_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        for n in range(relation.periods):
            yield f"{relation.nth + n + 1}\tA\t{relation.nth + n + 1}\t{_days(relation, n)[0]}\n"


async def _chunks(rows: Iterator[str]) -> AsyncIterator[bytes]:
    buffer: list[str] = []
    size = 0
    for row in rows:
        buffer.append(row)
        size += len(row)
        if size >= _BYTES:
            yield "".join(buffer).encode()
            buffer, size = [], 0
            await asyncio.sleep(0)
    yield "".join(buffer).encode()
