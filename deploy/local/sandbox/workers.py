"""The test workers of the sandbox: one for each scenario, born one day after another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from deploy.local.demo.numbers import FEMALE, make_ssin

_FIRST_BORN: Final = date(1990, 1, 1)
#: Serial numbers that no person of the demo register has; the users of the demo have 48.
_SERIAL, _SERIAL_OF_REPLACED = 46, 47


@dataclass(frozen=True, slots=True)
class TestWorker:
    """A test worker. `number_in_force` is for scenarios in which the register has replaced `ssin`."""

    __test__ = False  # no class of tests

    place: int

    @property
    def birth_date(self) -> str:
        """Return the birth date, which no other test worker has."""
        return (_FIRST_BORN + timedelta(self.place)).isoformat()

    @property
    def ssin(self) -> str:
        """Return the NISS that a declaration gives."""
        return make_ssin(self.birth_date, FEMALE, _SERIAL)

    @property
    def number_in_force(self) -> str:
        """Return the NISS that has replaced `ssin` in the register, in scenarios with a replaced NISS."""
        return make_ssin(self.birth_date, FEMALE, _SERIAL_OF_REPLACED)

    def rows(self, *, replaced: bool, unregistered: bool) -> list[dict[str, Any]]:
        """Return the rows of this worker in the person register, one for each NISS.

        `replaced`: `number_in_force` replaces `ssin`, which has a row too. `unregistered`: only
        `number_in_force` has a row.
        """
        row = {
            "ssin": self.ssin, "familyName": "Sablier", "givenName": "Ondine", "birthDate": self.birth_date,
            "gender": FEMALE, "nationality": 150,
            "address": {"street": "Wetstraat", "postCode": "1000", "municipality": 21004},
        }  # fmt: skip
        if unregistered:
            return [{**row, "ssin": self.number_in_force}]
        if not replaced:
            return [row]
        return [{**row, "ssin": self.number_in_force}, {**row, "replacedBy": self.number_in_force}]

    def identity(self) -> dict[str, Any]:
        """Return the `worker` block of a declaration without NISS."""
        return {
            "familyName": "SABLIER", "givenName": "ONDINE", "birthDate": self.birth_date,
            "placeOfBirth": "BRUSSEL", "countryOfBirth": 150, "nationality": 150, "gender": FEMALE,
            "address": {
                "street": "Wetstraat", "houseNumber": "1", "postCode": "1000",
                "municipality": {"code": 21004, "name": "Brussel"}, "country": 150,
            },
        }  # fmt: skip


def worker_of(place: int) -> TestWorker:
    """Return the test worker of a scenario. `place` is the place of the scenario in its file."""
    return TestWorker(place)
