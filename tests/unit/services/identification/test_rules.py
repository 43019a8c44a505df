"""Identification: the one certain person, or nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.rules import fold, match
from shared.domain.declared import DeclaredWorker
from shared.messages import Person
from tests.unit.builders import NISS, OTHER_NISS, WORKER


def worker(**given_: Any) -> DeclaredWorker:
    usual = {"familyName": "PEETERS", "givenName": "ANNE", "birthDate": "1993-05-18", "gender": 1}
    return DeclaredWorker.model_validate({**usual, **given_})


def person(**changed: Any) -> Person:
    return WORKER.model_copy(update=changed)


NAMESAKE = person(ssin=OTHER_NISS)
OTHER = person(ssin=OTHER_NISS, family_name="Janssens")


def test_a_niss_decides_alone() -> None:
    by_niss = DeclaredWorker.model_validate({"ssin": NISS, "familyName": "SOMEBODY"})
    assert match(by_niss, [OTHER, WORKER]) == WORKER
    assert match(by_niss, [OTHER]) is None
    assert match(by_niss, []) is None


@pytest.mark.parametrize(
    ("declared", "candidates", "found"),
    [
        (worker(), [WORKER, OTHER], WORKER),
        (worker(familyName="peeters "), [WORKER], WORKER),
        (worker(givenName="ÄNNE"), [WORKER], WORKER),
        (worker(gender=0), [WORKER], WORKER),
        (worker(gender=2), [person(gender=0)], person(gender=0)),
        (worker(), [WORKER, WORKER], WORKER),
        (worker(), [WORKER, NAMESAKE], None),
        (worker(gender=1), [WORKER, person(ssin=OTHER_NISS, gender=2)], WORKER),
        (worker(gender=2), [WORKER], None),
        (worker(familyName="Peters"), [WORKER], None),
        (worker(givenName="Anna"), [WORKER], None),
        (worker(birthDate="1993-05-19"), [WORKER], None),
        (worker(birthDate="1985-00-00"), [person(birth_date="1985-00-00")], person(birth_date="1985-00-00")),
        (worker(familyName="-"), [person(family_name="'")], None),
        (worker(), [], None),
    ],
    ids=[
        "the one",
        "case and blanks",
        "accents",
        "gender not given",
        "gender not registered",
        "the same twice",
        "namesakes",
        "namesakes told apart by gender",
        "other gender",
        "other family name",
        "other given name",
        "other birth date",
        "partial birth date",
        "no letters",
        "nobody",
    ],
)
def test_without_niss_exactly_one_must_agree(
    declared: DeclaredWorker, candidates: list[Person], found: Person | None
) -> None:
    assert match(declared, candidates) == found


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Van den Bossche", "VANDENBOSSCHE"),
        ("D'Hondt-Müller", "DHONDTMULLER"),
        ("Łukasz Đorđević", "LUKASZDORDEVIC"),
        ("Søren Æbelø", "SORENAEBELO"),
        ("Strauß", "STRAUSS"),
        ("Œuvrard", "OEUVRARD"),
        ("ﬁn", "FIN"),
        ("Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
        ("0123", ""),
    ],
)
def test_a_name_is_folded_to_plain_capitals(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text())
def test_folding_again_changes_nothing(name: str) -> None:
    assert fold(fold(name)) == fold(name)
