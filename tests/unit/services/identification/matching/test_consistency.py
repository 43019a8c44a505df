"""Data declared beside a NISS that differ from the register give a warning only."""

from __future__ import annotations

from typing import Any

import pytest

from services.identification.matching.rules import inconsistencies
from shared.domain.declared import DeclaredWorker
from shared.messages import Person
from tests.unit.builders import NISS, WORKER

#: Code, what raises it, what does not; the register: Anne Peeters, 1993-05-18, gender 1.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("00025-348", {"familyName": "Janssens"}, {"familyName": "PEETERS"}),
    ("00025-348", {"familyName": "ANNE"}, {"familyName": "Peters"}),
    ("00025-348", {"familyName": "Dupont"}, {"familyName": "Peeters-Janssens"}),
    ("00026-348", {"givenName": "Els"}, {"givenName": "ànne"}),
    ("00026-348", {"givenName": "Anna"}, {"givenName": "Anne-Marie"}),
    ("00028-348", {"birthDate": "1993-05-19"}, {"birthDate": "1993-05-18"}),
    ("00028-348", {"birthDate": "1994-00-00"}, {"birthDate": "1993-00-00"}),
    ("00028-348", {"birthDate": "1993-18-05"}, {"birthDate": "1993-05-00"}),
    ("00029-348", {"gender": 2}, {"gender": 1}),
    ("00029-348", {"gender": 2}, {"gender": 0}),
]


def codes(given: dict[str, Any], person: Person = WORKER) -> list[str]:
    declared = DeclaredWorker.model_validate({"ssin": NISS, **given})
    return [found.code for found in inconsistencies(declared, person)]


@pytest.mark.parametrize(("code", "raises", "passes"), CASES)
def test_a_contradiction_warns(code: str, raises: dict[str, Any], passes: dict[str, Any]) -> None:
    assert codes(raises) == [code]
    assert codes(passes) == []


@pytest.mark.parametrize("code", ["00025-348", "00026-348", "00028-348", "00029-348"])
def test_absent_data_cause_no_warning(code: str) -> None:
    assert code not in codes({})


def test_all_contradictions_are_named_in_the_order_of_the_zones() -> None:
    wrong = {"familyName": "Dupont", "givenName": "Luc", "birthDate": "1960-01-01", "gender": 2}
    declared = DeclaredWorker.model_validate({"ssin": NISS, **wrong})
    assert [(found.code, found.path) for found in inconsistencies(declared, WORKER)] == [
        ("00025-348", "worker.familyName"),
        ("00026-348", "worker.givenName"),
        ("00028-348", "worker.birthDate"),
        ("00029-348", "worker.gender"),
    ]


@pytest.mark.parametrize(("declared", "warned"), [("QQQ", []), ("QQQQ", ["00025-348"])])
def test_seventeen_equal_letters_of_twenty_are_enough(declared: str, warned: list[str]) -> None:
    known = WORKER.model_copy(update={"family_name": "ABCDEFGHIJKLMNOPRXXX"})
    assert codes({"familyName": "ABCDEFGHIJKLMNOPR"[: 20 - len(declared)] + declared}, known) == warned


def test_a_value_missing_in_the_register_is_no_contradiction() -> None:
    bare = WORKER.model_copy(update={"family_name": "-", "birth_date": "1993-00-00", "gender": 0})
    assert codes({"familyName": "Dupont", "birthDate": "1993-07-01", "gender": 2}, bare) == []


def test_without_niss_there_is_no_contradiction() -> None:
    assert inconsistencies(DeclaredWorker.model_validate({"familyName": "Dupont"}), WORKER) == ()
