"""The ledger of a transaction: what it knows, and what it decides one declaration after the other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from services.personnel_file.late.store import Late
from services.personnel_file.rules import (
    OfDay,
    Period,
    Relation,
    Settlement,
    Takes,
    Usage,
    impact,
    lateness,
    refuse_discarded,
    refuse_overlap,
    settle,
    spending,
)
from services.personnel_file.store import Arrived, Change, Kept, Key
from shared.domain.daily import DailyRegistration
from shared.domain.declared import Declaration, Kind
from shared.messages import (
    DeclarationDiscarded,
    IdentificationEnded,
    PeriodImpact,
    Person,
    ReceivedDeclaration,
    Result,
)
from shared.runtime.database import Transaction


@dataclass(slots=True)
class Ledger:
    """What a transaction knows and decides: declarations settled one after the other, saved once."""

    finals: dict[int, str]  #: results of declarations that are final
    period_keys: dict[int, Key]  #: whose each period is
    day_periods: dict[int, int]  #: which period each daily registration is of
    kept: dict[Key, Kept] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    periods: dict[int, tuple[Key, Period]] = field(default_factory=dict)
    days: dict[int, DailyRegistration] = field(default_factory=dict)
    states: list[tuple[Key, Change, Period, Kept]] = field(default_factory=list)
    settlements: list[tuple[Arrived, Settlement, Person | None]] = field(default_factory=list)
    impacts: dict[int, list[PeriodImpact]] = field(default_factory=lambda: defaultdict(list))
    late: list[Late] = field(default_factory=list)
    takes: Takes = field(default_factory=Takes)  #: of the quotas, as far as something asks for them

    def settle(self, arrived: Arrived, tx: Transaction, overlaps: bool) -> None:
        """Decide on one declaration, after all that it follows."""
        declaration = arrived.declaration
        key = self.key_of(arrived)
        kept = self.kept.get(key) if key else None
        relation = kept.relation if kept else None
        worker = arrived.worker if isinstance(arrived, IdentificationEnded) else None
        if overlaps:
            settlement = refuse_overlap(declaration, relation, tx.now)
        elif isinstance(arrived, DeclarationDiscarded):
            settlement = refuse_discarded(declaration, relation, tx.now)
        else:
            settlement = settle(
                declaration,
                relation,
                identified=worker is not None or declaration.declared.kind is not Kind.IN,
                in_refused=self.finals.get(declaration.declared.period_id or 0) == Result.REFUSED,
                ssin=worker.ssin if worker else None,
                usage=self._usage(declaration, relation, key),
                former=kept.worker.former_ssins or () if kept else (),
                now=tx.now,
            )
        worker = worker or (kept.worker if kept else None)
        self.finals[declaration.number] = settlement.outcome.result
        self.settlements.append((arrived, settlement, worker))
        if settlement.events:
            self._apply(arrived, settlement, key, kept, worker)

    def key_of(self, arrived: Arrived) -> Key | None:
        """The relation it is about: of its worker, or of its period; None when there is none yet."""
        if isinstance(arrived, IdentificationEnded):
            employer = arrived.declaration.employer
            return (employer.enterprise_number, arrived.worker.ssin) if employer and arrived.worker else None
        return self.period_keys.get(self.period_of(arrived.declaration.declared) or 0)

    def period_of(self, declared: Declaration) -> int | None:
        """The period that is named, or whose daily registration is."""
        return declared.period_id or self.day_periods.get(declared.daily_registration_id or 0)

    def _usage(
        self, declaration: ReceivedDeclaration, relation: Relation | None, key: Key | None
    ) -> Usage | None:
        """What counts for the period it is about; None for most, which no quota counts."""
        if key is None or (features := spending(declaration.declared, relation)) is None:
            return None
        return self.takes.usage(*key, features)

    def _apply(
        self,
        arrived: Arrived,
        settlement: Settlement,
        key: Key | None,
        kept: Kept | None,
        worker: Person | None,
    ) -> None:
        assert settlement.relation is not None
        assert key is not None
        assert worker is not None
        employer = arrived.declaration.employer
        employer_id = kept.employer_id if kept else employer.employer_id if employer else 0
        now = self.kept[key] = Kept(settlement.relation, worker, employer_id)
        first = settlement.relation.version - len(settlement.events) + 1
        for version, event in enumerate(settlement.events, first):
            period = settlement.relation.periods[event.period_id]
            change = Change(key, version, arrived.declaration.number, event)
            self.changes.append(change)
            self.states.append((key, change, period, now))
            # Saved in the order of the last touch: who moved away goes first.
            if isinstance(event, OfDay):
                day = settlement.relation.days[event.registration_id]
                self.day_periods[day.id] = period.id
                self.days.pop(day.id, None)
                self.days[day.id] = day
            else:
                before = kept.relation.periods.get(period.id) if kept else None
                self.takes.changed(*key, before, period)
                self.impacts[arrived.declaration.number].append(impact(before, period))
                declaration = arrived.declaration
                missed = lateness(declaration.declared.kind, before, period, declaration.late_after)
                if missed is not None:
                    self.late.append(Late(declaration, key, employer_id, period, missed))
                self.period_keys[period.id] = key
                self.periods.pop(period.id, None)
                self.periods[period.id] = (key, period)
