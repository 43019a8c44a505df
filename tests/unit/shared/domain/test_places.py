"""Countries and postal codes: the annexes, and the functions that read them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest

from shared.domain.data import rows
from shared.domain.places import BELGIUM, MERGERS, UNKNOWN_MUNICIPALITY, is_city_of, is_country, is_post_code


def test_the_annexes_are_complete() -> None:
    assert sum(1 for _ in rows("postal_codes")) == 3006
    assert sum(1 for _ in rows("countries")) == 474  # 475 with the old name of 486


@pytest.mark.parametrize(("code", "known"), [(BELGIUM, True), (111, True), (0, False), (99999, False)])
def test_countries(code: int, known: bool) -> None:
    assert is_country(code) is known


@pytest.mark.parametrize(
    ("post_code", "known"), [("1000", True), ("4000", True), ("9999", False), ("B-1000", False)]
)
def test_post_codes(post_code: str, known: bool) -> None:
    assert is_post_code(post_code) is known


@pytest.mark.parametrize(
    ("post_code", "name", "municipality", "right"),
    [
        ("1000", "Brussel", 21004, True),
        ("1000", "BRUXELLES", None, True),
        ("1000", "Brussels-on-Sea", 21004, True),  # the code is enough
        ("1000", "Bruxelles", 11002, True),  # and so is the name
        ("1000", "Antwerpen", 11002, False),
        ("1000", None, UNKNOWN_MUNICIPALITY, False),
        ("1000", None, None, False),
        ("4000", "Liege", None, True),
        ("1130", "Haren", None, True),  # Annex 23 writes Haren (Bru.)
        ("9999", "Nowhere", None, True),  # nothing to compare with
    ],
)
def test_cities(post_code: str, name: str | None, municipality: int | None, right: bool) -> None:
    assert is_city_of(post_code, name, municipality, date(2026, 1, 1)) is right


@pytest.mark.parametrize(
    ("post_code", "name", "code", "day", "accepted"),
    [
        ("9840", "Nazareth-De Pinte", None, date(2025, 1, 1), True),
        ("9840", "De Pinte", None, date(2025, 1, 1), True),
        ("9840", None, 44086, date(2024, 12, 31), False),
        ("9840", None, 44086, date(2025, 1, 1), True),
        ("9840", None, 44012, date(2025, 1, 1), True),
        ("6600", None, 82039, date(2024, 12, 1), False),
        ("6600", None, 82039, date(2024, 12, 2), True),
        ("2150", None, 11002, date(2025, 1, 1), True),
        ("3700", "Tongres-Looz", None, date(2025, 1, 1), True),
        ("8760", "Tielt", None, date(2024, 12, 31), False),
        ("8760", "Tielt", None, date(2025, 1, 1), True),
    ],
)
def test_merged_municipalities_count_from_the_day_of_the_merger(
    post_code: str, name: str | None, code: int | None, day: date, accepted: bool
) -> None:
    assert is_city_of(post_code, name, code, day) is accepted


@pytest.mark.parametrize(
    ("post_code", "name"),
    [("4000", "Liège"), ("5000", "Namur"), ("7500", "Tournai"), ("7700", "Mouscron"), ("3700", "Tongres")],
)
def test_a_french_name_that_the_annex_lacks_is_accepted(post_code: str, name: str) -> None:
    assert is_city_of(post_code, name, None, date(2026, 1, 1))
    assert not is_city_of(post_code, "Antwerpen", None, date(2026, 1, 1))


def test_thirteen_codes_are_new_and_twenty_nine_end() -> None:
    new = {merger.nis_code for merger in MERGERS} - {11002}
    assert len(new) == 13
    assert len({code for merger in MERGERS for code in merger.old}) == 29


@pytest.mark.parametrize("name", ["Antwerpen", "Vilvoorde", "Leuven", "Brugge", "Gent", "Hasselt"])
def test_a_flemish_town_with_another_postal_code_is_refused(name: str) -> None:
    assert not is_city_of("4000", name, None, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("post_code", "name"),
    [
        ("3001", "Leuven"),
        ("3001", "Louvain"),
        ("2100", "Antwerpen"),
        ("2100", "Anvers"),
        ("6001", "Charleroi"),
        ("4031", "Liège"),
        ("8951", "Heuvelland"),
        ("1853", "Grimbergen"),
    ],
)
def test_a_town_may_have_the_name_of_its_municipality(post_code: str, name: str) -> None:
    """Heverlee (3001) is a town of Leuven; the French name of Liège is in no row of the annex."""
    assert is_city_of(post_code, name, None, date(2026, 1, 1))
    assert not is_city_of(post_code, "Oostende", None, date(2026, 1, 1))


def test_every_name_of_a_municipality_goes_with_each_of_its_postal_codes() -> None:
    """Compare with a plain reading of the annex; no Dutch name goes with a municipality far away."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    post_codes: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows("postal_codes"):
        if row["nis_code"]:
            names[row["nis_code"]] |= {row["name_nl"], row["name_fr"]}
            post_codes[row["nis_code"]].add(row["post_code"])
    for municipality, towns in names.items():
        for post_code in post_codes[municipality]:
            assert all(is_city_of(post_code, town, None, date(2026, 1, 1)) for town in towns), post_code
            elsewhere = "Oostende" if municipality != "35013" else "Antwerpen"
            assert not is_city_of(post_code, elsewhere, None, date(2026, 1, 1)), post_code


@pytest.mark.parametrize(("post_code", "accepted"), [("1310", False), ("1030", True), ("4031", True)])
def test_an_unknown_name_is_refused_where_the_annex_has_all_names(post_code: str, accepted: bool) -> None:
    """A postal code of a municipality with two towns lacks a French name."""
    assert is_city_of(post_code, "Nowhere", None, date(2026, 1, 1)) is accepted


def test_a_postal_code_without_municipality_has_no_wrong_city() -> None:
    """The airport at Zaventem has 1931, an organization another."""
    assert is_city_of("1931", "Zaventem", None, date(2026, 1, 1))
    assert is_city_of("1931", None, None, date(2026, 1, 1))


def test_text_in_brackets_and_the_time_since_a_merger_do_not_matter() -> None:
    assert is_city_of("1310", "La Hulpe (centre)", None, date(2026, 1, 1))
    assert is_city_of("9840", None, 44086, date(2026, 1, 1))
    assert is_city_of("8760", "Tielt", None, date(2026, 1, 1))
