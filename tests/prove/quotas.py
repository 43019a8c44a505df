"""Race declarations for the quotas of 200 workers at several employers: `python -m tests.prove.quotas`.

The final state shows whether each declaration was counted: the reported excess of a quota that warns is exact
to the hour or day, and a quota that refuses is full up to the first declaration that does not fit. Figures go
to `.run/prove-rules.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack
from shared.topology import Deployment
from tests.account_days import WRONG
from tests.foreign.events import REPLY, Event
from tests.prove.checker import check
from tests.prove.observe import observe, quiet
from tests.prove.world import OTHER, STUDENT, Relation, World, errors, letter, opened

ARTICLE_17: Final = {"jointCommissionNumber": "XXX", "workerType": "O17"}
HORECA: Final = {"jointCommissionNumber": "302", "workerType": "EXT"}
RESULT: Final = ROOT / ".run" / "prove-rules.json"
_IN_FLIGHT: Final = 64
_STUDENT_HOURS, _HORECA_DAYS = 650, 200
_OVERLAPS: Final = """
SELECT count(*) FROM personnel_file.periods a JOIN personnel_file.periods b
    ON a.employer = b.employer AND a.ssin = b.ssin AND a.features_key = b.features_key
    AND a.period_id < b.period_id AND a.span && b.span
WHERE NOT a.canceled AND NOT b.canceled"""
_WRONG_DAYS: Final = f"SELECT count(*) FROM ({WRONG}) AS wrong"  # noqa: S608 - our own statement
_DEADLOCKS: Final = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the race."""

    declarations: int
    workers: int
    employers: int
    results: Mapping[str, int]
    beyond: Mapping[str, int]  #: how often each quota was exceeded
    wrong: tuple[str, ...]  #: quotas that do not add up
    overlaps: int
    wrong_days: int  #: stored days of accounts that differ from the periods
    deadlocks: int
    broken: tuple[str, ...]  #: promises of the pipeline
    seconds: float
    per_second: float

    @property
    def sound(self) -> bool:
        """Return whether nothing was missed."""
        return not (self.wrong or self.overlaps or self.wrong_days or self.deadlocks or self.broken)


@dataclass(frozen=True, slots=True)
class Said:
    """An IN of the race for quotas."""

    relation: Relation
    type: str
    day: date
    hours: int
    document: Mapping[str, Any]


def said(world: World, relations: list[Relation], random: Random) -> Said:
    """Build an IN of one of these relations: half for article 17, half for other types."""
    relation, kind = random.choice(relations), random.random()
    day, last, more = world.today, 0, {}
    features: Mapping[str, str] = OTHER
    hours = 0
    if kind < 0.5:
        features, hours = ARTICLE_17, random.randint(1, 30)
        day += timedelta(random.randint(1, 15))
    elif kind < 0.7:
        features, hours = STUDENT, random.randint(10, 90)
        day = date(world.today.year + 2, random.randint(1, 12), random.randint(1, 28))
    elif kind < 0.85:
        features, more = HORECA, {"startHour": "1700"}
        day = date(world.today.year + 1, 1, 1) + timedelta(random.randint(0, 364))
        relation = next(one for one in relations if one.client == "bakery")
    else:
        day, last = day + timedelta(random.randint(1, 60)), random.randint(0, 10)
    block: dict[str, Any] = {
        "startDate": str(day), "endDate": str(day + timedelta(last)), "features": dict(features), **more,
    }  # fmt: skip
    if hours:
        block["plannedHoursNumber"] = hours
    document = {
        "employer": {"enterpriseNumber": relation.employer},
        "worker": {"ssin": relation.worker},
        "dimonaIn": block,
    }
    return Said(relation, features["workerType"], day, hours, document)


def race(world: World, count: int, workers: int, random: Random) -> Iterator[Said]:
    """Yield bursts per worker, so that employers compete."""
    employers = [
        (role, employer)
        for role, client in world.clients.items()
        for employer in world.document["integrators"][client.client_id]["employers"]
    ]
    chosen = world.document["workers"][:workers]
    made = 0
    while made < count:
        worker = random.choice(chosen)
        relations = [Relation(role, employer, worker) for role, employer in employers]
        for _ in range(min(8, count - made)):
            made += 1
            yield said(world, relations, random)


async def prove(world: World, count: int, workers: int = 200, seed: int = 1) -> Figures:
    """Send all declarations, a few at a time, and return the figures."""
    began = time.monotonic()
    all_ = list(race(world, count, workers, Random(seed)))
    room = asyncio.Semaphore(_IN_FLIGHT)
    ids: dict[int, str] = {}

    async def send(n: int) -> None:
        async with room:
            ids[n] = await world[all_[n].relation.client].declare(all_[n].document)

    await asyncio.gather(*(send(n) for n in range(count)))
    for role, client in world.clients.items():
        await client.finals(
            [id_ for n, id_ in ids.items() if all_[n].relation.client == role], seconds=120 + count / 50
        )
    seconds = time.monotonic() - began
    await quiet(world)
    ended = []
    for n, one in enumerate(all_):
        (final,) = world[one.relation.client].answered(ids[n], REPLY)
        ended.append((one, final))
    return Figures(
        declarations=count,
        workers=len({one.relation.worker for one in all_}),
        employers=len({one.relation.employer for one in all_}),
        results=dict(Counter(letter(final) for _, final in ended)),
        beyond=dict(Counter(each["quotaType"] for _, final in ended for each in excess(final))),
        wrong=(*of_article_17(ended), *of_students(ended), *of_horeca(ended)),
        overlaps=await world.database.value(_OVERLAPS),
        wrong_days=await world.database.value(_WRONG_DAYS),
        deadlocks=await world.database.value(_DEADLOCKS),
        broken=tuple(check(await observe(world, complete=False))),
        seconds=round(seconds, 1),
        per_second=round(count / seconds, 1),
    )


def excess(final: Event) -> list[dict[str, Any]]:
    """Return the excess of each quota in a final reply."""
    return list(final.data["declarationStatus"].get("quota", ()))


Ended = list[tuple[Said, Event]]


def of_article_17(ended: Ended) -> Iterator[str]:
    """Check that no limit is exceeded and that nothing was refused that still fits."""
    accepted: Counter[tuple[str, str]] = Counter()
    refused: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one, final in ended:
        if one.type == "O17":
            key = one.relation.worker, f"{one.day.year}Q{(one.day.month + 2) // 3}"
            if letter(final) != "B":
                accepted[key] += one.hours
            elif errors(final) == ["90017-369"]:
                refused[key].append(one.hours)
    for n, (key, hours) in enumerate(accepted.items()):
        limit = 190 if key[1].endswith("Q3") else 100
        if hours > limit:
            yield f"worker {n} has {hours} hours of article 17 in {key[1]}"
        if any(hours + each <= limit for each in refused[key]):
            yield f"worker {n} was refused hours that fit in {key[1]}"


def of_students(ended: Ended) -> Iterator[str]:
    """Check that the reported excess is the whole excess."""
    hours: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for one, final in ended:
        if one.type == "STU" and letter(final) != "B":
            hours[one.relation.worker] += one.hours
            told[one.relation.worker] += sum(each["exceedingHours"] for each in excess(final))
    for n, (worker, total) in enumerate(hours.items()):
        if told[worker] != max(0, total - _STUDENT_HOURS):
            yield f"student {n} has {total} hours, and was told of {told[worker]} beyond"


def of_horeca(ended: Ended) -> Iterator[str]:
    """Yield a text per employer with a wrong excess of Horeca days."""
    days: dict[str, set[date]] = defaultdict(set)
    told: Counter[str] = Counter()
    for one, final in ended:
        if one.type == "EXT" and letter(final) != "B":
            days[one.relation.employer].add(one.day)
            told[one.relation.employer] += sum(
                each["exceedingDays"] for each in excess(final) if each["quotaType"] == "HORECA_EMPLOYER"
            )
    for employer, worked in days.items():
        if told[employer] != max(0, len(worked) - _HORECA_DAYS):
            yield f"an employer used {len(worked)} days, and was told of {told[employer]} beyond"


async def _prove(stack: Stack, count: int, workers: int) -> Figures:
    endpoints = await asyncio.to_thread(stack.provision, Deployment("rules"), "rules")
    await asyncio.to_thread(stack.serve, endpoints)
    async with opened(endpoints.document(), institutions=False) as world:
        return await prove(world, count, workers)


def main() -> None:
    """Read the command line, run the proof and print the result."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.quotas", description=__doc__)
    parser.add_argument("--declarations", type=int, default=20_000, help="default: 20,000")
    parser.add_argument("--workers", type=int, default=200, help="default: 200")
    arguments = parser.parse_args()
    stack = Stack(ROOT / ".run" / "prove-rules", services=())
    stack.start()
    try:
        found = asyncio.run(_prove(stack, arguments.declarations, arguments.workers))
    finally:
        stack.stop()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({**asdict(found), "passed": found.sound}, indent=1) + "\n")
    print(  # noqa: T201
        f"{'ok  ' if found.sound else 'FAIL'} quotas: n={found.declarations} on {found.workers} workers at "
        f"{found.employers} employers, results {found.results}, beyond {found.beyond}, "
        f"{len(found.wrong)} quotas missed, {found.overlaps} overlaps, "
        f"{found.wrong_days} wrong days, {found.deadlocks} deadlocks, {len(found.broken)} promises broken, "
        f"{found.seconds:.0f} s, {found.per_second:.0f}/s"
    )
    for each in (*found.wrong, *found.broken)[:10]:
        print(f"       {each}")  # noqa: T201
    sys.exit(not found.sound)


if __name__ == "__main__":
    main()
