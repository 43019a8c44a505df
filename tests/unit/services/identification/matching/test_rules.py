"""Identification: the one certain person, or the reason why there is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.matching.rules import Limits, Unidentified, fold, identify, name_key, search_keys
from services.identification.matching.rules.dates import swapped
from services.identification.matching.rules.names import likeness
from services.identification.matching.rules.score import best, score
from shared.domain.declared import DeclaredWorker
from shared.messages import RegisterEntry
from tests.unit.builders import NISS, OTHER_NISS, WORKER, an_in

KNOWN = RegisterEntry.model_validate(WORKER.model_dump())
HOME = {"street": "Kerkstraat", "postCode": "9000", "municipality": 44021}
ADDRESS = {"street": "Kerkstraat", "postCode": "9000", "municipality": {"code": 44021, "name": "GENT"}}
ELSEWHERE = {"street": "Rue Haute", "postCode": "4000", "municipality": {"code": 62063, "name": "LIEGE"}}


def worker(**given_: Any) -> DeclaredWorker:
    usual = {"familyName": "PEETERS", "givenName": "ANNE", "birthDate": "1993-05-18", "gender": 1}
    return DeclaredWorker.model_validate({**usual, **given_})


def entry(**changed: Any) -> RegisterEntry:
    return RegisterEntry.model_validate({**KNOWN.model_dump(by_alias=True), **changed})


def twin(**changed: Any) -> RegisterEntry:
    return entry(ssin=OTHER_NISS, **changed)


def found(declared: DeclaredWorker, *candidates: RegisterEntry) -> str:
    """Return the name of the outcome: me, twin, several, or no person."""
    one, several = best(declared, candidates)
    return {NISS: "me", OTHER_NISS: "twin"}[one.ssin] if one else "several" if several else "nobody"


TABLE: dict[str, tuple[DeclaredWorker, list[RegisterEntry], str]] = {
    "the one": (worker(), [KNOWN], "me"),
    "nobody": (worker(), [], "nobody"),
    "the same twice": (worker(), [KNOWN, KNOWN], "me"),
    "case and blanks": (worker(familyName=" peeters "), [KNOWN], "me"),
    "accents": (worker(familyName="Péétèrs", givenName="ÄNNE"), [KNOWN], "me"),
    "one letter less": (worker(familyName="Peters"), [KNOWN], "me"),
    "two small slips": (worker(familyName="Peters", givenName="Annet"), [KNOWN], "me"),
    "another given name": (worker(givenName="Anna"), [KNOWN], "nobody"),
    "another family name": (worker(familyName="Janssens"), [KNOWN], "nobody"),
    "a name without letters": (worker(familyName="-"), [entry(familyName="'")], "nobody"),
    "particle in one word": (worker(familyName="Vandenbossche"), [entry(familyName="Van den Bossche")], "me"),
    "particle left out": (worker(familyName="Berg"), [entry(familyName="van den Berg")], "me"),
    "apostrophe": (worker(familyName="Dhondt"), [entry(familyName="D'Hondt")], "me"),
    "hyphen": (worker(givenName="Anne Marie"), [entry(givenName="Anne-Marie")], "me"),
    "half a double name": (worker(), [entry(familyName="Peeters-Claes")], "me"),
    "first of the given names": (worker(), [entry(givenName="Anne Maria Jozefa")], "me"),
    "swapped names": (worker(familyName="ANNE", givenName="PEETERS"), [KNOWN], "me"),
    "swapped names of somebody else": (worker(familyName="ANNE", givenName="JANSSENS"), [KNOWN], "nobody"),
    "transliterated": (worker(familyName="Mueller"), [entry(familyName="Müller")], "me"),
    "partial on both sides": (worker(birthDate="1993-00-00"), [entry(birthDate="1993-00-00")], "me"),
    "partial as declared": (worker(birthDate="1993-00-00"), [KNOWN], "me"),
    "partial in the register": (worker(), [entry(birthDate="1993-05-00")], "me"),
    "partial, another year": (worker(birthDate="1994-00-00"), [KNOWN], "nobody"),
    "partial, a name misspelt too": (
        worker(birthDate="1993-00-00", familyName="Petters"),
        [KNOWN],
        "nobody",
    ),
    "day and month swapped": (worker(birthDate="1993-05-08"), [entry(birthDate="1993-08-05")], "me"),
    "day and month swapped, gender unknown": (
        worker(birthDate="1993-05-08", gender=0),
        [entry(birthDate="1993-08-05")],
        "nobody",
    ),
    "another day": (worker(birthDate="1993-05-19"), [KNOWN], "nobody"),
    "another year": (worker(birthDate="1983-05-18"), [KNOWN], "nobody"),
    "gender not given": (worker(gender=0), [KNOWN], "me"),
    "gender not registered": (worker(gender=2), [entry(gender=0)], "me"),
    "wrong gender": (worker(gender=2), [KNOWN], "nobody"),
    "namesakes": (worker(), [KNOWN, twin()], "several"),
    "namesakes told apart by gender": (worker(), [KNOWN, twin(gender=2)], "me"),
    "namesakes told apart by home": (
        worker(address=ADDRESS),
        [entry(address=HOME), twin(address={"postCode": "4000", "street": "Rue Haute"})],
        "me",
    ),
    "one of two twins": (worker(givenName="ELS"), [KNOWN, twin(givenName="Els")], "twin"),
    "twins of like names": (worker(givenName="ANNA"), [KNOWN, twin(givenName="Anna")], "twin"),
    "twins of like names, misspelt": (
        worker(givenName="MARIANN"),
        [entry(givenName="Marian"), twin(givenName="Marianne")],
        "several",
    ),
    "the twin is not registered": (worker(givenName="ELS"), [KNOWN], "nobody"),
    "home agrees": (worker(address=ADDRESS), [entry(address=HOME)], "me"),
    "moved": (worker(address=ELSEWHERE), [entry(address=HOME)], "me"),
    "moved, and a name misspelt": (
        worker(address=ELSEWHERE, familyName="Peters"),
        [entry(address=HOME)],
        "nobody",
    ),
    "home agrees, wrong gender": (worker(address=ADDRESS, gender=2), [entry(address=HOME)], "nobody"),
}


@pytest.mark.parametrize(("declared", "candidates", "expected"), TABLE.values(), ids=TABLE)
def test_without_niss_one_must_be_certain(
    declared: DeclaredWorker, candidates: list[RegisterEntry], expected: str
) -> None:
    assert found(declared, *candidates) == expected
    assert found(declared, *reversed(candidates)) == expected


@pytest.mark.parametrize("name", [name for name, (_, _, expected) in TABLE.items() if expected != "nobody"])
def test_a_certain_person_is_among_the_candidates(name: str) -> None:
    """The search of the store: an equal birth date or name key."""
    declared, candidates, _ = TABLE[name]
    keys = set(search_keys(declared))
    assert all({one.birth_date, name_key(one.family_name, one.birth_date)} & keys for one in candidates)


def test_no_search_without_a_birth_date() -> None:
    assert search_keys(DeclaredWorker()) == ()
    assert score(DeclaredWorker(), KNOWN).points == 0


def test_thresholds_are_settings() -> None:
    misspelt = worker(familyName="Peters")
    assert best(misspelt, [KNOWN], Limits(threshold=99))[0] is None
    near = [entry(familyName="Peter"), twin(familyName="Petersen")]
    assert best(misspelt, near) == (None, True)
    assert best(misspelt, near, Limits(margin=0.5))[0] == near[0]


def test_a_niss_decides_alone() -> None:
    declared = an_in(worker={"ssin": NISS, "familyName": "SOMEBODY"})
    assert identify(declared, [KNOWN]) == KNOWN
    assert identify(declared, []) is Unidentified.UNKNOWN_NUMBER


@pytest.mark.parametrize(
    ("died", "expected"),
    [("2026-02-20", Unidentified.DECEASED), ("2026-02-21", KNOWN), ("2026-03-01", KNOWN)],
)
def test_a_person_deceased_before_the_period_is_not_its_worker(died: str, expected: object) -> None:
    """The IN of `an_in` begins on 2026-02-21."""
    late = entry(deceasedOn=died)
    answer = identify(an_in(worker={"ssin": NISS}), [late])
    assert answer == (late if expected == KNOWN else expected)


def test_deceased_persons_are_no_candidates() -> None:
    given_ = worker().model_dump(by_alias=True, exclude_none=True)
    declared = an_in(worker=given_)
    assert identify(declared, [KNOWN, twin(deceasedOn="2020-01-01")]) == KNOWN
    assert identify(declared, [KNOWN, twin()]) is Unidentified.AMBIGUOUS
    assert identify(declared, [entry(deceasedOn="2020-01-01")]) is Unidentified.NO_MATCH


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


@given(st.text(), st.text())
def test_similarity_is_symmetric(one: str, other: str) -> None:
    assert likeness(one, other) == pytest.approx(likeness(other, one))
    assert 0 <= likeness(one, other) <= 1


@pytest.mark.parametrize(
    ("date", "turned"),
    [
        ("1993-05-08", "1993-08-05"),
        ("1993-05-12", "1993-12-05"),
        ("1993-05-13", None),
        ("1993-05-18", None),
        ("1993-05-05", None),
        ("1993-05-00", None),
        ("1993-00-00", None),
    ],
)
def test_day_and_month_are_swapped_if_that_is_another_date(date: str, turned: str | None) -> None:
    assert swapped(date) == turned


def test_reasons_of_a_case_have_their_stored_names() -> None:
    assert [str(reason) for reason in Unidentified] == ["unknown_number", "deceased", "nobody", "ambiguous"]
