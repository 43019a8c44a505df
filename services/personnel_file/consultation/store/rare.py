"""Rare criteria of a search: criteria that few rows of an employer meet.

A search with a rare criterion reads only the rows that meet this criterion (ADR 23).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from services.personnel_file.consultation.rules import Level, Query
from shared.runtime.database import Transaction

#: A criterion is rare if at most this number of rows meet it. Reading them costs no more than any other page.
MOST_RARE: Final = 2_000
#: The conditions on periods, each behind an index. $1 employer, $2 rows at most, then the values.
_OF_PERIODS: Final[Mapping[str, str]] = {
    "late": "late",
    "locked": "locked",
    "quota_exceeded": "quota_exceeded",
    "canceled": "canceled",
    "sub_entity": "sub_entity = $3::text",
    "user_undertaking": "user_number = $3::text",
}
#: A relation and its periods have different days, so this is a condition on the row of the level.
_START: Final = "start_date BETWEEN $3::date AND $4::date"
_PERIODS: Final = """
SELECT array_agg(period_id)
FROM (SELECT period_id FROM periods WHERE employer = $1 AND {} LIMIT $2) AS p"""
_RELATIONS: Final = """
SELECT array_agg(r.relation_id)
FROM (SELECT ssin FROM periods WHERE employer = $1 AND {} LIMIT $2) AS p
JOIN relations r ON r.employer = $1 AND r.ssin = p.ssin"""
_NAMED: Final = """
FROM (
    SELECT employer, ssin, relation_id FROM relations
    WHERE employer = $1 AND lower(worker::json ->> 'familyName') COLLATE "C" >= lower($3::text)
        AND lower(worker::json ->> 'familyName') COLLATE "C" < lower($3::text) || chr(1114111)
    LIMIT $2) AS r"""
#: A period without an end ends after every day.
_END: Final = """
SELECT array_agg(period_id) FROM (
    SELECT period_id FROM periods WHERE employer = $1 AND end_date BETWEEN $3::date AND $4::date
    UNION ALL SELECT period_id FROM periods WHERE employer = $1 AND end_date IS NULL AND $5::boolean
    LIMIT $2) AS p"""
RARE: Final[Mapping[tuple[Level, str], str]] = {
    **{(Level.PERIOD, name): _PERIODS.format(condition) for name, condition in _OF_PERIODS.items()},
    **{(Level.RELATION, name): _RELATIONS.format(condition) for name, condition in _OF_PERIODS.items()},
    # A relation without periods counts as a row, so that the limit on relations shows in the number of rows.
    (Level.PERIOD, "family_name"): f"""
SELECT array_agg(p.period_id) FROM (
    SELECT p.period_id {_NAMED} LEFT JOIN periods p ON p.employer = r.employer AND p.ssin = r.ssin
    LIMIT $2) AS p""",  # noqa: S608 - constants
    (Level.RELATION, "family_name"): f"SELECT array_agg(relation_id) {_NAMED}",
    (Level.PERIOD, "start"): _PERIODS.format(_START),
    (Level.RELATION, "start"): f"""
SELECT array_agg(relation_id)
FROM (SELECT relation_id FROM relations WHERE employer = $1 AND {_START} LIMIT $2) AS r""",  # noqa: S608
    (Level.PERIOD, "end"): _END,
}


async def load_rare(tx: Transaction, query: Query) -> list[int] | None:
    """Return the numbers of all rows of the employer that meet the first rare criterion of the query.

    A criterion is rare if at most MOST_RARE rows of the employer meet it. Return None if the query gives no
    criterion that can be rare, or if more than MOST_RARE rows meet each given criterion. The numbers are in
    no order, and may be repeated.
    """
    for name, values in _rare(query):
        statement = RARE.get((query.level, name))
        if statement is not None:
            found = await tx.connection.fetchval(statement, query.criteria.employer, MOST_RARE + 1, *values)
            if found is None or len(found) <= MOST_RARE:
                return [number for number in found or () if number is not None]
    return None


def _rare(query: Query) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the name and the SQL values of each given criterion that can be rare."""
    criteria = query.criteria
    for name in ("late", "locked", "quota_exceeded"):
        if getattr(criteria, name):
            yield name, ()
    if criteria.status == ("CANCELLED",):
        yield "canceled", ()
    for name in ("sub_entity", "user_undertaking", "family_name"):
        if (value := getattr(criteria, name)) is not None:
            yield name, (value,)
    if query.starts != (date.min, date.max):
        yield "start", query.starts
    ends = [day for day in (criteria.end_from, criteria.active_from) if day is not None]
    if ends or criteria.end_until is not None:
        open_ones = criteria.end_from is None and criteria.end_until is None
        yield "end", (max(ends, default=date.min), criteria.end_until or date.max, open_ones)
