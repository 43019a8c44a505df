"""Judge the scenarios of the sandbox with the pure rules of all services, without database and broker."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache
from itertools import count
from typing import Any, Final

from deploy.local.sandbox.data import SandboxData, surroundings
from deploy.local.sandbox.employers import TEST_EMPLOYERS, WITHOUT_MANDATES
from deploy.local.sandbox.rows import used_days
from deploy.local.sandbox.scenarios import Scenario
from services.identification.matching.rules import (
    career_warnings,
    identify,
    inconsistencies,
    search_keys,
)
from services.identification.registers.handler import persons_of
from services.intake.reception.rules import Employer, KnownPeriod, admit, employer_among
from services.personnel_file.relation.rules import Relation
from services.personnel_file.settlement.rules.quota import UsageBook, counted_features
from services.personnel_file.settlement.rules.quota_usage import UsageTotals, use_of_account
from services.personnel_file.settlement.rules.settle import SettlementCase, settle
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Declaration, DeclaredWorker, Kind
from shared.domain.flexi import QuarterFacts
from shared.domain.identifiers import DimonaNumber, EmployerId, EnterpriseNumber, with_check
from shared.messages import (
    Channel,
    EmployerNumbers,
    Person,
    ReceivedDeclaration,
    RegisterEntry,
    Sender,
)

_NUMBERS: Final = count(9 * 10**9)


@dataclass(slots=True)
class Judge:
    """The facts of the sandbox on a day; it judges the steps of one scenario after another."""

    data: SandboxData
    now: datetime
    employers: Sequence[Employer]
    register: Sequence[RegisterEntry]
    careers: dict[tuple[str, str], QuarterFacts]
    enterprises: Collection[str]
    relation: Relation | None = None
    usage: UsageBook = field(default_factory=UsageBook)
    parties: dict[int, Employer] = field(default_factory=dict)  #: by number of an IN or of a day
    periods: dict[int, int] = field(default_factory=dict)  #: the period of each
    refused: set[int] = field(default_factory=set)

    @classmethod
    def on(cls, data: SandboxData) -> Judge:
        """Return the facts at nine o'clock of the day of the data."""
        document = json.loads(data.register_json())
        careers = {
            (row["ssin"], row["quarter"]): QuarterFacts(share=row["share"]) for row in document["careers"]
        }
        known = [
            employer
            for organization in data.organizations.values()
            if (employer := _employer(organization)) is not None
        ]
        return cls(
            data,
            datetime.combine(data.today, time(9), UTC),
            known,
            [RegisterEntry.model_validate(row) for row in document["persons"]],
            careers,
            {row["enterpriseNumber"] for row in json.loads(data.access_json())["enterprises"]},
        )

    def play(self, scenario: Scenario, own: str) -> list[str]:
        """Return the outcome of each step, without the S of a search that ends."""
        self.relation, self.usage = None, UsageBook()
        inn = next(each for each in TEST_EMPLOYERS if each.role == "inn").enterprise_number
        used = (use_of_account(day) for day in used_days(self.data.today))
        self.usage.accounts[inn] = UsageTotals.of(used)
        values, numbers, told = surroundings(self.data, own), list[int](), list[str]()
        for step in scenario.steps:
            document = values.declaration(scenario, step, numbers)
            numbers.append(with_check(next(_NUMBERS)))
            told.append(self._judge(scenario, document, numbers[-1]))
        return told

    def _judge(self, scenario: Scenario, document: dict[str, Any], number: int) -> str:
        declared = Declaration.model_validate(document)
        named = employer_among(declared.employer, self.employers) if declared.employer else None
        employer, period = self._subject(declared, named)
        anomalies = admit(
            declared, employer, _is_entitled(employer), period, self.now, received_at=self.now,
            declared_employer=named, secured=True, user_known=self._is_user_known(declared),
        )  # fmt: skip
        if employer is not None and declared.kind in (Kind.IN, Kind.DAILY):
            self.parties[number] = employer
            self.periods[number] = number if period is None else period.number
        if any(each.blocks for each in anomalies) or employer is None:
            self.refused.add(number)
            return _text("B", anomalies)
        worker = self._worker(scenario, declared)
        if worker is not None and declared.kind is Kind.IN:
            given = declared.worker or DeclaredWorker()
            anomalies = (
                *anomalies, *inconsistencies(given, worker), *career_warnings(declared, worker, self.careers),
            )  # fmt: skip
        received = _received(declared, number, employer, anomalies, self.now)
        features = counted_features(declared, self.relation)
        ssin = worker.ssin if worker else scenario.test_worker.ssin
        case = SettlementCase(
            received, self.relation, self.now, identified=worker is not None, ssin=ssin,
            in_refused=period is not None and period.refused,
            usage=self.usage.usage_for(employer.enterprise_number, ssin, features) if features else None,
        )  # fmt: skip
        settled = settle(case)
        self.relation = settled.relation
        if settled.outcome.result == "B":
            self.refused.add(number)
        return _text(settled.outcome.result, settled.outcome.anomalies)

    def _subject(
        self, declared: Declaration, named: Employer | None
    ) -> tuple[Employer | None, KnownPeriod | None]:
        """Return the employer, and the period of a change; as intake looks them up."""
        if declared.kind is Kind.IN:
            return named, None
        block: Any = declared.block
        given = getattr(block, "period_id", None) or getattr(block, "daily_registration_id", None)
        period = self.periods.get(given or 0)
        employer = self.parties.get(period or 0)
        if period is None or employer is None:
            return None, None
        return employer, KnownPeriod(
            DimonaNumber(period), employer.enterprise_number, employer.employer_id, period in self.refused
        )

    def _is_user_known(self, declared: Declaration) -> bool | None:
        features = getattr(declared.block, "features", None)
        user = features.using_employer if features is not None else None
        return user.enterprise_number in self.enterprises if user and user.enterprise_number else None

    def _worker(self, scenario: Scenario, declared: Declaration) -> Person | None:
        """Return the worker that identification finds, at once or at the rehearsed end."""
        given = declared.worker or DeclaredWorker()
        keys = set(search_keys(given)) if not given.ssin else set()
        candidates = [
            entry for entry in self.register if entry.ssin == given.ssin or keys & set(_keys(entry))
        ]
        found = identify(declared, candidates) if declared.kind is Kind.IN else None
        if isinstance(found, RegisterEntry):
            return persons_of({1: self._in_force(found)})[1]
        ssin = scenario.found_as if declared.kind is Kind.IN else scenario.test_worker.ssin
        entries = {entry.ssin: entry for entry in self.register}
        return persons_of({1: entries[ssin]})[1] if ssin in entries else None

    def _in_force(self, entry: RegisterEntry) -> RegisterEntry:
        return next((one for one in self.register if one.ssin == entry.replaced_by), entry)


@cache
def _keys(entry: RegisterEntry) -> tuple[str, ...]:
    worker = DeclaredWorker(
        family_name=entry.family_name, given_name=entry.given_name, birth_date=entry.birth_date
    )
    return tuple(search_keys(worker))


def _employer(organization: Any) -> Employer | None:
    facts = organization.employer
    if facts is None:
        return None
    return Employer(
        EnterpriseNumber(organization.enterprise_number), EmployerId(facts.employer_id), facts.active_from,
        facts.active_until, facts.provincial_or_local, facts.secured_channel_only,
        None if facts.sub_entities is None else frozenset(facts.sub_entities), facts.daily_registration,
    )  # fmt: skip


def _is_entitled(employer: Employer | None) -> bool:
    stranger = next(each for each in TEST_EMPLOYERS if each.role == WITHOUT_MANDATES)
    return employer is not None and employer.enterprise_number != stranger.enterprise_number


def _received(
    declared: Declaration, number: int, employer: Employer, anomalies: tuple[Anomaly, ...], now: datetime
) -> ReceivedDeclaration:
    organization = employer.enterprise_number
    return ReceivedDeclaration(
        number=number, declared=declared, received_at=now, late_after=now, order_key="0" * 32,
        sender=Sender(
            client_id="client", organization=organization, channel=Channel.QUEUE, message_id="1",
            message_source="urn:test",
        ),
        employer=EmployerNumbers(enterprise_number=organization, employer_id=employer.employer_id),
        registers_days=employer.registers_days if declared.kind is Kind.DAILY else None,
        anomalies=anomalies,
    )  # fmt: skip


def _text(result: str, anomalies: Sequence[Anomaly]) -> str:
    return " ".join([str(result), *sorted(each.code for each in anomalies)])


def own_employer(data: SandboxData) -> str:
    """Return an ordinary employer of a client."""
    return data.organizations["hotel"].enterprise_number
