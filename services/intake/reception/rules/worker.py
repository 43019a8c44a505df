"""Rows of the rule table about the worker: the NISS, or the data that are compulsory without a NISS."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.intake.reception.rules.facts import INVALID, Facts, Invalid
from services.intake.reception.rules.row import ALL, IN, Row, is_bad_text
from shared.domain import lengths
from shared.domain.characters import transliterate
from shared.domain.declared import Address
from shared.domain.features import OCCASIONAL
from shared.domain.places import BELGIUM, is_city_of, is_country, is_post_code

_OLDEST: Final = 120  #: years


def _unreal_birth_date(f: Facts) -> bool:
    """Return whether the birth date cannot be read, or the year is in the future or over 120 years ago."""
    if f.birth_year is None:
        return False
    return isinstance(f.birth_year, Invalid) or not f.today.year - _OLDEST <= f.birth_year <= f.today.year


def _bad_name(name: str | None, longest: int) -> bool:
    """Return whether a name is not accepted.

    A name must not be blank or longer than `longest` characters, and each character must have a form in the
    characters of Annex 24. None is not bad.
    """
    return is_bad_text(name, longest) or (name is not None and transliterate(name) is None)


def _bad_initial(f: Facts) -> bool:
    given = f.worker.initial
    return given is not None and not (len(given) == 1 and given.isalpha())


def _bad_country(code: int | None) -> bool:
    return code is not None and not is_country(code)


def bad_post_code(address: Address | None) -> bool:
    """Return whether a post code is blank or over nine characters, or a Belgian one is not in Annex 23."""
    if address is None or (given := address.post_code) is None:
        return False
    return is_bad_text(given, lengths.POST_CODE) or (address.country == BELGIUM and not is_post_code(given))


def bad_city(address: Address | None, today: date) -> bool:
    """Return whether the city of an address is not accepted.

    A city must not be blank or longer than forty characters. In Belgium it must belong to the post code on
    the day `today`. An address without city is not bad.
    """
    if address is None or (given := address.municipality) is None:
        return False
    if is_bad_text(given.name, lengths.CITY):
        return True
    if address.country != BELGIUM or address.post_code is None or (given.name is None and given.code is None):
        return False
    return not is_city_of(address.post_code, given.name, given.code, today)


def bad_country_of(address: Address | None) -> bool:
    """Return whether the country of an address is given and is not in Annex 5."""
    return address is not None and _bad_country(address.country)


def bad_street(address: Address | None, longest: int) -> bool:
    """Return whether a street is blank or over `longest` characters: 35 for a home, 42 for other places."""
    return address is not None and is_bad_text(address.street, longest)


def bad_house_number(address: Address | None) -> bool:
    """Return whether a house number is blank or has more than ten characters."""
    return address is not None and is_bad_text(address.house_number, lengths.HOUSE_NUMBER)


def bad_box_number(address: Address | None) -> bool:
    """Return whether a box number is blank or has more than four characters."""
    return address is not None and is_bad_text(address.box_number, lengths.BOX_NUMBER)


ROWS: Final = (
    Row(
        "00024-001",
        IN,
        "worker.ssin",
        lambda f: f.ssin is None and f.worker_type == OCCASIONAL,
    ),
    Row("00024-003", ALL, "worker.ssin", lambda f: f.ssin is INVALID),
    Row("00025-003", IN, "worker.familyName", lambda f: _bad_name(f.worker.family_name, lengths.FAMILY_NAME)),
    Row("00026-003", IN, "worker.givenName", lambda f: _bad_name(f.worker.given_name, lengths.GIVEN_NAME)),
    Row("00027-003", IN, "worker.initial", _bad_initial),
    Row("00028-003", IN, "worker.birthDate", _unreal_birth_date),
    Row(
        "00168-003",
        IN,
        "worker.placeOfBirth",
        lambda f: is_bad_text(f.worker.place_of_birth, lengths.PLACE_OF_BIRTH),
    ),
    Row("00169-003", IN, "worker.countryOfBirth", lambda f: _bad_country(f.worker.country_of_birth)),
    Row("00119-003", IN, "worker.nationality", lambda f: _bad_country(f.worker.nationality)),
    Row("00029-003", IN, "worker.gender", lambda f: f.worker.gender not in (None, 0, 1, 2)),
    Row("00030-003", IN, "worker.address.street", lambda f: bad_street(f.worker.address, lengths.STREET)),
    Row("00031-003", IN, "worker.address.houseNumber", lambda f: bad_house_number(f.worker.address)),
    Row("00032-003", IN, "worker.address.boxNumber", lambda f: bad_box_number(f.worker.address)),
    Row("00033-003", IN, "worker.address.postCode", lambda f: bad_post_code(f.worker.address)),
    Row("00034-003", IN, "worker.address.municipality", lambda f: bad_city(f.worker.address, f.today)),
    Row("00035-003", IN, "worker.address.country", lambda f: bad_country_of(f.worker.address)),
    Row(
        "90017-363",
        IN,
        "worker",
        lambda f: f.ssin is None and not f.identity_is_complete,
    ),
)
