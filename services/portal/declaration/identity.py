"""The identity data of a worker without NISS: the fields, their check, and the worker made from them. Pure.

Such a declaration needs all of them (anomaly 90017-363). The lengths and places are those of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from services.portal.declaration.rules import CHOICE, COUNTRY, Choice, Field, body_of_work, fields_of_work
from shared.domain import lengths
from shared.domain.characters import transliterate
from shared.domain.features import OCCASIONAL
from shared.domain.places import BELGIUM, is_city_of, is_post_code
from shared.words import later

FIELDS: Final = (
    Field("family_name", later("Family name"), longest=lengths.FAMILY_NAME),
    Field("given_name", later("Given name"), longest=lengths.GIVEN_NAME),
    Field("birth_date", later("Day of birth"), "date"),
    Field("place_of_birth", later("Place of birth"), longest=lengths.PLACE_OF_BIRTH),
    Field("country_of_birth", later("Country of birth"), COUNTRY),
    Field("nationality", later("Nationality"), COUNTRY),
    Field("gender", later("Sex"), CHOICE, options=(("1", later("man")), ("2", later("woman")))),
    Field("street", later("Street"), longest=lengths.STREET),
    Field("house_number", later("House number"), longest=lengths.HOUSE_NUMBER),
    Field("box_number", later("Box"), required=False, longest=lengths.BOX_NUMBER),
    Field("post_code", later("Postal code"), longest=lengths.POST_CODE),
    Field("city", later("Town"), longest=lengths.CITY),
    Field("country", later("Country"), COUNTRY),
)
_NAMES: Final = ("family_name", "given_name")


def may_lack_number(choice: Choice) -> bool:
    """Return whether a worker of this type can be declared without NISS; an occasional worker cannot."""
    return choice.worker_type != OCCASIONAL


def fields_of_in(choice: Choice) -> tuple[Field, ...]:
    """Return the fields of an IN without NISS."""
    return FIELDS + fields_of_work(choice)


def mistakes(typed: Mapping[str, str], today: date) -> dict[str, str]:
    """Return the mistakes in identity data without mistakes in a single field.

    They are in names, in the birth, and in a Belgian town that does not have its postal code. Each mistake is
    the name of the field, with a key of WRONG.
    """
    found = {name: "characters" for name in _NAMES if transliterate(typed.get(name, "")) is None}
    if typed.get("birth_date", "") > str(today):
        found["birth_date"] = "birth"
    if _code(typed, "country") == BELGIUM:
        post_code = typed.get("post_code", "")
        if not is_post_code(post_code):
            found["post_code"] = "post_code"
        elif not is_city_of(post_code, typed.get("city", ""), None, today):
            found["city"] = "city"
    return found


def body_of_in(choice: Choice, typed: Mapping[str, str], employer: str) -> dict[str, Any]:
    """Return the IN of a form without mistakes, for an employer."""
    return {
        "employer": {"enterpriseNumber": employer},
        "worker": _worker_of(typed),
        "dimonaIn": body_of_work(choice, typed),
    }


def _worker_of(typed: Mapping[str, str]) -> dict[str, Any]:
    address = {
        "street": typed["street"],
        "houseNumber": typed["house_number"],
        **({"boxNumber": typed["box_number"]} if typed.get("box_number") else {}),
        "postCode": typed["post_code"],
        "municipality": {"name": typed["city"]},
        "country": _code(typed, "country"),
    }
    return {
        "familyName": typed["family_name"],
        "givenName": typed["given_name"],
        "birthDate": typed["birth_date"],
        "placeOfBirth": typed["place_of_birth"],
        "countryOfBirth": _code(typed, "country_of_birth"),
        "nationality": _code(typed, "nationality"),
        "gender": _code(typed, "gender"),
        "address": address,
    }


def _code(typed: Mapping[str, str], name: str) -> int:
    return int(typed.get(name) or 0)
