"""Invented people, drawn from the lists of `origins`, with all data of an identity card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from deploy.local.demo.numbers import FEMALE, MALE, SERIALS, make_ssin
from deploy.local.demo.origins import DUTCH, FRENCH, FRONTIER, GERMAN, SETTLED, Origin, Place

#: Birthdays do not depend on today's date, so that the demo has the same people on every day.
_BORN_FROM: Final = date(1961, 1, 1)
_BORN_WITHIN: Final = 47 * 365  #: days

#: Groups of origins, and how many of a hundred people come from each.
_GROUPS: Final[tuple[tuple[Origin, ...], ...]] = ((DUTCH,), (FRENCH,), (GERMAN,), FRONTIER, SETTLED)
_SHARES: Final = (48, 30, 5, 6, 11)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One invented person with every field of an identity card. `birth_date` may be partial: 1985-00-00."""

    ssin: str
    family_name: str
    given_name: str
    birth_date: str
    place_of_birth: str
    country_of_birth: int
    nationality: int
    gender: int
    street: str
    house_number: str
    box_number: str | None
    place: Place

    def register_row(self) -> dict[str, Any]:
        """Return the person in the form of the person register (`RegisterEntry`)."""
        return {
            "ssin": self.ssin,
            "familyName": self.family_name,
            "givenName": self.given_name,
            "birthDate": self.birth_date,
            "gender": self.gender,
            "nationality": self.nationality,
            "address": {
                "street": self.street,
                "postCode": self.place.post_code,
                "municipality": self.place.code,
            },
        }

    def identity(self) -> dict[str, Any]:
        """Return the `worker` of a declaration that gives no NISS: the whole compulsory identity set."""
        address: dict[str, Any] = {
            "street": self.street,
            "houseNumber": self.house_number,
            "postCode": self.place.post_code,
            "municipality": {"code": self.place.code, "name": self.place.name},
            "country": self.place.country,
        }
        if self.box_number is not None:
            address["boxNumber"] = self.box_number
        return {
            "familyName": self.family_name,
            "givenName": self.given_name,
            "birthDate": self.birth_date,
            "placeOfBirth": self.place_of_birth.upper(),
            "countryOfBirth": self.country_of_birth,
            "nationality": self.nationality,
            "gender": self.gender,
            "address": address,
        }


def people(random: Random) -> Iterator[DemoPerson]:
    """Yield an endless sequence of invented people; no two share a NISS, or names and birthday."""
    seen: set[tuple[str, str, str]] = set()
    born: dict[str, int] = {}
    while True:
        person = _draw(random, born)
        key = (person.family_name, person.given_name, person.birth_date)
        if key not in seen:
            seen.add(key)
            yield person


def _draw(random: Random, born: dict[str, int]) -> DemoPerson:
    """Return a random person. `born` counts the people of each birthday, for the serial part of the NISS."""
    (group,) = random.choices(_GROUPS, _SHARES)
    origin = random.choice(group)
    gender = random.choice((MALE, FEMALE))
    bis = origin in FRONTIER or (origin in SETTLED and random.random() < 0.3)
    birth_date = (_BORN_FROM + timedelta(random.randrange(_BORN_WITHIN))).isoformat()
    if bis and random.random() < 0.15:
        birth_date = f"{birth_date[:4]}-00-00"
    serial = born[birth_date] = born.get(birth_date, -1) + 1
    home = random.choice(origin.homes)
    return DemoPerson(
        ssin=make_ssin(birth_date, gender, serial % SERIALS, bis=bis),
        family_name=random.choice(origin.families),
        given_name=random.choice(origin.men if gender == MALE else origin.women),
        birth_date=birth_date,
        place_of_birth=random.choice(origin.births),
        country_of_birth=origin.nationality,
        nationality=origin.nationality,
        gender=gender,
        street=random.choice(home.streets),
        house_number=str(random.randint(1, 180)),
        box_number=str(random.randint(1, 12)) if random.random() < 0.2 else None,
        place=home,
    )
