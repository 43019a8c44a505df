"""Persons of the register for end-to-end tests, and changes of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from deploy.local.demo.numbers import make_ssin
from shared.messages import RegisterEntry, WorkerRegistered
from tests.prove.spy import Spy
from tests.prove.world import World

BORN = "1950-02-03"  # before all demo people


SERIALS = count()


SEQUENCES = count(1)


def make_person(**known: Any) -> dict[str, Any]:
    """Return a row of the register."""
    row = {"familyName": "Verstraeten", "givenName": "Godelieve", "birthDate": BORN, "gender": 2}
    return {"ssin": make_ssin(BORN, 2, next(SERIALS)), "nationality": 150, **row, **known}


async def register(spy: Spy, world: World, *rows: Mapping[str, Any]) -> None:
    """Send these people to identification, and wait until it knows them."""
    for row in rows:
        entry = RegisterEntry.model_validate(row)
        await spy.tell(WorkerRegistered(worker=entry, sequence=10**6 + next(SEQUENCES)))
        await world.database.until(
            """SELECT EXISTS (SELECT FROM identification.persons WHERE ssin = $1
            AND replaced_by IS NOT DISTINCT FROM $2 AND deceased_on IS NOT DISTINCT FROM $3)""",
            entry.ssin, entry.replaced_by, entry.deceased_on,
        )  # fmt: skip
