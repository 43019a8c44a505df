"""People that have just entered the register; no other test declares them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Final

from deploy.local.demo.numbers import MALE, make_ssin
from shared.messages import RegisterEntry, WorkerRegistered
from tests.prove.spy import Spy
from tests.prove.world import World

_BORN: Final = date(1951, 2, 3)  # before all demo people
_SERIALS: Final = count()
_SEQUENCES: Final = count(7_000_001)


async def registered(world: World, spy: Spy, people: int) -> list[str]:
    """Return numbers of persons that have just entered the register."""
    rows = [
        {
            "ssin": unused_ssin(), "familyName": "Loontrekker", "givenName": "Aurelius",
            "birthDate": "1951-00-00", "gender": MALE, "nationality": 150,
        }
        for _ in range(people)
    ]  # fmt: skip
    entries = [RegisterEntry.model_validate(row) for row in rows]
    await spy.tell(*(WorkerRegistered(worker=one, sequence=next(_SEQUENCES)) for one in entries))
    numbers = [entry.ssin for entry in entries]
    known = "SELECT count(*) = $2 FROM identification.persons WHERE ssin = ANY($1::text[])"
    await world.database.until(known, numbers, people)
    return numbers


def unused_ssin() -> str:
    """Return an unused NISS: forty are born each day."""
    days, serial = divmod(next(_SERIALS), 40)
    return make_ssin(str(_BORN + timedelta(days)), MALE, serial)
