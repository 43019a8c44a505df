"""The cases of `make bench-rules`: declarations of every kind and worker type beside realistic registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from functools import cached_property, partial
from typing import Any, Final

from services.intake.reception.rules import admit
from services.personnel_file.relation.rules import Period, PeriodOpened, Relation
from services.personnel_file.settlement.rules.quota import UsageBook, counted_features
from services.personnel_file.settlement.rules.quota_usage import UsageTotals, period_use
from services.personnel_file.settlement.rules.settle import Settlement, SettlementCase, settle
from shared.domain.anomalies import Anomaly
from shared.domain.declaration import Features, Span
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import with_check
from shared.domain.quotas import TOLD
from shared.messages import ReceivedDeclaration
from tests.histories import fold
from tests.unit.builders import (
    EMPLOYER,
    ENTERPRISE,
    IDENTITY,
    KNOWN,
    NISS,
    OTHER_ENTERPRISE,
    PERIOD,
    RECEIVED,
    a_change,
    declaration,
    received,
)
from tests.worker_types import WORKER_TYPES, Block, dated

TODAY: Final = RECEIVED.date()
_KEY: Final = ENTERPRISE, NISS
_IN: Final = {row.code: row.block(TODAY) for row in WORKER_TYPES}
_FEATURES: Final = {row.code: Features(row.code, row.joint_commission) for row in WORKER_TYPES}
_USER: Final = {"jointCommissionNumber": "302", "enterpriseNumber": OTHER_ENTERPRISE}
_LENT: Final = {"jointCommissionNumber": "322", "workerType": "EXT", "usingEmployer": _USER}
COUNTED: Final = 100
_FEW, _MANY = 5, 1000
_WORKERS_OF_HOTEL: Final = 10


@dataclass
class Case:
    """One declaration, and all that is known when it comes."""

    name: str
    declared: Declaration
    relation: Relation | None = None
    book: UsageBook = field(default_factory=UsageBook)
    of_authority: bool = False

    @cached_property
    def received(self) -> ReceivedDeclaration:
        """The declaration as the personnel file gets it."""
        return received(self.declared, anomalies=self.admit())

    @cached_property
    def is_refused(self) -> bool:
        """Whether intake refuses the declaration, so that settlement does not see it."""
        return any(found.blocks for found in self.received.anomalies)

    def admit(self) -> tuple[Anomaly, ...]:
        """Return the work that intake gives to the rules."""
        employer = AUTHORITY if self.of_authority else EMPLOYER
        period = None if self.declared.kind is Kind.IN else KNOWN
        return admit(self.declared, employer, True, period, RECEIVED)

    def settle(self) -> Settlement | None:
        """Return the work that the personnel file gives to the rules."""
        if self.is_refused:
            return None
        spent = counted_features(self.declared, self.relation)
        usage = self.book.usage_for(*_KEY, spent) if spent is not None else None
        return settle(SettlementCase(self.received, self.relation, ssin=NISS, usage=usage, now=RECEIVED))

    @cached_property
    def changes(self) -> list[tuple[Period | None, Period]]:
        """The periods that it changes, before and after."""
        settled, before = self.settle(), self.relation.periods if self.relation is not None else {}
        if settled is None or settled.relation is None:
            return []
        after = settled.relation.periods
        return [(before.get(event.period_id), after[event.period_id]) for event in settled.events]

    def book_twice(self) -> None:
        """Add the quota use of its period, then remove it for the next run."""
        for before, after in self.changes:
            self.book.add_change(*_KEY, before, after)
            self.book.add_change(*_KEY, after, before or replace(after, canceled=True))

    def result(self) -> str:
        """Return the result of the declaration."""
        settled = self.settle()
        return "B" if settled is None else str(settled.outcome.result)


AUTHORITY: Final = replace(EMPLOYER, provincial_or_local=True)


def cases() -> Iterator[Case]:
    """Return every case that is measured."""
    yield from _kinds()
    yield from _worker_types()
    yield from _beside_many()
    yield from _beside_counted()


def _kinds() -> Iterator[Case]:
    open_, closed = (_relation("OTH", _FEW, Span(TODAY, end)) for end in (None, _day(30)))
    yield Case("IN, the first of a relation", _in(_IN["OTH"]))
    yield Case("IN without NISS", _in(_IN["OTH"], worker=IDENTITY))
    yield Case("IN, said twice", _in({**_IN["OTH"], "startDate": str(TODAY)}), open_)
    yield Case(
        "IN with much wrong",
        _in({"startDate": "2026-13-41", "features": {"workerType": "X"}}, worker={"ssin": "1"}),
    )
    yield Case("OUT", a_change("out", endDate=str(_day(40))), open_)
    yield Case("UPDATE", a_change("update", endDate=str(_day(41))), closed)
    yield Case("UPDATE that re-opens", a_change("update", endDate="9999-12-31"), closed)
    yield Case("CANCEL", a_change("cancel"), closed)


def _worker_types() -> Iterator[Case]:
    for row in WORKER_TYPES:
        relation = None if row.is_past else _relation(row.code, _FEW, Span(_day(-1), _day(-1)))
        yield Case(f"IN of {row.code}", _in(row.block(TODAY)), relation, of_authority=row.of_authorities)
        yield Case(
            f"IN of {row.code}, refused",
            _in(row.wrong_block(TODAY)),
            relation,
            of_authority=row.of_authorities,
        )


def _beside_many() -> Iterator[Case]:
    """Return the periods of a worker that has come every other day for years."""
    long_ago = _day(-_MANY - 1)  # a day between two worked days
    for type_, day in (
        ("FLX", _IN["FLX"]),
        ("EXT", _IN["EXT"]),
        ("OTH", {**_IN["OTH"], "endDate": str(_day(1))}),
    ):
        relation = _relation(type_, _MANY, Span(_day(-_MANY), _day(-_MANY), *_hours(type_)))
        beside = f"of {type_}, beside {_MANY:,}"
        middle = {**day, "startDate": str(long_ago), "endDate": str(long_ago)}
        yield Case(f"IN {beside}", _in(day), relation)
        yield Case(f"IN in the midst {beside}", _in(middle), relation)
        moved = {"startDate": str(long_ago), "endDate": str(long_ago)}
        yield Case(f"UPDATE in the midst {beside}", a_change("update", **moved), relation)
        yield Case(f"CANCEL in the midst {beside}", a_change("cancel"), relation)
    open_ = _relation("OTH", _MANY, Span(TODAY))
    yield Case(f"OUT of OTH, beside {_MANY:,}", a_change("out", endDate=str(_day(40))), open_)
    closed = _relation("OTH", _MANY, Span(TODAY, _day(30)))
    yield Case(
        f"UPDATE that re-opens OTH, beside {_MANY:,}", a_change("update", endDate="9999-12-31"), closed
    )


def _beside_counted() -> Iterator[Case]:
    """Build a worker with a hundred periods of the quota in the year, at this employer and elsewhere."""
    for type_ in sorted(TOLD.keys() & _IN.keys()):
        own = Span(TODAY, TODAY, *_hours(type_))
        relation = _relation(type_, _FEW, own)
        book = UsageBook()
        for n in range(COUNTED):
            _add_use(book, NISS, type_, date(TODAY.year, 1, 1) + timedelta(2 * n), n)
        _add_use(book, NISS, "STU", TODAY, COUNTED)
        if type_ == "EXT":
            for n in range(365 * _WORKERS_OF_HOTEL):
                _add_use(book, str(n // 365), type_, date(TODAY.year, 1, 1) + timedelta(n % 365), n)
        book.add_change(*_KEY, None, relation.periods[PERIOD])
        beside = f"of {type_}, beside {COUNTED} counted ones"
        yield Case(f"IN {beside}", _in(_IN[type_]), relation, book)
        row = next(row for row in WORKER_TYPES if row.code == type_)
        yield Case(f"UPDATE {beside}", a_change("update", **dated(row.update or {}, TODAY)), relation, book)
        yield Case(f"CANCEL {beside}", a_change("cancel"), relation, book)


def readings() -> Iterator[tuple[str, Callable[[], None]]]:
    """Return the usage before the first declaration of a worker in a batch, for each type with a quota."""
    for type_ in sorted(TOLD.keys() & _IN.keys()):
        days = [date(TODAY.year, 1, 1) + timedelta(2 * n) for n in range(COUNTED)]
        yield type_, partial(_read, [_counted(type_, day, n) for n, day in enumerate(days)])


def _read(periods: Iterable[Period]) -> None:
    takings = UsageTotals()
    for period in periods:
        if (one := period_use(period.features, period.span, period.planned_hours)) is not None:
            takings.add(one)


def _counted(type_: str, day: date, n: int) -> Period:
    return Period(n, Span(day, day, *_hours(type_)), _FEATURES[type_], _planned(type_))


def _add_use(book: UsageBook, ssin: str, type_: str, day: date, n: int) -> None:
    book.add_change(ENTERPRISE, ssin, None, _counted(type_, day, n))


def _relation(type_: str, others: int, own: Span) -> Relation:
    """Build a relation with the known period and others, one each second day before today."""
    opened = [PeriodOpened(PERIOD, own, _FEATURES[type_], _planned(type_))]
    for n in range(1, others + 1):
        day = _day(-2 * n)
        if day != own.start:
            span = Span(day, day, *_hours(type_))
            opened.append(PeriodOpened(with_check(2 * 10**9 + n), span, _FEATURES[type_], _planned(type_)))
    relation = fold(*_KEY, reversed(opened))
    assert relation is not None
    return relation


def _hours(type_: str) -> tuple[time | None, time | None]:
    return (time(17), time(21, 30)) if type_ in ("EXT", "FLX") else (None, None)


def _planned(type_: str) -> int | None:
    return 1 if "plannedHoursNumber" in _IN[type_] else None


def _day(days: int) -> date:
    return TODAY + timedelta(days)


def _in(block: Block, worker: Mapping[str, Any] | None = None) -> Declaration:
    return declaration(
        "in", dict(block), employer={"enterpriseNumber": ENTERPRISE}, worker=worker or {"ssin": NISS}
    )
