"""The days of its own quota that an enterprise has used and has left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.personnel_file.settings import BASE
from shared.domain.calendar import local_date
from tests.integration.consultation.conftest import Face

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

PATH = f"{BASE}/quotas"
#: Account, month and day, periods with work on the day.
DAYS = ((1, 1, 3), (7, 14, 1), (12, 31, 2), (8, 1, 0))


async def test_an_enterprise_sees_the_days_that_are_left(face: Face) -> None:
    """A day counts once, and not when its periods were withdrawn; days of other years do not count."""
    year = local_date(datetime.now(UTC)).year
    bakery = face.data.organizations["bakery"].enterprise_number
    await face.owner.execute("DELETE FROM personnel_file.account_days WHERE account = $1", bakery)
    rows = [*((year, *day) for day in DAYS), (year - 1, 5, 5, 1), (year + 1, 1, 1, 1)]
    await face.owner.executemany(
        """INSERT INTO personnel_file.account_days (account, day, periods)
        VALUES ($1, make_date($2, $3, $4), $5)""",
        [(bakery, *row) for row in rows],
    )
    answer = await face.ask("GET", PATH)
    assert answer.status == 200, answer.body
    assert answer.json() == {
        "employer": {"enterpriseNumber": bakery},
        "items": [{
            "quotaType": "HORECA_EMPLOYER", "workerType": "EXT", "jointCommissionNumber": "302",
            "startDate": f"{year}-01-01", "endDate": f"{year}-12-31",
            "limitDays": 200, "usedDays": 3, "remainingDays": 197,
        }],
    }  # fmt: skip
    named = await face.ask("GET", f"{PATH}?employer={bakery.removeprefix('0')}")
    assert named.json() == answer.json()


async def test_more_days_than_the_limit_leave_none(face: Face) -> None:
    year = local_date(datetime.now(UTC)).year
    bakery = face.data.organizations["bakery"].enterprise_number
    await face.owner.execute("DELETE FROM personnel_file.account_days WHERE account = $1", bakery)
    await face.owner.execute(
        """INSERT INTO personnel_file.account_days (account, day, periods)
        SELECT $1, make_date($2, 1, 1) + n, 1 FROM generate_series(0, 209) AS n""",
        bakery, year,
    )  # fmt: skip
    (item,) = (await face.ask("GET", PATH)).json()["items"]
    assert (item["usedDays"], item["remainingDays"]) == (210, 0)


async def test_an_enterprise_of_others_is_refused_and_a_wrong_number_too(face: Face) -> None:
    other = face.data.organizations["hotel"].enterprise_number
    assert (await face.ask("GET", f"{PATH}?employer={other}")).status == 403
    assert (await face.ask("GET", f"{PATH}?employer=12")).status == 400
