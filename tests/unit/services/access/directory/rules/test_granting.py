"""Permitted grants, complete designations, and changeable fields of an employer: row by row."""

from __future__ import annotations

from typing import Any

import pytest

from services.access.directory.api.employers import Change
from services.access.directory.rules import employers, persons
from services.access.directory.rules.designation import REQUIRED, missing
from services.access.directory.rules.granting import (
    GRANTED_BY,
    OF_THE_AUTHORITY,
    beyond,
    changes,
    grantable,
)
from shared.domain.rights import AUTHORITY, MessageType, Right

NUMBER = "0477472701"


def test_the_chain_goes_from_the_principal_to_the_local_manager_to_the_user() -> None:
    assert GRANTED_BY.keys() == set(Right)
    assert GRANTED_BY[Right.USERS] == {Right.ACCESS}
    given = {right for right, by in GRANTED_BY.items() if by == {Right.USERS}}
    assert given == set(Right) - {Right.REPRESENTATIVE, Right.ACCESS, Right.USERS}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("has", Right)
def test_a_right_grants_the_rights_of_its_row_only(has: Right, right: Right) -> None:
    number = AUTHORITY if right in OF_THE_AUTHORITY else NUMBER
    assert (beyond([has], number, [(right, None)]) == set()) is (has in GRANTED_BY[right])


def test_an_agent_corrects_representatives_except_of_the_authority() -> None:
    every = [(right, None) for right in Right]
    assert beyond([Right.AGENT], NUMBER, every) == set(Right) - {Right.REPRESENTATIVE}
    assert beyond([Right.AGENT], AUTHORITY, every) == set(Right)


@pytest.mark.parametrize("right", sorted(OF_THE_AUTHORITY))
def test_only_the_authority_has_agents(right: Right) -> None:
    assert beyond([Right.USERS], NUMBER, [(right, None)]) == {right}


def test_a_change_has_the_differing_fields() -> None:
    one, other = (Right.EBOX, MessageType.NEGATIVE), (Right.EBOX, None)
    assert changes([one], [one, other]) == ({other}, set())
    assert changes([one], [other]) == ({other}, {one})


WHOLE: dict[str, Any] = {
    "enterpriseNumber": NUMBER,
    "employerId": None,
    "person": {"ssin": "1", "phone": "2"},
    "responsible": {"ssin": "3", "phone": "4"},
}


def test_a_complete_designation_misses_no_field() -> None:
    assert missing(WHOLE) == []
    assert missing({**WHOLE, "enterpriseNumber": None, "employerId": 1}) == []


def test_an_empty_designation_misses_every_field() -> None:
    nothing = {"enterpriseNumber": None, "employerId": None, "person": None, "responsible": None}
    assert [finding.field for finding in missing(nothing)] == [fields[0] for fields, _ in REQUIRED]


def test_names_and_language_of_every_person_are_required() -> None:
    found = persons.missing({"familyName": "Peeters", "givenName": None, "language": None}, "person")
    assert [finding.field for finding in found] == [("person", "givenName"), ("person", "language")]


@pytest.mark.parametrize(
    ("said", "given", "fits"),
    [
        ("Müller-Dupré", "An", True),
        ("MULLER DUPRE", "an", True),
        ("Muller", "An", False),
        ("Müller-Dupré", "Ann", False),
        ("", "An", False),
        (None, "An", False),
    ],
)
def test_a_known_person_is_named_by_number_and_both_names(said: str | None, given: str, fits: bool) -> None:
    known = {"familyName": "Müller-Dupré", "givenName": "An"}
    assert persons.is_named({"familyName": said, "givenName": given}, known) is fits


def test_every_field_of_an_employer_has_a_row() -> None:
    fields = {info.alias for info in Change.model_fields.values()}
    assert employers.CHANGED_BY.keys() == fields


@pytest.mark.parametrize(
    ("has", "may"),
    [
        (Right.REPRESENTATIVE, {"name", "language", "dailyRegistration"}),
        (Right.ACCESS, {"name", "language", "dailyRegistration"}),
        (Right.AGENT, set(employers.CHANGED_BY)),
        (Right.USERS, set()),
        (Right.DECLARE, set()),
    ],
)
def test_changeable_fields_of_an_employer_by_role(has: Right, may: set[str]) -> None:
    assert set(employers.beyond([has], employers.CHANGED_BY)) == set(employers.CHANGED_BY) - may


DEFINITIVE, OTHER, PROVISIONAL, OTHER_PROVISIONAL = 125482497, 100006, 5000000120, 5999999989


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        (PROVISIONAL, DEFINITIVE, True),
        (DEFINITIVE, DEFINITIVE, True),
        (DEFINITIVE, OTHER, False),
        (DEFINITIVE, PROVISIONAL, False),
        (PROVISIONAL, OTHER_PROVISIONAL, False),
    ],
)
def test_a_provisional_number_is_replaced_once(before: int, after: int, allowed: bool) -> None:
    assert (employers.renumbered(before, after) == []) is allowed


def test_the_authority_cannot_be_registered() -> None:
    assert not employers.registrable(AUTHORITY)
    assert employers.registrable(NUMBER)


@pytest.mark.parametrize("has", Right)
@pytest.mark.parametrize("number", [NUMBER, AUTHORITY])
def test_the_rights_that_a_person_may_give_are_those_that_are_not_beyond(has: Right, number: str) -> None:
    given = grantable([has], number)
    assert beyond([has], number, [(right, None) for right in given]) == set()
    assert beyond([has], number, [(right, None) for right in Right]) == set(Right) - set(given)
