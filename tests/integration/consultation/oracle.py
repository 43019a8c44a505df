"""A personnel file of random rows, and a search in it by brute force."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from services.personnel_file.consultation.rules import Level, Order
from services.personnel_file.relation.store import FEATURES
from shared.domain.calendar import BRUSSELS
from shared.domain.declaration import Features, User

EMPLOYERS: Final = ("0400000001", "0400000002", "0400000003")
FIRST: Final = date(2024, 1, 1)
_DAYS: Final = 400
_NAMES: Final = ("Janssens", "jansen", "Émile", "De Smet", "Dubois")
_USERS: Final = (None, User("124", "0400000009", "USER"), User("200", "0400000008", "OTHER"))


@dataclass(frozen=True)
class Period:
    """One period with the facts that a search can ask about."""

    number: int
    employer: str
    ssin: str
    features: Features
    start: date
    end: date | None
    planned_hours: int | None
    canceled: bool
    locked: bool
    late: bool
    has_days: bool
    received: datetime | None
    quota_exceeded: bool | None

    @property
    def status(self) -> str:
        """Return the state on the wire."""
        return "CANCELLED" if self.canceled else "OPEN" if self.end is None else "CLOSED"

    @property
    def received_on(self) -> date | None:
        """Return the Belgian day of reception."""
        return None if self.received is None else self.received.astimezone(BRUSSELS).date()


@dataclass(frozen=True)
class Relation:
    """One relation with its periods."""

    number: int
    employer: str
    ssin: str
    family_name: str
    given_name: str
    start: date
    end: date | None
    periods: Sequence[Period]
    canceled: bool = False


def relations(seed: int) -> list[Relation]:
    """Return random relations; some have no period."""
    chance = random.Random(seed)
    numbers = iter(chance.sample(range(10**11, 10**12), 5_000))
    found: list[Relation] = []
    for n in range(150):
        employer, ssin = chance.choice(EMPLOYERS), f"{n // 2:011}"
        if any((each.employer, each.ssin) == (employer, ssin) for each in found):
            continue
        periods = [_period(chance, next(numbers), employer, ssin) for _ in range(chance.randrange(8))]
        start = _day(chance)
        end = chance.choice((None, start + timedelta(chance.randrange(60))))
        found.append(
            Relation(
                n + 1, employer, ssin, chance.choice(_NAMES), chance.choice(("An", "Bo")), start, end, periods
            )
        )
    return found


def _day(chance: random.Random) -> date:
    return FIRST + timedelta(chance.randrange(_DAYS))


def _period(chance: random.Random, number: int, employer: str, ssin: str) -> Period:
    start = _day(chance)
    sub_entity = chance.choice((None, "1", "22"))
    features = Features(
        chance.choice(("OTH", "STU", "FLX")),
        chance.choice((None, "XXX", "124")),
        sub_entity,
        chance.choice(_USERS),
    )
    received = datetime(2024, 1, 1, 22, 30, tzinfo=UTC) + timedelta(hours=chance.randrange(_DAYS * 24))
    return Period(
        number, employer, ssin, features, start,
        chance.choice((None, start + timedelta(chance.randrange(40)))),
        chance.choice((None, chance.randrange(1, 100))),
        chance.random() < 0.3, chance.random() < 0.3, chance.random() < 0.3, chance.random() < 0.3,
        chance.choice((None, received)), chance.choice((None, False, True)),
    )  # fmt: skip


async def store(connection: Any, made: Sequence[Relation]) -> None:
    """Store relations as superuser. All periods count as overlapping, which the database permits."""
    await connection.copy_records_to_table(
        "relations", schema_name="personnel_file",
        columns=["relation_id", "employer", "ssin", "employer_id", "start_date", "end_date", "version",
                 "worker"],
        records=[(r.number, r.employer, r.ssin, 1, r.start, r.end, 1, _worker(r)) for r in made],
    )  # fmt: skip
    periods = [period for relation in made for period in relation.periods]
    await connection.executemany(
        "INSERT INTO personnel_file.periods (period_id, employer, ssin, features, features_key, start_date, "
        "end_date, planned_hours, span, canceled, locked, late, quota_exceeded, "
        "received_on, sub_entity, user_number, overlapping) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, tsrange($6::date, $7::date, '[]'), $9, $10, $11, $12, "
        "$13, $14, $15, true)",
        [
            (p.number, p.employer, p.ssin, FEATURES.dump_json(p.features).decode(), p.features.key, p.start,
             p.end, p.planned_hours, p.canceled, p.locked, p.late, p.quota_exceeded,
             p.received_on, p.features.sub_entity, _user(p))
            for p in periods
        ],
    )  # fmt: skip
    await connection.executemany(
        "INSERT INTO personnel_file.daily_registrations "
        "(registration_id, period_id, start_date, end_date, start_hour, span, canceled) "
        "VALUES ($1, $2, $3, $3, '08:00', tsrange($3::date, $3::date, '[]'), $4)",
        [(n, p.number, p.start, not p.has_days) for n, p in enumerate(periods, 1) if n % 2 or p.has_days],
    )
    await connection.executemany(
        "INSERT INTO personnel_file.settlements "
        "(declaration_id, result, period_id, settled_at, received_at) VALUES ($1, 'A', $1, now(), $2)",
        [(p.number, p.received) for p in periods],
    )


def _worker(relation: Relation) -> str:
    return json.dumps(
        {"ssin": relation.ssin, "familyName": relation.family_name, "givenName": relation.given_name}
    )


def _begins(text: str, beginning: str) -> bool:
    return text.lower().startswith(beginning.lower())


#: Criterion → whether a relation or period (first), or a period (second table), meets a value.
_OF_ROW: Final[Mapping[str, Callable[[Any, Relation, Any], bool]]] = {
    "employer": lambda row, _, value: row.employer == value,
    "worker": lambda row, _, value: row.ssin in value,
    "relation": lambda _, relation, value: relation.number == value,
    "family_name": lambda _, relation, value: _begins(relation.family_name, value),
    "given_name": lambda _, relation, value: _begins(relation.given_name, value),
    "active_from": lambda row, _, value: not row.canceled and (row.end is None or row.end >= value),
    "active_until": lambda row, _, value: not row.canceled and row.start <= value,
    "start_from": lambda row, _, value: row.start >= value,
    "start_until": lambda row, _, value: row.start <= value,
    "end_from": lambda row, _, value: row.end is not None and row.end >= value,
    "end_until": lambda row, _, value: row.end is not None and row.end <= value,
    "moved": lambda row, _, value: any(day and value[0] <= day <= value[1] for day in (row.start, row.end)),
}
_OF_PERIOD: Final[Mapping[str, Callable[[Period, Any], bool]]] = {
    "period": lambda period, value: period.number == value,
    "received_from": lambda period, value: period.received_on is not None and period.received_on >= value,
    "received_until": lambda period, value: period.received_on is not None and period.received_on <= value,
    "joint_commission": lambda period, value: period.features.joint_commission in value,
    "worker_type": lambda period, value: period.features.worker_type in value,
    "sub_entity": lambda period, value: period.features.sub_entity == value,
    "user_undertaking": lambda period, value: _user(period) == value,
    "status": lambda period, value: period.status in value,
    "late": lambda period, value: period.late == value,
    "locked": lambda period, value: period.locked == value,
    "quota_exceeded": lambda period, value: bool(period.quota_exceeded) == value,
    "planned_hours_from": lambda period, value: (
        period.planned_hours is not None and period.planned_hours >= value
    ),
    "planned_hours_until": lambda period, value: (
        period.planned_hours is not None and period.planned_hours <= value
    ),
    "has_days": lambda period, value: period.has_days == value,
}


def _user(period: Period) -> str | None:
    return period.features.using_employer.enterprise_number if period.features.using_employer else None


def found(made: Sequence[Relation], level: Level, given: Mapping[str, Any], order: Order) -> list[int]:
    """Return the numbers that a search must return, in its order."""
    rows: list[Any] = [row for relation in made for row in _rows(relation, level, given)]
    rows.sort(key=lambda row: row.number if order is Order.NUMBER else (row.start, row.number))
    return [row.number for row in (rows[::-1] if order is Order.LATEST else rows)]


def _rows(relation: Relation, level: Level, given: Mapping[str, Any]) -> Iterator[Any]:
    fitting = [
        period
        for period in relation.periods
        if all(_OF_PERIOD[name](period, value) for name, value in given.items() if name in _OF_PERIOD)
    ]
    rows: Sequence[Any] = fitting if level is Level.PERIOD else [relation] if fitting else []
    for row in rows:
        if all(_OF_ROW[name](row, relation, value) for name, value in given.items() if name in _OF_ROW):
            yield row


CRITERIA: Final = (*_OF_ROW, *_OF_PERIOD)


def value(made: Sequence[Relation], name: str, chance: random.Random) -> Any:
    """Return a value of a criterion, most often one that something meets."""
    relation = chance.choice([each for each in made if each.periods])
    period = chance.choice(relation.periods)
    values: dict[str, Any] = {
        "employer": relation.employer,
        "worker": (relation.ssin,),
        "relation": relation.number,
        "family_name": relation.family_name[: chance.randrange(1, 5)].upper(),
        "given_name": relation.given_name,
        "moved": (moved := _day(chance), moved + timedelta(chance.randrange(60))),
        "period": period.number,
        "joint_commission": ("XXX",) if chance.random() < 0.5 else ("XXX", "124"),
        "worker_type": (period.features.worker_type,),
        "sub_entity": chance.choice(("1", "22")),
        "user_undertaking": chance.choice(("0400000009", "0400000008")),
        "status": tuple(chance.sample(("OPEN", "CLOSED", "CANCELLED"), chance.randrange(1, 3))),
        "planned_hours_from": chance.randrange(60),
        "planned_hours_until": chance.randrange(30, 100),
    }
    if name in values:
        return values[name]
    flags = ("late", "locked", "quota_exceeded", "has_days")
    return chance.random() < 0.5 if name in flags else _day(chance)
