"""The SQL statements of searches: constants, joined from tables of fragments when the module is loaded.

No statement is built for a request. Each statement reads the rows of one source in the order of an index, and
applies the criteria only to these rows. It reads at most one window: a limited number of rows. So there is
only one possible plan (ADR 23).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Final

from services.personnel_file.consultation.rules import Level, Order, Source

#: Criterion → its SQL type and its condition on w, the row of the level: a relation or a period.
_OF_ROW: Final[Mapping[str, tuple[str, str]]] = {
    "employer": ("text", "w.employer = c.employer"),
    "worker": ("text[]", "w.ssin = ANY(c.worker::bpchar[])"),
    "relation": ("bigint", "{relation} = c.relation"),
    "family_name": ("text", "starts_with(lower({worker} ->> 'familyName'), lower(c.family_name))"),
    "given_name": ("text", "starts_with(lower({worker} ->> 'givenName'), lower(c.given_name))"),
    "active_from": ("date", "NOT w.canceled AND coalesce(w.end_date, 'infinity') >= c.active_from"),
    "active_until": ("date", "NOT w.canceled AND w.start_date <= c.active_until"),
    "start_from": ("date", "w.start_date >= c.start_from"),
    "start_until": ("date", "w.start_date <= c.start_until"),
    "end_from": ("date", "w.end_date >= c.end_from"),
    "end_until": ("date", "w.end_date <= c.end_until"),
    "moved": ("date[]", "daterange(c.moved[1], c.moved[2], '[]') @> ANY(ARRAY[w.start_date, w.end_date])"),
}
#: Criterion → its SQL type and its condition on {p}, a period.
_OF_PERIOD: Final[Mapping[str, tuple[str, str]]] = {
    "period": ("bigint", "{p}.period_id = c.period"),
    "received_from": ("date", "{p}.received_on >= c.received_from"),
    "received_until": ("date", "{p}.received_on <= c.received_until"),
    "joint_commission": ("text[]", "{p}.features::json ->> 'joint_commission' = ANY(c.joint_commission)"),
    "worker_type": ("text[]", "{p}.features::json ->> 'worker_type' = ANY(c.worker_type)"),
    "sub_entity": ("text", "{p}.sub_entity = c.sub_entity"),
    "user_undertaking": ("text", "{p}.user_number = c.user_undertaking"),
    "status": ("text[]", "{status} = ANY(c.status)"),
    "late": ("boolean", "{p}.late = c.late"),
    "locked": ("boolean", "{p}.locked = c.locked"),
    "quota_exceeded": ("boolean", "coalesce({p}.quota_exceeded, false) = c.quota_exceeded"),
    "planned_hours_from": ("int", "{p}.planned_hours >= c.planned_hours_from"),
    "planned_hours_until": ("int", "{p}.planned_hours <= c.planned_hours_until"),
    "has_days": (
        "boolean",
        "c.has_days = EXISTS ({days})",
    ),
}
CRITERIA: Final[Mapping[str, tuple[str, str]]] = {**_OF_ROW, **_OF_PERIOD}
_OF_RELATION: Final = "FROM relations r WHERE r.employer = w.employer AND r.ssin = w.ssin"
_PARTS: Final[Mapping[str, str]] = {
    "status": "CASE WHEN {p}.canceled THEN 'CANCELLED'"
    " WHEN {p}.end_date IS NULL THEN 'OPEN' ELSE 'CLOSED' END",
    "days": "SELECT FROM daily_registrations d WHERE d.period_id = {p}.period_id AND NOT d.canceled",
}
#: The facts of the relation, by the level of the row.
_RELATIONS: Final[Mapping[Level, Mapping[str, str]]] = {
    Level.PERIOD: {
        "relation": f"(SELECT r.relation_id {_OF_RELATION})",
        "worker": f"(SELECT r.worker::json {_OF_RELATION})",
    },
    Level.RELATION: {"relation": "w.relation_id", "worker": "w.worker::json"},
}


def _conditions(table: Mapping[str, tuple[str, str]], level: Level) -> str:
    """Return the SQL condition for all criteria of a table.

    A criterion that is null in the request is met by every row.
    """
    p = "w" if level is Level.PERIOD else "p"
    parts = {**_RELATIONS[level], **{name: part.format(p=p) for name, part in _PARTS.items()}}
    return "\n    AND ".join(
        f"(c.{name} IS NULL OR {condition.format(p=p, **parts)})" for name, (_, condition) in table.items()
    )


_FILTERS: Final[Mapping[Level, str]] = {
    Level.PERIOD: _conditions(CRITERIA, Level.PERIOD),
    # A relation without periods gave them to the relation under the NISS in force: it is not found.
    Level.RELATION: (
        f"{_conditions(_OF_ROW, Level.RELATION)}\n    AND EXISTS (\n    SELECT FROM periods p "
        "WHERE p.employer = w.employer AND p.ssin = w.ssin\n"
        f"    AND {_conditions(_OF_PERIOD, Level.RELATION)})"
    ),
}
#: The rows of each source, by its value $2. OFFSET 0 keeps the planner from walking another index.
_SOURCES: Final[Mapping[Source, str]] = {
    Source.NUMBER: "{n} = $2::bigint OFFSET 0",
    Source.FILE: "employer = ($2::text[])[1] AND ssin = ANY(($2::text[])[2:]::bpchar[]) OFFSET 0",
    Source.WORKER: "ssin = ANY($2::bpchar[]) OFFSET 0",
    Source.EMPLOYER: "employer = $2::text",
    Source.RARE: "{n} = ANY($2::bigint[]) OFFSET 0",
}
_TABLES: Final[Mapping[Level, str]] = {
    Level.PERIOD: "SELECT * FROM periods WHERE ",
    Level.RELATION: "SELECT *, false AS canceled FROM relations WHERE ",
}
#: Order → the rows after a place ($3 and $4), the order, and its reverse.
_ORDERS: Final[Mapping[Order, tuple[str, str, str]]] = {
    Order.NUMBER: ("$3::date IS NOT NULL AND {n} > $4::bigint", "{n}", "{n} DESC"),
    Order.START: (
        "(start_date, {n}) > ($3::date, $4::bigint)", "start_date, {n}", "start_date DESC, {n} DESC",
    ),
    Order.LATEST: (
        "(start_date, {n}) < ($3::date, $4::bigint)", "start_date DESC, {n} DESC", "start_date, {n}",
    ),
}  # fmt: skip
_NUMBERS: Final[Mapping[Level, str]] = {Level.PERIOD: "period_id", Level.RELATION: "relation_id"}
_ROWS: Final[Mapping[Level, str]] = {
    Level.PERIOD: """SELECT w.*, r.relation_id, r.employer_id, r.worker FROM found w CROSS JOIN LATERAL (
        SELECT * FROM relations r WHERE r.employer = w.employer AND r.ssin = w.ssin LIMIT 1) AS r""",
    # The start of a relation is the first that was declared (decision D32); a later IN may begin earlier.
    Level.RELATION: """SELECT w.*, (SELECT min(p.start_date) FROM periods p
        WHERE p.employer = w.employer AND p.ssin = w.ssin AND NOT p.canceled) AS earliest_start
        FROM found w""",
}
#: Rights are checked before the window is cut. So neither `next` nor the time of an answer shows whether
#: there are rows of employers that the caller may not see.
#: $1 criteria, $5 rows of the window, $6 rows to return, $7 organizations of the caller (null: it sees all
#: employers), $8 the quarter in which a mandate must be in force.
_CRITERIA: Final = "c AS MATERIALIZED (SELECT * FROM json_to_record($1::text::json) AS c ({types}))"
_WINDOW: Final = """FROM ({source}) AS p WHERE {after}
    AND ($7::text[] IS NULL OR p.employer = ANY($7::text[]) OR EXISTS (
        SELECT FROM access.mandates m WHERE m.mandator = p.employer AND m.mandatary = ANY($7::text[])
            AND m.application_group = 'dimona'
            AND m.begin_quarter <= $8::text AND (m.end_quarter IS NULL OR m.end_quarter >= $8::text)))
    ORDER BY {order} LIMIT $5::int"""
#: A full page ends the reading of its window. The edge is read only if the next window begins there.
_FIND: Final = f"""
WITH {_CRITERIA},
seen AS MATERIALIZED (SELECT * {_WINDOW}),
found AS MATERIALIZED (
    SELECT w.* FROM seen w CROSS JOIN c
    WHERE {{filter}}
    ORDER BY {{order}} LIMIT $6::int)
SELECT e.examined, g.edge_day, g.edge_number, f.*, EXISTS (
    SELECT FROM periods p WHERE p.employer = f.employer AND p.ssin = f.ssin AND NOT p.canceled) AS live
FROM (
    SELECT CASE WHEN (SELECT count(*) FROM found) < $6::int
        THEN (SELECT count(*) FROM seen) END::int AS examined) AS e
    LEFT JOIN LATERAL (
        SELECT start_date AS edge_day, {{n}} AS edge_number FROM seen WHERE e.examined = $5::int
        ORDER BY {{reverse}} LIMIT 1) AS g ON true
    LEFT JOIN ({{rows}}) AS f ON true
ORDER BY {{order}}"""  # noqa: S608 - constants
_COUNT: Final = f"""
WITH {_CRITERIA},
found AS MATERIALIZED (
    SELECT count(*)::int AS found FROM (
        SELECT FROM (SELECT * {_WINDOW}) AS w CROSS JOIN c
        WHERE {{filter}} LIMIT $6::int) AS f)
SELECT found,
    CASE WHEN found < $6::int THEN (SELECT count(*) FROM (SELECT {_WINDOW}) AS s) END::int AS examined
FROM found"""  # noqa: S608 - constants


def _statement(end: str, level: Level, source: Source, order: Order) -> str:
    after, ordered, reverse = (part.format(n=_NUMBERS[level]) for part in _ORDERS[order])
    return end.format(
        types=", ".join(f"{name} {type_}" for name, (type_, _) in CRITERIA.items()),
        source=_TABLES[level] + _SOURCES[source].format(n=_NUMBERS[level]),
        after=after,
        order=ordered,
        reverse=reverse,
        filter=_FILTERS[level],
        rows=_ROWS[level],
        n=_NUMBERS[level],
    )


#: The statement of one window, by level, source and order.
FIND: Final[Mapping[tuple[Level, Source, Order], str]] = {
    key: _statement(_FIND, *key) for key in product(Level, Source, Order)
}
#: The statement that counts the rows of one window.
COUNT: Final[Mapping[tuple[Level, Source], str]] = {
    key: _statement(_COUNT, *key, Order.NUMBER) for key in product(Level, Source)
}
