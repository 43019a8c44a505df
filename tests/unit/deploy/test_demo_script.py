"""The scenario agrees with the rules: every act ends as scripted, before any service runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.local.demo.data import DemoData, generate
from deploy.local.demo.script import TAKES, Act, GivenUp, Scene, script
from deploy.local.demo.writer import NumberOf
from services.identification.matching.rules import Careers, career_warnings, identify
from services.intake.reception.rules import Employer, KnownPeriod, admit
from services.notifier.letters.rules.addressee import addressee
from services.personnel_file.relation.rules import Relation
from services.personnel_file.settlement.rules.settle import SettlementCase, settle
from shared.domain.anomalies import ANOMALIES
from shared.domain.declared import Declaration, Kind
from shared.domain.flexi import QuarterFacts
from shared.domain.identifiers import parse_enterprise_number, with_check
from shared.messages import (
    Channel,
    EmployerNumbers,
    Outcome,
    ReceivedDeclaration,
    RegisterEntry,
    Result,
    Sender,
)

TODAYS = (date(2026, 2, 21), date(2026, 3, 31), date(2026, 12, 31))


@dataclass
class Office:
    """The whole pipeline without I/O: the rules of the services, one declaration after another."""

    data: DemoData
    periods: dict[str, KnownPeriod] = field(default_factory=dict)
    relations: dict[tuple[str, str], Relation] = field(default_factory=dict)
    worker_of: dict[int, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    days: dict[int, KnownPeriod] = field(default_factory=dict)
    count: int = 0

    def play(self, act: Act) -> tuple[tuple[str, ...], set[str], str]:
        """Return result letters, error ids and the role of the addressee."""
        self.count += 1
        number = self.numbers[act.name] = with_check(10**9 + self.count)
        now = datetime.combine(self.data.today, time(9), UTC)
        said = Declaration.model_validate(self._with_numbers(act.declaration))
        client = self.data.client_of(act.sender)
        period = self._period(said)
        employer = self._employer(
            period.employer if period else said.employer.enterprise_number if said.employer else None
        )
        mandated = {*client.employers, self.data.organizations["mill"].enterprise_number}
        entitled = employer is not None and employer.enterprise_number in mandated
        anomalies = admit(said, employer, entitled, period, now)
        refused = any(anomaly.blocks for anomaly in anomalies)
        if said.kind is Kind.DAILY and said.period_id is not None and period is not None:
            self.days[number] = period
        if said.kind is Kind.IN and employer is not None:
            self.periods[act.name] = KnownPeriod(
                number, employer.enterprise_number, employer.employer_id, refused
            )
        role = self._addressee(employer, entitled, client.organization)
        if refused:
            return ("B",), {anomaly.code for anomaly in anomalies}, role
        assert employer is not None
        received = ReceivedDeclaration(
            number=number,
            declared=said,
            sender=Sender(
                client_id=client.client_id,
                organization=client.organization,
                channel=Channel.QUEUE,
                message_id="",
                message_source="",
            ),
            received_at=now,
            late_after=now,
            employer=EmployerNumbers(
                enterprise_number=employer.enterprise_number, employer_id=employer.employer_id
            ),
            registers_days=employer.registers_days,
            anomalies=anomalies,
        )
        provisional, outcome = self._settle(act, received, employer.enterprise_number)
        if provisional:
            return ("S", outcome.result), {anomaly.code for anomaly in outcome.anomalies}, role
        return (outcome.result,), {anomaly.code for anomaly in outcome.anomalies}, role

    def _settle(self, act: Act, received: ReceivedDeclaration, employer: str) -> tuple[bool, Outcome]:
        now = received.received_at
        if received.declared.kind is not Kind.IN:
            period = self._period(received.declared)
            assert period is not None
            key = (employer, self.worker_of.get(period.number, ""))
            settled = settle(
                SettlementCase(received, self.relations.get(key), in_refused=key[1] == "", now=now)
            )
            if settled.relation is not None:
                self.relations[key] = settled.relation
            return False, settled.outcome
        assert received.declared.worker is not None
        ssin = received.declared.worker.ssin
        candidates = [person for person in self._register() if ssin in (None, person.ssin)]
        answered = identify(received.declared, candidates)
        found = answered if isinstance(answered, RegisterEntry) else None
        provisional = found is None
        if found is None and act.case is not None and not isinstance(act.case, GivenUp):
            found = RegisterEntry.model_validate(act.case.person.register_row())
        if found is None:
            return provisional, settle(SettlementCase(received, None, identified=False, now=now)).outcome
        warned = (*received.anomalies, *career_warnings(received.declared, found, self._careers()))
        received = received.model_copy(update={"anomalies": warned})
        key = (employer, found.ssin)
        settled = settle(SettlementCase(received, self.relations.get(key), ssin=found.ssin, now=now))
        if settled.outcome.result is not Result.REFUSED:
            assert settled.relation is not None
            self.relations[key] = settled.relation
            self.worker_of[received.number] = found.ssin
        return provisional, settled.outcome

    def _register(self) -> list[RegisterEntry]:
        people = (*self.data.people, *self.data.beginners)
        return [RegisterEntry.model_validate(person.register_row()) for person in people]

    def _careers(self) -> Careers:
        rows = json.loads(self.data.register_json())["careers"]
        return {(row["ssin"], row["quarter"]): QuarterFacts(Decimal(row["share"])) for row in rows}

    def _with_numbers(self, value: Any) -> Any:
        if isinstance(value, NumberOf):
            return self.numbers[value.act]
        return (
            {name: self._with_numbers(v) for name, v in value.items()} if isinstance(value, dict) else value
        )

    def _period(self, said: Declaration) -> KnownPeriod | None:
        if said.daily_registration_id is not None:
            return self.days.get(said.daily_registration_id)
        return next((known for known in self.periods.values() if known.number == said.period_id), None)

    def _employer(self, number: str | None) -> Employer | None:
        for organization in self.data.organizations.values():
            if organization.enterprise_number == number and organization.employer is not None:
                enterprise_number = parse_enterprise_number(number)
                assert enterprise_number is not None
                return Employer(
                    enterprise_number,
                    organization.employer.employer_id,  # type: ignore[arg-type]  # a valid number
                    organization.employer.active_from,
                    organization.employer.active_until,
                    organization.employer.provincial_or_local,
                    registers_days=organization.employer.daily_registration,
                )
        return None

    def _addressee(self, employer: Employer | None, entitled: bool, sender: str) -> str:
        roles = {o.enterprise_number: role for role, o in self.data.organizations.items()}
        number = employer.enterprise_number if employer else None
        affiliated = roles.get(number or "") in ("brewery", "garage", "joinery", "nursery")
        secretariat = self.data.organizations["secretariat"].enterprise_number if affiliated else None
        return roles[addressee(number, entitled, secretariat, sender)]


def acts(scenes: tuple[Scene, ...]) -> list[Act]:
    return [act for scene in scenes for act in scene.acts]


@pytest.mark.parametrize("today", TODAYS)
@pytest.mark.parametrize("take", [0, TAKES - 1])
def test_every_act_ends_as_scripted(today: date, take: int) -> None:
    data = generate(today)
    office = Office(data)
    for act in acts(script(data, take)):
        if act.repeats is None and act.results:
            results, errors, role = office.play(act)
            told = (act.name, act.results, set(act.errors), act.addressee)
            assert (act.name, results, errors, role) == told


def test_an_act_without_declaration_is_unreadable() -> None:
    (shapeless,) = [act for act in acts(script(generate(TODAYS[0]))) if not act.results]
    with pytest.raises(ValidationError):
        Declaration.model_validate(shapeless.declaration)


def test_the_scenario_covers_the_promises_of_the_demonstration() -> None:
    played = acts(script(generate(TODAYS[0])))
    kinds = {name for act in played for name in act.declaration if name.startswith("dimona")}
    assert kinds == {kind.block for kind in Kind}
    assert {act.results for act in played} == {("A",), ("W",), ("B",), ("S", "A"), ("S", "B"), ()}
    errors = {error for act in played for error in act.errors}
    assert {"90373-333", "90373-460", "90256-155", "90017-151", "90017-510", "00913-357"} <= errors
    assert errors <= ANOMALIES.keys()
    assert any(act.repeats for act in played)
    assert any(act.addressee != act.sender for act in played)


def test_every_performance_has_its_own_workers() -> None:
    data = generate(TODAYS[0])
    seen: set[str] = set()
    for take in range(TAKES):
        declared = {
            str(worker)
            for act in acts(script(data, take))
            if (worker := act.declaration.get("worker")) is not None
        }
        assert not declared & seen
        seen |= declared
    with pytest.raises(ValueError, match="takes"):
        script(data, TAKES)


def test_names_of_acts_are_unique_and_refer_backwards() -> None:
    seen: set[str] = set()
    for act in acts(script(generate(TODAYS[0]))):
        block = next(value for name, value in act.declaration.items() if name.startswith("dimona"))
        named = [value.act for value in block.values() if isinstance(value, NumberOf)]
        assert {*named, *([act.repeats] if act.repeats else [])} <= seen
        assert act.name not in seen
        seen.add(act.name)
