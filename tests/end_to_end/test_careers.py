"""Flexi-jobs and the register of careers (rule R62): warned, canceled, declared otherwise (client Q42)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.demo.numbers import make_ssin
from shared.domain.calendar import quarter, quarter_before
from shared.messages import Career, CareerRegistered, RegisterEntry, WorkerRegistered
from tests.foreign.events import INTERMEDIATE, REPLY
from tests.prove.spy import Spy, spying
from tests.prove.world import FLEXI, OTHER, World, cancel, letter, outcome
from tests.unit.builders import IDENTITY

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

BORN = "1949-05-06"  # before all demo people
SERIALS = count()
SEQUENCES = count(2 * 10**6)
EVENING = {"startHour": "1700", "endHour": "2230"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def spy(world: World) -> AsyncIterator[Spy]:
    """Open the registers of persons and of careers."""
    async with spying(world.document) as spy:
        yield spy


def make_person() -> RegisterEntry:
    """Return a worker that no other test uses."""
    return RegisterEntry(
        ssin=make_ssin(BORN, 2, next(SERIALS)), family_name="Flexhoven", given_name="Martine",
        birth_date=BORN, gender=2, nationality=150,
    )  # fmt: skip


async def enter(spy: Spy, world: World, worker: RegisterEntry) -> None:
    """Add the worker to the person register."""
    await spy.tell(WorkerRegistered(worker=worker, sequence=next(SEQUENCES)))
    await world.database.until(
        "SELECT EXISTS (SELECT FROM identification.persons WHERE ssin = $1)", worker.ssin
    )


async def store_career(
    spy: Spy, world: World, ssin: str, share: str | None, *, before: int = 3, **facts: Any
) -> None:
    """Store the career of a quarter: by default the quarter that counts tomorrow, T-3."""
    past = quarter_before(quarter(world.today + timedelta(1)), before)
    career = Career.model_validate({"ssin": ssin, "quarter": past, "share": share, **facts})
    await spy.tell(CareerRegistered(career=career, sequence=next(SEQUENCES)))
    await world.database.until(
        """SELECT EXISTS (SELECT FROM identification.careers
        WHERE ssin = $1 AND quarter = $2 AND (share, foreign_share, pensioner)
            IS NOT DISTINCT FROM ($3::numeric, $4::numeric, $5::boolean))""",
        ssin, past, career.share, career.foreign_share, career.pensioner,
    )  # fmt: skip


def evening(world: World, worker: dict[str, Any]) -> dict[str, Any]:
    """Build an IN: a flexi-job tomorrow evening, at the bakery."""
    return {**world.engage(world.relation("bakery"), 1, 1, FLEXI, **EVENING), "worker": worker}


async def test_a_flexi_job_without_career_is_warned_canceled_and_replaced(world: World, spy: Spy) -> None:
    """W with 90017-510; then the period is canceled, and OTH takes its place on the same day."""
    worker = make_person()
    await enter(spy, world, worker)
    await store_career(spy, world, worker.ssin, "0.79")
    client, who = world["bakery"], {"ssin": worker.ssin}
    id_ = await client.declare(evening(world, who))
    assert outcome([await client.answer(id_, REPLY)]) == "W 90017-510"
    number = await client.number(id_)
    ordinary = {**world.engage(world.relation("bakery"), 1, 1, OTHER), "worker": who}
    assert await world.ends("bakery", cancel(number), ordinary) == ["A", "A"]
    periods = await world.database.fetch(
        """SELECT features::json ->> 'worker_type' AS type, canceled FROM personnel_file.periods
        WHERE ssin = $1 ORDER BY period_id""", worker.ssin,
    )  # fmt: skip
    assert sorted((row["type"], row["canceled"]) for row in periods) == [("FLX", True), ("OTH", False)]


@pytest.mark.parametrize(
    ("share", "facts"),
    [("0.8", {}), (None, {}), ("0.1", {"foreignShare": "0.7"})],
    ids=["four fifths", "taken back", "with work abroad that an agent entered"],
)
async def test_a_sufficient_or_unknown_career_causes_no_warning(
    world: World, spy: Spy, share: str | None, facts: dict[str, Any]
) -> None:
    worker = make_person()
    await enter(spy, world, worker)
    await store_career(spy, world, worker.ssin, "0")
    await store_career(spy, world, worker.ssin, share, **facts)
    assert await world.ends("bakery", evening(world, {"ssin": worker.ssin})) == ["A"]


async def test_a_reduction_warns_and_a_pension_does_not(world: World, spy: Spy) -> None:
    """Full time in T-4 and four fifths in T-3; then the register knows a pension in T-2."""
    worker = make_person()
    await enter(spy, world, worker)
    await store_career(spy, world, worker.ssin, "1", before=4)
    await store_career(spy, world, worker.ssin, "0.8")
    assert await world.ends("bakery", evening(world, {"ssin": worker.ssin})) == ["W 90017-510"]
    await store_career(spy, world, worker.ssin, None, before=2, pensioner=True)
    morning = world.engage(world.relation("bakery"), 1, 1, FLEXI, startHour="0800", endHour="1200")
    assert await world.ends("bakery", {**morning, "worker": {"ssin": worker.ssin}}) == ["A"]


async def test_a_worker_found_later_is_warned_too(world: World, spy: Spy) -> None:
    """S while the register lacks the worker; the final result has the warning."""
    worker = make_person().model_copy(update={"family_name": "Laatgevonden"})
    await store_career(spy, world, worker.ssin, "0.5")
    described = {
        **IDENTITY, "familyName": worker.family_name, "givenName": worker.given_name, "birthDate": BORN,
        "gender": 2,
    }  # fmt: skip
    client = world["bakery"]
    id_ = await client.declare(evening(world, described))
    assert letter(await client.answer(id_, INTERMEDIATE)) == "S"
    await enter(spy, world, worker)
    assert outcome([await client.answer(id_, REPLY)]) == "W 90017-510"
