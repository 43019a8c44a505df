"""A personnel file in memory, saved after each batch and loaded for the next one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast

from services.personnel_file.relation.rules import Period, Relation, event_to_json
from services.personnel_file.relation.store import Key, StoredRelation
from services.personnel_file.settlement.handler.ledger import Ledger
from services.personnel_file.settlement.rules.quota import UsageBook
from services.personnel_file.settlement.rules.settle import Settlement
from services.personnel_file.settlement.store import Restore, SettleRequest
from shared.domain.daily import DailyRegistration
from shared.messages import Person
from shared.runtime.database import Transaction
from tests.unit.builders import RECEIVED

_TX = Transaction(cast(Any, None), RECEIVED)


@dataclass
class File:
    """Rows as in the database, and the ledger of the current batch."""

    finals: dict[int, str] = field(default_factory=dict)
    periods: dict[int, tuple[Key, Period]] = field(default_factory=dict)
    days: dict[int, DailyRegistration] = field(default_factory=dict)
    relations: dict[Key, tuple[Relation, Person, int]] = field(default_factory=dict)  #: without their periods
    history: defaultdict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    restore: Restore | None = None
    _ledger: Ledger | None = None

    def settle(self, arrived: SettleRequest) -> Settlement:
        """Decide on one more declaration in this batch."""
        self._ledger = self._ledger or self._load()
        self._ledger.settle(arrived, _TX, overlaps=False)
        return self._ledger.settled[-1].settlement

    def cut(self) -> None:
        """End the batch: the next one loads only saved state."""
        if self._ledger is None:
            return
        self.finals |= {
            each.request.declaration.number: each.settlement.outcome.result for each in self._ledger.settled
        }
        self.periods |= self._ledger.periods
        self.days |= self._ledger.days
        for change, _, _ in self._ledger.changes:
            self.history[change.key].append(event_to_json(change.event))
            stored = self._ledger.relations[change.key]
            self.relations[change.key] = stored.relation, stored.worker, stored.employer_id
        self._ledger = None

    def relation(self, key: Key) -> Relation:
        """Return a relation from its rows."""
        stored = self.relations[key][0]
        own = {number: period for number, (whose, period) in self.periods.items() if whose == key}
        days = {number: day for number, day in self.days.items() if day.period_id in own}
        return Relation(*key, stored.start, stored.end, stored.version, own, days)

    def _load(self) -> Ledger:
        book = UsageBook()
        for key, period in self.periods.values():
            book.add_change(*key, None, period)
        return Ledger(
            finals=dict(self.finals),
            period_keys={number: key for number, (key, _) in self.periods.items()},
            day_periods={number: day.period_id for number, day in self.days.items()},
            relations={
                key: StoredRelation(self.relation(key), worker, number)
                for key, (_, worker, number) in self.relations.items()
            },
            usage=book,
            restore=self.restore,
        )
