"""The demo data: valid check digits, equal on every run, and every case of a mandate."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.be import bis, nn, vat

from deploy.local.demo import numbers
from deploy.local.demo.data import STRANGERS, WORKERS, DemoData, generate
from deploy.local.demo.directory import FEED
from services.access.loading.document import Document
from shared.domain.declared import DeclaredWorker
from shared.domain.identifiers import parse_employer_id, parse_enterprise_number, parse_ssin
from shared.domain.rights import AUTHORITY, Right
from shared.messages import Career, RegisterEntry

TODAY = date(2026, 2, 21)


@pytest.fixture(scope="module")
def data() -> DemoData:
    return generate(TODAY)


def test_generation_is_deterministic_and_follows_the_seed(data: DemoData) -> None:
    assert generate(TODAY) == data
    assert generate(TODAY).access_json() == data.access_json()
    assert generate(TODAY, seed=2).workers != data.workers


def test_roles_do_not_depend_on_the_day(data: DemoData) -> None:
    later = generate(date(2027, 7, 1))
    assert later.people == data.people
    assert later.organizations == data.organizations
    assert later.clients == data.clients


def test_counts(data: DemoData) -> None:
    assert len(data.people) == WORKERS >= 200
    assert len(data.strangers) == STRANGERS
    assert sum(organization.employer is not None for organization in data.organizations.values()) >= 6
    assert len(data.institutions) == 2


def test_every_number_of_a_person_is_valid_and_fits_the_identity(data: DemoData) -> None:
    people = (*data.people, *data.strangers, *data.beginners)
    assert len({person.ssin for person in people}) == len(people)
    for person in people:
        library = bis if int(person.ssin[2:4]) > 12 else nn
        assert library.is_valid(person.ssin)
        assert parse_ssin(person.ssin) == person.ssin
        assert library.get_gender(person.ssin) == {1: "M", 2: "F"}[person.gender]
        assert library.get_birth_year(person.ssin) == int(person.birth_date[:4])
        known = None if person.birth_date.endswith("-00-00") else date.fromisoformat(person.birth_date)
        assert library.get_birth_date(person.ssin) == known


def test_the_register_has_every_kind_of_person(data: DemoData) -> None:
    assert sum(int(person.ssin[2:4]) > 12 for person in data.people) >= 10
    assert any(person.birth_date.endswith("-00-00") for person in data.people)
    assert len({person.nationality for person in data.people}) >= 8
    assert {person.gender for person in data.people} == {1, 2}


def test_no_two_persons_share_names_and_birthday(data: DemoData) -> None:
    people = (*data.people, *data.strangers)
    assert len({(p.family_name, p.given_name, p.birth_date) for p in people}) == len(people)


def test_every_number_of_an_organization_is_valid(data: DemoData) -> None:
    for organization in data.organizations.values():
        assert vat.is_valid(organization.enterprise_number)
        assert parse_enterprise_number(organization.enterprise_number) == organization.enterprise_number
        if organization.employer is not None:
            assert parse_employer_id(organization.employer.employer_id) == organization.employer.employer_id


@given(st.integers(0, 99_999), st.integers(0, 9_999))
def test_generated_numbers_of_employers_are_valid_over_their_whole_range(enterprise: int, nsso: int) -> None:
    assert parse_enterprise_number(numbers.make_enterprise_number(enterprise)) is not None
    assert parse_employer_id(numbers.make_employer_id(nsso)) is not None
    assert parse_employer_id(numbers.make_provisional_employer_id(enterprise)) is not None


@given(
    st.dates(date(1930, 1, 1), date(2025, 12, 31)),
    st.sampled_from((numbers.MALE, numbers.FEMALE)),
    st.integers(0, numbers.SERIALS - 1),
    st.booleans(),
)
def test_generated_ssins_are_valid_over_their_whole_range(
    born: date, gender: int, serial: int, is_bis: bool
) -> None:
    ssin = numbers.make_ssin(born.isoformat(), gender, serial, bis=is_bis)
    library = bis if is_bis else nn
    assert library.is_valid(ssin)
    assert library.get_birth_date(ssin) == born
    assert library.get_gender(ssin) == {1: "M", 2: "F"}[gender]


def test_register_document_holds_persons_of_the_register(data: DemoData) -> None:
    persons = json.loads(data.register_json())["persons"]
    known = [*data.workers, *(person.ssin for person in data.beginners)]
    assert [RegisterEntry.model_validate(person).ssin for person in persons] == known


def test_the_register_has_careers_that_allow_and_exclude_flexi_jobs(data: DemoData) -> None:
    """No worker that another test declares as flexi is excluded from flexi-jobs."""
    careers = [Career.model_validate(row) for row in json.loads(data.register_json())["careers"]]
    assert {career.quarter for career in careers} == {"2025Q2", "2025Q3"}
    unfit = {career.ssin for career in careers if career.share == 0}
    assert unfit == {person.ssin for person in data.beginners}
    assert {career.ssin for career in careers if career.share == 1} == set(data.workers[::20])


def test_an_unknown_worker_has_every_compulsory_field(data: DemoData) -> None:
    worker = DeclaredWorker.model_validate(data.unknown_worker)
    optional = {"ssin", "initial"}
    assert {name for name, value in worker if value is None} == optional
    assert worker.address is not None
    assert {name for name, value in worker.address if value is None} <= {"box_number"}
    assert data.strangers[0].ssin not in data.workers


def test_an_employer_declares_for_itself(data: DemoData) -> None:
    client = data.client_of("bakery")
    assert client.employers == (client.organization,)
    assert client.client_id.startswith("self_service_chaman_")


def test_the_secretariat_declares_for_its_affiliates(data: DemoData) -> None:
    document = Document.model_validate_json(data.access_json())
    client = data.client_of("secretariat")
    number = {role: organization.enterprise_number for role, organization in data.organizations.items()}
    assert set(client.employers) == {
        number["secretariat"], number["brewery"], number["garage"], number["joinery"],
    }  # fmt: skip
    affiliated = {row.employer for row in document.affiliations if row.secretariat == number["secretariat"]}
    assert affiliated == {number["brewery"], number["garage"], number["joinery"], number["nursery"]}
    assert data.client_of("nursery").employers == (number["nursery"],)


def test_the_service_provider_has_mandates_but_no_affiliates(data: DemoData) -> None:
    document = Document.model_validate_json(data.access_json())
    client = data.client_of("provider")
    assert len(client.employers) > 1
    assert not {row.employer for row in document.affiliations} & set(client.employers)


def test_some_employers_have_no_client(data: DemoData) -> None:
    declarable = {employer for client in data.clients for employer in client.employers}
    for role in ("studio", "printer", "mill", "municipality", "agency"):
        assert data.organizations[role].enterprise_number not in declarable


@pytest.mark.parametrize(
    ("today", "end"),
    [(date(2026, 1, 1), "2025Q4"), (date(2026, 5, 31), "2026Q1"), (date(2026, 12, 31), "2026Q3")],
)
def test_one_mandate_ended_with_the_last_quarter(today: date, end: str) -> None:
    document = Document.model_validate_json(generate(today).access_json())
    assert [mandate.end_quarter for mandate in document.mandates if mandate.end_quarter] == [end]


def test_every_login_is_in_the_file_with_a_unique_number(data: DemoData) -> None:
    document = Document.model_validate_json(data.access_json())
    assert {person.ssin for person in document.persons} == {user.ssin for user in data.users.values()}
    assert len(document.persons) == len(data.users)
    assert not {person.ssin for person in document.persons} & {
        person.ssin for person in (*data.people, *data.strangers)
    }
    assert len(document.grants) == sum(len(user.rights) for user in data.users.values())


@pytest.mark.parametrize("right", Right)
def test_each_right_has_a_user(data: DemoData, right: Right) -> None:
    assert any(right == has for user in data.users.values() for has, _ in user.rights)


def test_only_the_authority_has_agents(data: DemoData) -> None:
    of_the_authority = {Right.AGENT, Right.PRIVACY}
    for user in data.users.values():
        if of_the_authority & {right for right, _ in user.rights}:
            assert data.number_of(user) == AUTHORITY


def test_each_institution_has_a_client_with_the_scope_of_the_feed(data: DemoData) -> None:
    document = Document.model_validate_json(data.access_json())
    scopes = {client.client_id: client.scopes for client in document.clients}
    readers = [client for institution in document.institutions for client in institution.clients]
    assert len(set(readers)) == len(data.institutions) == 2
    assert all(scopes[reader] == (FEED,) for reader in readers)
    assert {*readers} < {*data.signers}


def test_each_institution_has_an_authorization_by_two_agents_with_its_own_fields(data: DemoData) -> None:
    institutions = Document.model_validate_json(data.access_json()).institutions
    given = [institution.authorization for institution in institutions if institution.authorization]
    agents = {user.user_id for user in data.users.values() if (Right.AGENT, None) in user.rights}
    assert len({authorization.fields for authorization in given}) == 2
    for authorization in given:
        assert {str(authorization.granted_by), str(authorization.confirmed_by)} == agents
