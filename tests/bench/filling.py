"""A personnel file of a given size: rows with a realistic spread, written by COPY."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from services.personnel_file.relation.rules import PeriodOpened, event_to_json
from services.personnel_file.relation.store import FEATURES
from shared.domain.declaration import Features, Span, User
from shared.domain.quotas import account, is_counted
from tests.account_days import COUNTED

_FEATURES: Final = [
    Features(worker_type, joint_commission)
    for worker_type, joint_commission in (
        ("OTH", "200"), ("OTH", "140"), ("STU", "200"), ("FLX", "302"), ("EXT", "302"), ("OTH", "124"),
    )
]  # fmt: skip
#: One relation in eleven is of an agency worker.
_AGENCY: Final = Features("OTH", "322", None, User("200", "0400767772"))
_NAMES: Final = (
    "Janssens", "Peeters", "Maes", "Jacobs", "Mertens", "Willems", "Claes", "Goossens", "Wouters", "De Smet",
    "Dubois",
)  # fmt: skip
#: Every so many relations have a name that few have.
_RARE_NAME: Final = 5_003
#: Periods of one relation: most have one or two; occasional and agency workers have many.
_PERIODS_PER_RELATION: Final = (1, 1, 1, 1, 2, 2, 1, 3, 1, 1, 2, 1, 6, 1, 2, 1, 12)
_SPREAD_DAYS: Final = 5_500  #: up to half a year from now, so that some lie in the year of the load
_FIRST_DAY: Final = date.today() + timedelta(days=180 - _SPREAD_DAYS)  # noqa: DTZ011
_WORKERS: Final = 4_000_000
_BYTES: Final = 1 << 20
#: Stand for the number, the start and the end of a period in the text of its event.
_NUMBER, _FIRST, _LAST = 999_999_999_999, date(1111, 1, 1), date(2222, 2, 2)
_NULL: Final = "\\N"
_COLUMNS: Final = {
    "relations": "employer, ssin, employer_id, start_date, end_date, version, worker",
    "periods": "period_id, employer, ssin, features, features_key, start_date, end_date, span, counted, "
    "quota_account, canceled, late, locked, quota_exceeded, received_on, sub_entity, user_number",
    "history": "employer, ssin, version, declaration_id, event, recorded_at, period_id",
    "settlements": "declaration_id, result, period_id, settled_at",
}
_WORKER: Final = '{"ssin": "%s", "familyName": "%s", "givenName": "Jan", "birthDate": "1980-05-17"}'
#: Indexes are built after the rows. The exclusion constraint would check each row again, for minutes: its
#: index does not take the rows, is built as a plain one, and the two then swap their files.
_BEFORE: Final = """
SET maintenance_work_mem = '1GB';
ALTER TABLE personnel_file.periods DROP CONSTRAINT IF EXISTS periods_employer_ssin_fkey;
UPDATE pg_index SET indisready = false WHERE indexrelid = 'personnel_file.periods_do_not_overlap'::regclass"""
#: The indexes that belong to no constraint.
_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid IN ('personnel_file.relations'::regclass, 'personnel_file.periods'::regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"""
_AFTER: Final = f"""
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
    connection: Any,
    size: int,
    before: int,
    employers: Sequence[str],
    large: int,
    say: Callable[[str], None],
    tables: Collection[str] = tuple(_COLUMNS),
    one_in: int = 5,
) -> None:
    """Fill the personnel file up to a number of periods.

    Args:
        connection: A connection of the superuser.
        size: The number of periods to reach.
        before: The number of periods of an earlier call.
        employers: The employers that the load declares for; the first has `large` workers at full size.
        large: The number of workers of the first employer.
        say: Prints progress.
        tables: The tables to fill.
        one_in: One in so many relations is of the first employer, until it has its workers.
    """
    await connection.execute(_BEFORE)
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for table in tables:
        await connection.copy_to_table(
            table,
            source=_chunks(_ROWS[table](_relations(size, before, employers[0], large, one_in))),
            columns=_COLUMNS[table].split(", "),
            schema_name="personnel_file",
            timeout=None,
        )
        say(f"{table}: filled for {size:,} periods")
    for statement in (*(index["definition"] for index in indexes), *_AFTER.split(";\n")):
        await connection.execute(statement, timeout=3_600)
    say("indexes and statistics are there")


def _relations(size: int, before: int, employer: str, large: int, one_in: int) -> Iterator[_Relation]:
    """Yield relations with all periods from `before` to `size`: few large employers, many small ones."""
    made, nth = before, before * 2
    of_large = 0
    while made < size:
        periods = min(_PERIODS_PER_RELATION[nth % len(_PERIODS_PER_RELATION)], size - made)
        if of_large < large and nth % one_in == 0:
            of_large += 1
            name = employer
        else:
            # The larger the number, the more relations share it: about 1 in 1,000 employers has thousands.
            body = 10**7 + int(200_000 * ((nth * 2_654_435_761 % 2**32) / 2**32) ** 4)
            name = f"{body}{97 - body % 97:02}"
        yield _Relation(made, name, _ssin(nth), periods)
        made += periods
        nth += 1


def _ssin(nth: int) -> str:
    """Return a valid NISS: twelve months of 28 days and 71 years, and 900 persons of one birthday."""
    serial = nth * 7_919 % (12 * 28 * 71 * 900)
    day, order = divmod(serial, 900)
    year, of_year = divmod(day, 12 * 28)
    body = f"{20 + year:02}{1 + of_year // 28:02}{1 + of_year % 28:02}{1 + order:03}"
    return f"{body}{97 - int(body) % 97:02}"


def _days(relation: _Relation, n: int) -> tuple[date, date]:
    start = _FIRST_DAY + timedelta(days=(relation.nth * 13 + n * 31) % _SPREAD_DAYS)
    return start, start + timedelta(days=relation.nth % 28)


def _features(relation: _Relation) -> Features:
    return _AGENCY if relation.nth % 11 == 0 else _FEATURES[relation.nth % 7 % len(_FEATURES)]


def _name(relation: _Relation) -> str:
    return "Zwaenepoel" if relation.nth % _RARE_NAME == 0 else _NAMES[relation.nth % 13 % len(_NAMES)]


def _relation_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        first, last = _days(relation, 0)
        yield (
            f"{relation.employer}\t{relation.ssin}\t1\t{first}\t{last}\t{relation.periods}\t"
            f"{_WORKER % (relation.ssin, _name(relation))}\n"
        )


def _period_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    texts = {
        features: (FEATURES.dump_json(features).decode(), features.key) for features in (*_FEATURES, _AGENCY)
    }
    for relation in relations:
        features = _features(relation)
        text, key = texts[features]
        counted = "t" if is_counted(features) else "f"
        quota_account = account(features, relation.employer) or _NULL
        user = features.using_employer.enterprise_number if features.using_employer is not None else _NULL
        for n in range(relation.periods):
            first, last = _days(relation, n)
            nth = relation.nth + n + 1
            # One in nine is open, in 23 canceled, in 37 late; fewer have the other facts.
            end, after = (_NULL, "") if nth % 9 == 0 and counted == "f" else (last, last + timedelta(days=1))
            yield (
                f"{nth}\t{relation.employer}\t{relation.ssin}\t{text}\t{key}\t"
                f"{first}\t{end}\t[{first},{after})\t{counted}\t{quota_account}\t"
                f"{nth % 23 == 0}\t{nth % 37 == 0}\t{nth % 1_009 == 0}\t{nth % 211 == 0}\t"
                f"{first - timedelta(days=1)}\t{nth % 7 if nth % 503 == 0 else _NULL}\t{user}\n"
            )


def _history_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        features = _features(relation)
        text = event_to_json(PeriodOpened(_NUMBER, Span(_FIRST, _LAST), features))
        for n in range(relation.periods):
            (first, last), nth = _days(relation, n), relation.nth + n + 1
            event = text.replace(str(_NUMBER), str(nth)).replace(str(_FIRST), str(first))
            yield (
                f"{relation.employer}\t{relation.ssin}\t{n + 1}\t{nth}\t"
                f"{event.replace(str(_LAST), str(last))}\t{first - timedelta(days=1)}\t{nth}\n"
            )


def _settlement_rows(relations: Iterator[_Relation]) -> Iterator[str]:
    for relation in relations:
        for n in range(relation.periods):
            yield f"{relation.nth + n + 1}\tA\t{relation.nth + n + 1}\t{_days(relation, n)[0]}\n"


_ROWS: Final[Mapping[str, Callable[[Iterator[_Relation]], Iterator[str]]]] = {
    "relations": _relation_rows,
    "periods": _period_rows,
    "history": _history_rows,
    "settlements": _settlement_rows,
}


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
