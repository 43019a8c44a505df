"""The table of scenarios: it has every code that a sender can meet, and its workers are its own."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from deploy.local.demo.data import generate
from deploy.local.sandbox import canary
from deploy.local.sandbox.data import SandboxData, sandbox, surroundings
from deploy.local.sandbox.scenarios import scenarios, unreachable
from services.access.loading.document import Document
from shared.domain.anomalies import ANOMALIES, Status
from shared.domain.calendar import quarter
from shared.domain.declared import Declaration
from shared.domain.identifiers import parse_ssin

TODAY = date(2026, 11, 30)


def data(today: date = TODAY) -> SandboxData:
    return sandbox(today, 1)


def test_every_code_has_a_scenario_or_a_reason_without() -> None:
    judged = {code for row in scenarios().values() for code in row.result.split() if len(code) > 1}
    raised = {code for code, row in ANOMALIES.items() if row.status is Status.IMPLEMENTED}
    assert raised - judged - unreachable().keys() == set()
    assert judged & unreachable().keys() == set()


def test_every_result_has_a_scenario() -> None:
    assert {row.result.partition(" ")[0] for row in scenarios().values()} == {"A", "W", "B", "S"}
    assert {row.result for row in scenarios().values()} >= {"S A", "S B 90017-151"}


def test_workers_belong_to_one_scenario_each_and_not_to_the_demo() -> None:
    workers = [row.test_worker for row in scenarios().values()]
    numbers = {number for worker in workers for number in (worker.ssin, worker.number_in_force)}
    assert len(numbers) == 2 * len(workers)
    assert all(parse_ssin(number) for number in numbers)
    demo = generate(TODAY)
    people = {person.ssin for person in (*demo.people, *demo.strangers, *demo.beginners)}
    assert numbers.isdisjoint(people | {user.ssin for user in demo.users.values()})


@pytest.mark.parametrize("days", range(0, 366, 14))
def test_every_declaration_can_be_read_on_any_day(days: int) -> None:
    """Fifteen days of `week` always lie in one quarter."""
    values = surroundings(data(TODAY + timedelta(days)), data().organizations["hotel"].enterprise_number)
    for row in scenarios().values():
        for place, step in enumerate(row.steps):
            document = values.declaration(row, step, [600027876089] * place)
            assert "{" not in str(list(document.values())[-1].get("startDate", ""))
            Declaration.model_validate(document)
    first = date.fromisoformat(
        values.declaration(scenarios()["weeks"], scenarios()["weeks"], [])["dimonaIn"]["startDate"]
    )
    assert quarter(first) == quarter(first + timedelta(14))


def test_the_directory_of_the_sandbox_has_no_institution() -> None:
    document = Document.model_validate_json(data().access_json())
    assert document.institutions == ()
    production = Document.model_validate_json(generate(TODAY).access_json())
    readers = {client for institution in production.institutions for client in institution.clients}
    clients = {client.client_id for client in production.clients}
    assert {client.client_id for client in document.clients} == (clients - readers) | {canary.CLIENT}


def test_the_canary_shares_no_organization_and_no_worker() -> None:
    """Each of its rounds deletes all declarations of its organization."""
    others = {client.organization for client in data().clients} | {
        row.enterprise_number for row in generate(TODAY).organizations.values()
    }
    assert canary.ORGANIZATION.enterprise_number not in others
    assert canary.WORKER.ssin not in {row.test_worker.ssin for row in scenarios().values()}
    registered = json.loads(data().register_json())["persons"]
    assert [row["ssin"] for row in registered].count(canary.WORKER.ssin) == 1
