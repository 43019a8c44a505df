"""The score: the cost of each disagreement in points, and its limits."""

from __future__ import annotations

from typing import Any

import pytest

from services.identification.matching.rules.score import Limits, Score, best, score, search_keys
from shared.domain.declared import DeclaredWorker
from shared.messages import RegisterEntry
from tests.unit.builders import OTHER_NISS, WORKER

KNOWN = RegisterEntry.model_validate(WORKER.model_dump())
#: Seventeen letters of twenty: just alike enough.
LIKE = "ABCDEFGHIJKLMNOPRQQQ", "ABCDEFGHIJKLMNOPRXXX"
HOME = {"street": "Kerkstraat", "postCode": "9000", "municipality": 44021}


def worker(**given: Any) -> DeclaredWorker:
    usual = {"familyName": "PEETERS", "givenName": "ANNE", "birthDate": "1993-05-18", "gender": 1}
    return DeclaredWorker.model_validate({**usual, **given})


def entry(**changed: Any) -> RegisterEntry:
    return RegisterEntry.model_validate({**KNOWN.model_dump(by_alias=True), **changed})


def lives_in(post_code: str | None, code: int | None, street: str | None = None) -> DeclaredWorker:
    given = {"postCode": post_code, "street": street, "municipality": {"code": code} if code else None}
    return worker(address={name: value for name, value in given.items() if value is not None})


@pytest.mark.parametrize(
    ("declared", "registered", "points"),
    [
        (worker(), KNOWN, 100),
        (worker(gender=2), KNOWN, 88),
        (worker(gender=0), KNOWN, 100),
        (worker(gender=None), KNOWN, 100),
        (worker(gender=1, birthDate="1993-05-19"), entry(gender=0), 72 / 0.88),
        (worker(gender=2), entry(gender=0), 100),
        (worker(birthDate="1993-05-19"), KNOWN, 84),
        (worker(birthDate="1993-06-19"), KNOWN, 68),
        (worker(birthDate="1993-00-00"), KNOWN, 92),
        (worker(birthDate="1993-05-08"), entry(birthDate="1993-08-05"), 90.4),
        (worker(familyName="ANNE", givenName="PEETERS"), KNOWN, 97.2),
        (worker(familyName="Peeters-Claes"), KNOWN, 96.8),
        (worker(givenName="Anne-Marie"), KNOWN, 97.6),
        (lives_in("9000", 44021, "Kerkstraat"), entry(address=HOME), 100),
        (lives_in("4000", 62063, "Kerkstraat"), entry(address=HOME), 104 / 1.1),
        (lives_in("9000", 44021, "Rue Haute"), entry(address=HOME), 106 / 1.1),
        (lives_in("4000", 62063, "Rue Haute"), entry(address=HOME), 100 / 1.1),
        (lives_in("9000", 62063), entry(address=HOME), 100),  # either says the place
        (lives_in("4000", 44021), entry(address=HOME), 100),
        (lives_in("4000", 99999), entry(address=HOME), 100 / 1.1),
        (lives_in("9000", 99999), entry(address=HOME), 100),
        (lives_in(None, 99999), entry(address={**HOME, "municipality": 99999}), 100),
        (lives_in("4000", 99999), entry(address={**HOME, "municipality": 99999}), 100 / 1.1),
        (lives_in(None, None, "Kerkstraat"), entry(address=HOME), 100),
        (lives_in(None, None, "Kerkstraten"), entry(address=HOME), 100),  # misspelt a little
        (lives_in(None, None, "Kerkplein"), entry(address=HOME), 100 / 1.1),
        (lives_in(None, None, LIKE[0]), entry(address={"street": LIKE[1]}), 100),
        (lives_in(None, None), entry(address=HOME), 100),  # nothing to compare
        (lives_in(None, 99999), entry(address=HOME), 100),
        (lives_in("9000", 44021), KNOWN, 100),
    ],
)
def test_the_points_of_a_candidate(
    declared: DeclaredWorker, registered: RegisterEntry, points: float
) -> None:
    assert score(declared, registered).points == pytest.approx(points)


def test_names_similar_in_their_own_fields_do_not_count_as_swapped() -> None:
    found = score(worker(familyName="Peter", givenName="Peters"), entry(familyName="Peters", givenName="Jan"))
    assert (found.family_name, found.given_name) == pytest.approx((10 / 11, 0))


def test_names_half_similar_in_their_own_fields_stay_there() -> None:
    found = score(worker(familyName="ABCDE", givenName="ABCFG"), entry(familyName="ABCFG", givenName="Jan"))
    assert found.family_name == pytest.approx(0.6)


def test_an_unregistered_gender_is_no_disagreement() -> None:
    assert score(worker(gender=2), entry(gender=0)).exact
    assert not score(worker(gender=2), KNOWN).exact


def test_the_limits() -> None:
    assert Limits() == Limits(threshold=90, margin=8, family_name=0.85, given_name=0.86, birth_date=0.7)


@pytest.mark.parametrize(
    ("changed", "enough"),
    [
        ({}, True),
        ({"points": 89.9}, False),
        ({"family_name": 0.84}, False),
        ({"given_name": 0.85}, False),
        ({"birth_date": 0.69}, False),
        ({"same_gender": False}, True),  # the points of a gender are enough
    ],
)
def test_every_limit_has_to_be_reached(changed: dict[str, Any], enough: bool) -> None:
    least: dict[str, Any] = {
        "points": 90,
        "family_name": 0.85,
        "given_name": 0.86,
        "birth_date": 0.7,
        "same_gender": True,
    }
    assert Score(**{**least, **changed}).enough(Limits()) is enough


@pytest.mark.parametrize("changed", ["family_name", "given_name", "birth_date"])
def test_all_must_agree_exactly_to_be_exact(changed: str) -> None:
    agreed: dict[str, Any] = {
        "points": 100,
        "family_name": 1,
        "given_name": 1,
        "birth_date": 1,
        "same_gender": True,
    }
    assert Score(**agreed).exact
    assert not Score(**{**agreed, changed: 0.99}).exact
    assert not Score(**{**agreed, "same_gender": False}).exact


def test_a_lead_of_eight_points_is_certain() -> None:
    misspelt = worker(familyName="Peeterss")
    second = entry(ssin=OTHER_NISS, birthDate="1993-05-00")
    ahead = score(misspelt, KNOWN).points - score(misspelt, second).points
    assert ahead == pytest.approx(8)
    assert best(misspelt, [KNOWN, second], Limits(margin=ahead)) == (KNOWN, False)
    assert best(misspelt, [KNOWN, second], Limits(margin=8.01)) == (None, True)


def test_candidates_are_found_by_date_and_either_name() -> None:
    assert search_keys(worker()) == ("1993-05-18", "1993PEETE", "1993ANNE")
    assert search_keys(worker(birthDate="1993-05-08")) == (
        "1993-05-08",
        "1993-08-05",
        "1993PEETE",
        "1993ANNE",
    )
    assert search_keys(worker(familyName="-", givenName=None)) == ("1993-05-18",)
