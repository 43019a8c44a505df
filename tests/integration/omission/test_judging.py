"""Worked days against the declarations of a real database, from the file to the outcome."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import Endpoints
from services.personnel_file.mutation.handler import Mutation, apply_mutations
from shared.messages import IdentificationEnded, Person, WorkerNumberReplaced
from shared.runtime.database import Pool, Transaction
from tests.integration.omission.importing import (
    DAY,
    EMPLOYER,
    HOUR,
    judged,
    outcomes,
    row,
    run,
    worker,
    write,
)
from tests.integration.retention.removing import LONG_AGO, remove, set_term
from tests.integration.retention.rows import EMPLOYER as RELATED
from tests.integration.retention.rows import relate
from tests.integration.settling import NOW, changed, engage, settle

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OTH = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
USER = make_enterprise_number(71_002)
_orders = count(1)


def excused(in_: IdentificationEnded) -> IdentificationEnded:
    """Return an IN received two hours after the finding, after three hours of outage."""
    later = {"received_at": NOW + 2 * HOUR, "late_after": NOW - HOUR}
    return in_.model_copy(update={"declaration": in_.declaration.model_copy(update=later)})


def later(in_: IdentificationEnded) -> IdentificationEnded:
    """Return an IN received two hours after the finding."""
    at = {"received_at": NOW + 2 * HOUR, "late_after": NOW + 2 * HOUR}
    return in_.model_copy(update={"declaration": in_.declaration.model_copy(update=at)})


async def test_each_outcome_of_a_file(pool: Pool, file_of_endpoints: Path, tmp_path: Path) -> None:
    """The declarations are settled by the step; hours, a user and a canceled period among them."""
    agency = {
        **OTH, "jointCommissionNumber": "322",
        "usingEmployer": {"jointCommissionNumber": "XXX", "enterpriseNumber": USER},
    }  # fmt: skip
    evening = {"startHour": "1800", "endHour": "2200"}
    extra = {"workerType": "EXT", "jointCommissionNumber": "302"}
    covered, sent, late, waited, none, hours, gone = (worker() for _ in range(7))
    before = date(2026, 2, 1)
    canceled = engage(EMPLOYER, gone, before, OTH, DAY)
    arrived = [
        engage(EMPLOYER, covered, before, OTH, DAY),
        engage(EMPLOYER, sent, before, agency, DAY),
        later(engage(EMPLOYER, late, before, OTH, DAY)),
        excused(engage(EMPLOYER, waited, DAY, OTH, DAY)),
        engage(EMPLOYER, hours, DAY, extra, DAY, **evening),
        canceled,
    ]
    assert len(await settle(pool, *arrived)) == len(arrived)
    await settle(pool, changed(canceled, "dimonaCancel"))
    rows = [
        row(covered),
        row(sent, enterpriseNumber=USER),
        row(late),
        row(waited),
        row(none),
        row(hours, startHour="1400", endHour="1600"),
        row(hours, startHour="1800", endHour="2100"),
        row(gone),
        row(none, status="VOLUNTEER"),
        row(covered, day="2026-02-01", foundAt="2026-02-02T09:00:00+01:00"),
    ]
    found = await judged(pool, file_of_endpoints, tmp_path, rows)
    assert found == [
        "covered", "covered", "declared_after", "excused", "omitted", "to_clarify", "covered", "omitted",
        "exempt", "declared_after",
    ]  # fmt: skip


async def test_a_file_has_one_effect(pool: Pool, file_of_endpoints: Path, tmp_path: Path) -> None:
    rows = [row(worker()), row(worker())]
    first, lines = write(tmp_path, rows), write(tmp_path, rows, ".jsonl")
    assert "2 day(s) imported" in (await run(file_of_endpoints, "import", str(first))).output
    counted = "SELECT count(*) FROM omission_findings"
    before = await pool.fetchval(counted)
    assert "is known" in (await run(file_of_endpoints, "import", str(first))).output
    assert await pool.fetchval(counted) == before
    for row_ in rows:
        row_["reference"] = f"R-{uuid4()}"
    assert (await run(file_of_endpoints, "import", str(write(tmp_path, rows, ".jsonl")))).exit_code == 0
    assert await outcomes(pool, rows) == ["omitted", "omitted"]
    assert lines.exists()


async def test_a_wrong_line_refuses_the_whole_file(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path
) -> None:
    files = "SELECT count(*) FROM omission_files"
    before = await pool.fetchval(files)
    file = write(tmp_path, [row(worker()), row(worker(), day="2026-02-30"), row(worker())])
    done = await run(file_of_endpoints, "import", str(file))
    assert done.exit_code != 0
    assert "line 3: day" in " ".join(done.output.replace("│", " ").split())
    assert await pool.fetchval(files) == before


async def test_replaced_numbers_change_no_outcome(
    pool: Pool, file_of_endpoints: Path, tmp_path: Path
) -> None:
    """Two relations become one: the periods move, and the history tells the rest."""
    old, new, alone = worker(), worker(), worker()
    before = date(2026, 2, 1)
    closed = engage(EMPLOYER, old, date(2026, 1, 5), OTH, date(2026, 1, 30))
    await settle(pool, closed, engage(EMPLOYER, new, before, OTH, DAY))
    await settle(pool, engage(EMPLOYER, alone, before, OTH, DAY))

    def findings() -> list[dict[str, str]]:
        days = ("2026-01-04", "2026-01-05", "2026-01-30", "2026-01-31", "2026-02-01", str(DAY))
        return [row(ssin, day=day) for ssin in (old, new, alone) for day in days]

    once = findings()
    first = await judged(pool, file_of_endpoints, tmp_path, once)
    assert set(first) == {"covered", "omitted"}
    in_force = worker()
    replacements: list[Mutation] = [_replaced(new, old), _replaced(in_force, alone)]
    async with pool.acquire() as connection, connection.transaction():
        await apply_mutations(Transaction(connection, NOW + 9 * HOUR), replacements)
    again = findings()
    second = await judged(pool, file_of_endpoints, tmp_path, again)
    of_pair = list(zip(first[:6], first[6:12], strict=True))
    joined = ["covered" if "covered" in each else "omitted" for each in of_pair]
    assert (second[:6], second[6:12], second[12:]) == (joined, joined, first[12:])


def _replaced(ssin: str, former: str) -> WorkerNumberReplaced:
    person = Person(
        ssin=ssin, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150,
        former_ssins=(former,),
    )  # fmt: skip
    return WorkerNumberReplaced(worker=person, order=next(_orders), effective_on=DAY)


async def test_a_day_of_a_removed_relation_is_no_omission(
    pool: Pool, endpoints: Endpoints, file_of_endpoints: Path, tmp_path: Path
) -> None:
    """The day after the latest removed relation is one: no declaration about it was removed."""
    owner = await asyncpg.connect(endpoints.postgres_dsn)
    last_day, declared = LONG_AGO.date(), worker()
    relation = await relate(owner, declared, last_day, LONG_AGO)
    await set_term(owner, "personnel_file.relations", 2_000)
    assert f"relations {relation}" in await remove({"personnel_file": pool}, "personnel_file")
    await owner.execute("DELETE FROM platform.retention_terms WHERE table_name = 'relations'")
    await owner.close()
    days = (last_day, last_day + timedelta(1))
    rows = [row(declared, enterpriseNumber=RELATED, day=str(day)) for day in days]
    assert await judged(pool, file_of_endpoints, tmp_path, rows) == ["to_clarify", "omitted"]


async def test_a_pending_day_is_judged_when_the_identification_has_ended(
    pool: Pool, endpoints: Endpoints, file_of_endpoints: Path, tmp_path: Path
) -> None:
    pending, employer = worker(), make_enterprise_number(71_009)
    in_ = engage(employer, pending, date(2026, 2, 1), OTH, DAY).declaration
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    await owner.execute(
        """INSERT INTO identification.cases (declaration_id, declaration, opened_at, deadline)
        VALUES ($1, $2, $3, $3)""",
        in_.number, in_.model_dump_json(by_alias=True), NOW,
    )  # fmt: skip
    rows = [row(pending, enterpriseNumber=employer)]
    assert await judged(pool, file_of_endpoints, tmp_path, rows) == [None]
    await owner.execute(
        "UPDATE identification.cases SET state = 'given_up', closed_at = opened_at WHERE declaration_id = $1",
        in_.number,
    )
    await owner.close()
    await judged(pool, file_of_endpoints, tmp_path, [row(worker())])
    assert await outcomes(pool, rows) == ["omitted"]
