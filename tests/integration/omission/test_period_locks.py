"""Agents lock and unlock a period over HTTP: effect, history, looks, and the rights of others."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from services.personnel_file.mutation.handler import apply_mutations
from shared.messages import Person, WorkerNumberReplaced
from shared.runtime.database import Pool, Transaction
from tests.histories import event_from_json, fold
from tests.integration.omission.conftest import Face
from tests.integration.omission.importing import EMPLOYER, worker
from tests.integration.settling import FIRST, NOW, changed, engage, results, settle

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

OTH = {"workerType": "OTH", "jointCommissionNumber": "XXX"}
LOCK: dict[str, Any] = {"isLocked": True, "reason": " A report is examined. "}
UNLOCK: dict[str, Any] = {"isLocked": False, "reason": "Answered."}


async def test_a_locked_period_refuses_changes_until_it_is_unlocked(
    pool: Pool, endpoints: Endpoints, face: Face
) -> None:
    ssin = worker()
    engaged = engage(EMPLOYER, ssin, FIRST, OTH)
    number, path = engaged.declaration.number, f"/periods/{engaged.declaration.number}/locks"
    assert results(await settle(pool, engaged)) == "A"
    assert (await face.ask("POST", path, UNLOCK)).status == 409
    done = await face.ask("POST", path, LOCK)
    assert (done.status, done.json()) == (200, {"periodId": number, "isLocked": True})
    assert (await face.ask("POST", path, LOCK)).status == 409
    (outcome,) = await settle(pool, changed(engaged, "dimonaCancel"))
    assert [each.code for each in outcome.anomalies] == ["00913-362"]
    assert (await face.ask("POST", path, UNLOCK, user="authority.officer")).status == 200
    shown = (await face.ask("GET", path)).json()
    users = endpoints.data.users
    assert shown["isLocked"] is False
    assert [(each["isLocked"], each["setBy"], each["reason"]) for each in shown["items"]] == [
        (False, str(users["authority.officer"].user_id), "Answered."),
        (True, str(users["authority.agent"].user_id), "A report is examined."),
    ]
    assert results(await settle(pool, changed(engaged, "dimonaCancel"))) == "A"
    history = await pool.fetch(
        "SELECT event FROM history WHERE (employer, ssin) = ($1, $2) ORDER BY version", EMPLOYER, ssin
    )
    events = [event_from_json(row["event"]) for row in history]
    assert [event.type for event in events] == [
        "periodOpened", "periodLocked", "periodUnlocked", "periodCanceled",
    ]  # fmt: skip
    assert fold(EMPLOYER, ssin, events) is not None
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    told = await owner.fetchval("SELECT count(*) FROM personnel_file.feed WHERE ssin = $1", ssin)
    await owner.close()
    assert told == len(events), "an event for institutions for each change"


async def test_each_look_is_recorded_and_without_its_row_nothing_is_shown_or_done(
    pool: Pool, endpoints: Endpoints, face: Face
) -> None:
    engaged = engage(EMPLOYER, worker(), FIRST, OTH)
    path = f"/periods/{engaged.declaration.number}/locks"
    await settle(pool, engaged)
    relation = await pool.fetchval(
        """SELECT relation_id FROM relations JOIN periods USING (employer, ssin) WHERE period_id = $1""",
        engaged.declaration.number,
    )
    await face.ask("GET", path)
    await face.ask("POST", path, LOCK)
    owner = await asyncpg.connect(endpoints.superuser_dsn)
    looks = await owner.fetch(
        """SELECT operation, reader FROM personnel_file.consultations
        WHERE $1 = ANY(relations) ORDER BY seq""",
        relation,
    )
    reader = str(endpoints.data.users["authority.agent"].user_id)
    assert [tuple(look) for look in looks] == [("getLocks", reader), ("createLock", reader)]
    await owner.execute("REVOKE INSERT ON personnel_file.consultations FROM dimona_personnel_file")
    try:
        assert (await face.ask("GET", path)).status >= 500
        assert (await face.ask("POST", path, UNLOCK)).status >= 500
    finally:
        await owner.execute("GRANT INSERT ON personnel_file.consultations TO dimona_personnel_file")
        await owner.close()
    assert (await face.ask("GET", path)).json()["isLocked"] is True


async def test_an_agent_does_not_lock_an_own_period(pool: Pool, endpoints: Endpoints, face: Face) -> None:
    """The agent is the worker, under the present number or a former one; another agent acts."""
    agent = endpoints.data.users["authority.agent"].ssin
    engaged = engage(EMPLOYER, agent, FIRST, OTH)
    await settle(pool, engaged)
    path = f"/periods/{engaged.declaration.number}/locks"
    refused = await face.ask("POST", path, LOCK)
    assert (refused.status, refused.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
    assert (await face.ask("POST", path, LOCK, user="authority.officer")).status == 200
    present = worker()
    person = Person(
        ssin=present, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150,
        former_ssins=(agent,),
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        replaced = WorkerNumberReplaced(worker=person, order=1, effective_on=FIRST)
        await apply_mutations(Transaction(connection, NOW), [replaced])
    assert (await face.ask("POST", path, UNLOCK)).status == 403
    assert (await face.ask("POST", path, UNLOCK, user="authority.officer")).status == 200


async def test_a_number_without_period_is_absent(face: Face) -> None:
    for method, body in (("GET", b""), ("POST", LOCK)):
        assert (await face.ask(method, "/periods/999999999999/locks", body)).status == 404
    for body in ({"isLocked": "yes", "reason": "x"}, {"isLocked": True, "reason": " "}, {"isLocked": True}):
        assert (await face.ask("POST", "/periods/1/locks", body)).status == 400


@pytest.mark.parametrize(
    ("user", "level", "status"), [("bakery.principal", 400, 403), ("authority.agent", 300, 401)]
)
async def test_others_see_and_lock_nothing(
    pool: Pool, face: Face, user: str, level: int, status: int
) -> None:
    engaged = engage(EMPLOYER, worker(), FIRST, OTH)
    await settle(pool, engaged)
    path = f"/periods/{engaged.declaration.number}/locks"
    for method, body in (("GET", b""), ("POST", LOCK)):
        assert (await face.ask(method, path, body, user=user, level=level)).status == status
    assert (await face.ask("GET", path)).json() == {"isLocked": False, "items": []}
