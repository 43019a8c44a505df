"""The ledger of a batch: the loaded state, and the decisions that change it one after the other."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from services.personnel_file.lateness.store import LateDeclaration
from services.personnel_file.relation.rules import OfDay, Period
from services.personnel_file.relation.store import Change, Key, StoredRelation
from services.personnel_file.settlement.rules.impact import impact
from services.personnel_file.settlement.rules.quota import Usage, UsageBook, counted_features
from services.personnel_file.settlement.rules.settle import (
    Settlement,
    SettlementCase,
    refuse_discarded,
    refuse_overlap,
    settle,
)
from services.personnel_file.settlement.store import Restore, SettleRequest
from shared.domain.daily import DailyRegistration
from shared.domain.declared import Declaration, Kind
from shared.domain.lateness import find_lateness
from shared.messages import DeclarationDiscarded, IdentificationEnded, PeriodImpact, Person, Result
from shared.runtime.database import Transaction


@dataclass(frozen=True, slots=True)
class Settled:
    """A request, the decision on it, and the worker. The worker is None if unknown."""

    request: SettleRequest
    settlement: Settlement
    worker: Person | None


@dataclass(slots=True)
class Ledger:
    """The state that a batch loads. Each decision changes it, and it is saved once at the end."""

    finals: dict[int, str]  #: results of declarations that are final
    period_keys: dict[int, Key]  #: the relation of each period
    day_periods: dict[int, int]  #: the period of each daily registration
    relations: dict[Key, StoredRelation] = field(default_factory=dict)
    usage: UsageBook = field(default_factory=UsageBook)  #: quota use that the requests need
    restore: Restore | None = None  #: the last restore of the database
    changes: list[tuple[Change, Period, StoredRelation]] = field(default_factory=list)
    periods: dict[int, tuple[Key, Period]] = field(default_factory=dict)
    days: dict[int, DailyRegistration] = field(default_factory=dict)
    quota_exceeded: dict[int, bool] = field(default_factory=dict)  #: by period, at its last decision
    settled: list[Settled] = field(default_factory=list)
    impacts: dict[int, list[PeriodImpact]] = field(default_factory=lambda: defaultdict(list))
    late: list[LateDeclaration] = field(default_factory=list)

    def settle(self, request: SettleRequest, tx: Transaction, overlaps: bool) -> None:
        """Decide on one request, and apply its events. All earlier requests of its chain must be settled.

        With `overlaps`, refuse the request, because the database has found that its period or day overlaps.
        """
        key = self.key_of(request)
        stored = self._versioned(self.relations.get(key) if key else None, request)
        case = self._case(request, key, stored, tx)
        if overlaps:
            settlement = refuse_overlap(case)
        elif isinstance(request, DeclarationDiscarded):
            settlement = refuse_discarded(case)
        else:
            settlement = settle(case)
        identified = request.worker if isinstance(request, IdentificationEnded) else None
        worker = identified or (stored.worker if stored else None)
        self.finals[request.declaration.number] = settlement.outcome.result
        self.settled.append(settled := Settled(request, settlement, worker))
        if settlement.events:
            assert key is not None
            self._apply(settled, key, stored)

    def _versioned(self, stored: StoredRelation | None, request: SettleRequest) -> StoredRelation | None:
        """Return a relation with the version after which a request changes it.

        Institutions may have changes of the time that a restore lost. A declaration received after it gives
        a version that they cannot have (ADR 38). An earlier one gives the version that it had before, so that
        its event keeps its id.
        """
        restore = self.restore
        if restore is None or stored is None or request.declaration.received_at <= restore.at:
            return stored
        relation = stored.relation
        version = max(relation.version, restore.least_version)
        return replace(stored, relation=replace(relation, version=version))

    def key_of(self, request: SettleRequest) -> Key | None:
        """Return the key of the relation that a request concerns. The relation may not exist yet.

        None if the worker of an IN is not identified, or if the request names no known period.
        """
        if isinstance(request, IdentificationEnded):
            employer = request.declaration.employer
            return (employer.enterprise_number, request.worker.ssin) if employer and request.worker else None
        return self.period_keys.get(self.period_of(request.declaration.declared) or 0)

    def period_of(self, declared: Declaration) -> int | None:
        """Return the number of the period that a declaration names, directly or by a daily registration.

        None if it names no period or an unknown daily registration.
        """
        return declared.period_id or self.day_periods.get(declared.daily_registration_id or 0)

    def _case(
        self, request: SettleRequest, key: Key | None, stored: StoredRelation | None, tx: Transaction
    ) -> SettlementCase:
        declaration = request.declaration
        declared = declaration.declared
        worker = request.worker if isinstance(request, IdentificationEnded) else None
        return SettlementCase(
            declaration,
            stored.relation if stored else None,
            tx.now,
            identified=worker is not None or declared.kind is not Kind.IN,
            in_refused=self.finals.get(declared.period_id or 0) == Result.REFUSED,
            ssin=worker.ssin if worker else None,
            usage=self._usage(request, key, stored),
            former_ssins=stored.worker.former_ssins or () if stored else (),
        )

    def _usage(self, request: SettleRequest, key: Key | None, stored: StoredRelation | None) -> Usage | None:
        """Return the quota use that the decision needs, or None if no quota counts the period.

        None also for a discarded request, which uses no quota and may have unreadable content.
        """
        if key is None or isinstance(request, DeclarationDiscarded):
            return None
        features = counted_features(request.declaration.declared, stored.relation if stored else None)
        return None if features is None else self.usage.usage_for(*key, features)

    def _apply(self, settled: Settled, key: Key, stored: StoredRelation | None) -> None:
        """Write the events of an accepted declaration into the ledger.

        Its relation, its periods and days, the use of quotas, and the late declarations change with them.
        """
        declaration, relation = settled.request.declaration, settled.settlement.relation
        assert relation is not None
        assert settled.worker is not None
        employer = declaration.employer
        employer_id = stored.employer_id if stored else employer.employer_id if employer else 0
        after = self.relations[key] = StoredRelation(relation, settled.worker, employer_id)
        first = relation.version - len(settled.settlement.events) + 1
        for version, event in enumerate(settled.settlement.events, first):
            period = relation.periods[event.period_id]
            self.changes.append((Change(key, version, declaration.number, event), period, after))
            # Saved in the order of the last change: a period that moved away frees its place first.
            if isinstance(event, OfDay):
                day = relation.days[event.registration_id]
                self.day_periods[day.id] = period.id
                self.days.pop(day.id, None)
                self.days[day.id] = day
            else:
                before = stored.relation.periods.get(period.id) if stored else None
                self._apply_period(settled, key, before, period)

    def _apply_period(self, settled: Settled, key: Key, before: Period | None, period: Period) -> None:
        declaration = settled.request.declaration
        self.usage.add_change(*key, before, period)
        self.impacts[declaration.number].append(impact(before, period))
        missed = find_lateness(declaration.declared.kind, before, period, declaration.late_after)
        if missed is not None:
            employer_id = self.relations[key].employer_id
            self.late.append(LateDeclaration(declaration, key, employer_id, period, missed))
        self.period_keys[period.id] = key
        if settled.settlement.quota_exceeded is not None:
            self.quota_exceeded[period.id] = settled.settlement.quota_exceeded
        self.periods.pop(period.id, None)
        self.periods[period.id] = (key, period)
