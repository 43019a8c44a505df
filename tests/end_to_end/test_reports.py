"""Reports of errors in the own data: restriction, correction with recipients, answer, delay (ADR 36)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from services.contact.report.rules import extended
from shared.messages import PeriodLockSet
from tests.end_to_end.planted import Planted, log_in
from tests.end_to_end.registers import make_person
from tests.foreign.events import PATIENCE
from tests.prove.observe import quiet
from tests.prove.spy import spying
from tests.prove.world import World, change

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


#: An institution that `test_person.py` writes into the log of disclosures, and that reads nothing.
PLANTED: Final = "planted"


async def reported(planted: Planted, **more: Any) -> str:
    """Report an error in the period of the person, and return the id."""
    body = {"description": "I stop a day earlier.", "periodId": planted.period, **more}
    answer = await planted.person.ask("POST", "/person/reports", body)
    assert answer.status == 201, answer.body
    report = answer.json()
    assert answer.headers["location"] == f"/person/reports/{report['reportId']}"
    assert (report["state"], report["isPeriodLocked"], report["corrections"]) == ("open", False, [])
    return str(report["reportId"])


async def test_an_error_is_corrected_and_the_person_sees_the_recipients(
    world: World, planted: Planted, data: DemoData
) -> None:
    """Restricted by a lock, corrected by the employer after it, answered by an agent.

    Every institution that had an event about the person gets one again; all others would be in `notYetTold`.
    """
    before = await institutions_told(world, planted)
    assert before, "an institution reads the feed of every worker"
    path = f"/reports/{await reported(planted)}"
    async with spying(world.document) as spy:
        for locked in (True, False):
            await spy.tell(
                PeriodLockSet(
                    period_id=planted.period,
                    locked=locked,
                    set_at=datetime.now(UTC),
                    reason="report",
                    request=uuid4(),
                )
            )
            await world.database.until(
                "SELECT locked = $2 FROM personnel_file.periods WHERE period_id = $1", planted.period, locked
            )
            now = await planted.person.found("GET", f"/person{path}", "Report")
            assert now["isPeriodLocked"] is locked
    earlier = str(planted.last - timedelta(days=1))
    assert await world.ends("bakery", change(planted.period, endDate=earlier)) == ["A"]
    await quiet(world)
    for step, body in (("claims", b""), ("answers", {"state": "upheld", "answer": "Corrected."})):
        assert (await planted.agent.ask("POST", f"/persons{path}/{step}", body)).status == 200
    report = await planted.person.found("GET", f"/person{path}", "Report")
    assert (report["state"], report["answer"]) == ("upheld", "Corrected.")
    *_, correction = report["corrections"]
    assert correction["change"]["type"] == "periodUpdated"
    bakery = data.organizations["bakery"].enterprise_number
    assert [each["enterpriseNumber"] for each in correction["recipients"]] == [bakery]
    async with asyncio.timeout(PATIENCE):
        while before - {each["institution"] for each in report["institutions"]}:
            await asyncio.sleep(0.2)
            report = await planted.person.found("GET", f"/person{path}", "Report")
    assert {each.get("institution") for each in report["notYetTold"]} <= {PLANTED}
    assert report["reportId"] not in {each["reportId"] for each in await waiting(planted)}
    again = await planted.agent.ask("POST", f"/persons{path}/answers", {"state": "rejected", "answer": "No."})
    assert again.status == 409


async def test_a_person_asks_to_restrict_a_period_and_an_agent_sees_it(planted: Planted) -> None:
    """In the list, too. Nothing is locked by the request itself, and only a period can be restricted."""
    id_, other = await reported(planted, restrict=True), await reported(planted)
    found = await planted.person.found("GET", f"/person/reports/{id_}", "Report")
    assert (found["isRestrictionAsked"], found["isPeriodLocked"]) == (True, False)
    asked = {each["reportId"]: each.get("isRestrictionAsked") for each in await waiting(planted)}
    assert (asked[id_], asked[other]) == (True, None)
    whole = await planted.agent.found("GET", f"/persons/reports/{id_}", "Report")
    assert whole["isRestrictionAsked"]
    wrong = await planted.person.ask("POST", "/person/reports", {"description": "Hm.", "restrict": True})
    assert (wrong.status, wrong.json()["issues"][0]["type"]) == (
        400,
        "urn:problem-type:belgif-ext:input-validation:requiredInput",
    )


async def institutions_told(world: World, planted: Planted) -> set[str]:
    """Return the institutions that received events about the person."""
    return {
        name
        for name, institution in world.institutions.items()
        if any(
            number in str(event.document)
            for event in institution.events.values()
            for number in planted.numbers
        )
    }


async def waiting(planted: Planted) -> list[dict[str, Any]]:
    """Return the open reports as an agent sees them."""
    answer = await planted.agent.ask("GET", "/persons/reports")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_report_without_answer_tells_the_delay_on_its_day(world: World, planted: Planted) -> None:
    id_ = await reported(planted)
    before = await planted.person.found("GET", f"/person/reports/{id_}", "Report")
    assert "delay" not in before
    await world.database.value(
        "UPDATE contact.cases SET due_on = $2::date WHERE case_id = $1::uuid RETURNING 1", id_, world.today
    )
    await world.database.until(
        "SELECT delay_told_at IS NOT NULL FROM contact.reports WHERE case_id = $1::uuid", id_
    )
    after = await planted.person.found("GET", f"/person/reports/{id_}", "Report")
    assert after["delay"]["answerDueOn"] == str(extended(world.today))
    (mine,) = (each for each in await waiting(planted) if each["reportId"] == id_)
    assert mine["answerDueOn"] == str(world.today)


async def test_a_report_is_for_the_person_and_agents_only(planted: Planted, deployment: Endpoints) -> None:
    """A stranger finds neither the report nor the period; an agent can report on behalf, with a reason."""
    id_ = await reported(planted)
    stranger = await log_in(deployment, make_person()["ssin"])
    assert (await stranger.ask("GET", f"/person/reports/{id_}")).status == 404
    body = {"description": "Not mine.", "periodId": planted.period}
    assert (await stranger.ask("POST", "/person/reports", body)).status == 404
    assert (await stranger.ask("GET", "/person/reports")).json() == {"items": []}
    answer = await planted.agent.ask("POST", "/persons/reports", {**planted.request(), "description": "Hm."})
    assert answer.status == 201, answer.body
    assert (await planted.agent.ask("GET", f"/persons/reports/{id_}")).status == 200
    looks = (await planted.person.found("GET", "/person/looks", "Looks"))["items"]
    assert {"readReport", "reportErrorOfPerson"} <= {look["operation"] for look in looks}
