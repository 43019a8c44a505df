"""Contestations and complaints until they are answered, through public interfaces; and their readers."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.deployment import Endpoints
from shared.domain.rights import Right
from tests.asgi import Answer
from tests.end_to_end.planted import log_in
from tests.end_to_end.registers import make_person
from tests.foreign.events import CONTEST, until
from tests.foreign.integrator import Integrator
from tests.matters import UNKNOWN
from tests.prove.world import World
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
SCOPE = "scope:dimona:agent"
ANSWERED = "be.nsso.dimona.v1.contestations.notify.answered"
COMPLAINT = {
    "name": "Odile Tilquin",
    "address": "Rue du Moulin 3, 5000 Namur",
    "description": "I called three times, and nobody answered.",
    "language": "de",
}


class Agent:
    """A user of the case API, with the rights of the authority or without."""

    def __init__(self, base: str, token: dict[str, str]) -> None:
        self._base, self._token = base, token

    async def __call__(self, method: str, path: str, body: Any = b"") -> Answer:
        return await asyncio.to_thread(ask, f"{self._base}{path}", method, self._token, body)


@pytest.fixture
def base(pipeline: dict[str, Any]) -> str:
    """Return the API of contact."""
    return str(pipeline["api"]["contact"])


@pytest.fixture
def agent(base: str, data: DemoData, deployment: Endpoints) -> Agent:
    """An agent without the right to see complaints about personal data."""
    return Agent(base, bearer(deployment, data.users["authority.agent"].user_id, SCOPE))


@pytest.fixture
def officer(base: str, data: DemoData, deployment: Endpoints) -> Agent:
    """The data protection officer."""
    return Agent(base, bearer(deployment, data.users["authority.officer"].user_id, SCOPE))


async def contested(world: World, role: str, by: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Declare by one client, contest by another; return the status of the first and the case."""
    client = world[role]
    id_ = await client.declare(world.engage(world.relation(role)))
    status = (await client.finals([id_]))[id_].data["declarationStatus"]
    known = "SELECT count(*) = 1 FROM contact.notifications WHERE notification_id = $1"
    await world.database.until(known, status["notificationId"])
    event = await world[by].answer(
        await world[by].contest(status["notificationId"], "The start is wrong."), f"{CONTEST}.reply"
    )
    return status, event.data


def answers_to(client: Integrator, case: str) -> list[dict[str, Any]]:
    """Return the end of a case as a client receives it."""
    found = (e.data for e in client.others.values() if e.type == ANSWERED)
    return [data for data in found if data["contestationId"] == case]


async def letters(world: World, enterprise: str, case: str) -> list[str]:
    """Return the titles of the letters about a case, by e-Box."""
    rows = await world.database.fetch(
        """SELECT letter::jsonb ->> 'title' AS title FROM notifier.messages
        WHERE message_type = 'contestation' AND enterprise_number = $1
          AND data::jsonb #>> '{data,contestationId}' = $2""",
        enterprise,
        case,
    )
    return [row["title"] for row in rows]


async def test_an_upheld_contestation_is_a_new_decision_for_both_parties(
    world: World, data: DemoData, agent: Agent
) -> None:
    """It has a number, refers to the first, and goes to both by queue and e-Box (decision D30)."""
    status, case = await contested(world, "nursery", "nursery")
    id_ = case["contestationId"]
    unclaimed = await agent("POST", f"/cases/{id_}/answers", {"state": "upheld", "answer": "You are right."})
    assert (unclaimed.status, unclaimed.json()["detail"]) == (409, "Claim the case first")
    assert (await agent("POST", f"/cases/{id_}/claims")).json()["state"] == "open"
    wrong = await agent("POST", f"/cases/{id_}/answers", {"state": "answered", "answer": "You are right."})
    assert wrong.status == 409
    done = await agent("POST", f"/cases/{id_}/answers", {"state": "upheld", "answer": "You are right."})
    assert (done.status, done.json()["state"]) == (200, "upheld"), done.body
    nursery, secretariat = world["nursery"], world["secretariat"]
    await until(
        lambda: bool(answers_to(nursery, id_) and answers_to(secretariat, id_)), 30, "the answer, at both"
    )
    (said,) = answers_to(nursery, id_)
    assert said == answers_to(secretariat, id_)[0]
    assert (said["state"], said["answer"]) == ("upheld", "You are right.")
    assert said["notificationId"] == status["notificationId"]
    assert said["decisionNumber"].startswith("C")
    row = "SELECT notification_id::text || words FROM contact.decisions WHERE decision_number = $1"
    kept = await world.database.value(row, said["decisionNumber"])
    assert kept == f"{status['notificationId']}You are right."
    for role in ("nursery", "secretariat"):
        number = data.organizations[role].enterprise_number
        async with asyncio.timeout(30):
            while not (found := await letters(world, number, id_)):  # noqa: ASYNC110 - only the table knows
                await asyncio.sleep(0.1)
        assert found == [f"Betwisting over Dimona {status['declarationId']}: gegrond"]
    again = await agent("POST", f"/cases/{id_}/answers", {"state": "rejected", "answer": "No."})
    assert again.status == 409


async def test_a_rejection_is_sent_to_the_contesting_party_only(
    world: World, data: DemoData, agent: Agent
) -> None:
    _, case = await contested(world, "nursery", "nursery")
    id_ = case["contestationId"]
    await agent("POST", f"/cases/{id_}/claims")
    done = await agent("POST", f"/cases/{id_}/answers", {"state": "rejected", "answer": "It is right."})
    assert done.status == 200, done.body
    await until(lambda: bool(answers_to(world["nursery"], id_)), 30, "the answer")
    assert "decisionNumber" not in answers_to(world["nursery"], id_)[0]
    assert answers_to(world["secretariat"], id_) == []
    assert await letters(world, data.organizations["secretariat"].enterprise_number, id_) == []


async def test_a_party_withdraws_its_own_contestation(
    world: World, data: DemoData, base: str, client_token: Any, agent: Agent
) -> None:
    _, case = await contested(world, "bakery", "bakery")
    path = f"/contestations/{case['contestationId']}/withdrawals"
    stranger, own = (
        Agent(base, client_token(data.client_of(role).client_id, "scope:dimona:contact"))
        for role in ("nursery", "bakery")
    )
    assert (await stranger("POST", path)).status == 404
    done = await own("POST", path)
    assert (done.status, done.json()["state"]) == (200, "withdrawn")
    assert (await own("POST", path)).status == 404
    await agent("POST", f"/cases/{case['contestationId']}/claims")
    again = await own("GET", f"/contestations/{case['contestationId']}")
    assert "answer" not in again.json()


async def test_a_look_at_contestations_names_the_enterprise_that_was_read(
    world: World, data: DemoData, deployment: Endpoints
) -> None:
    """And none of the others for which the reader may contest."""
    _, case = await contested(world, "nursery", "nursery")
    nursery, studio = (data.organizations[role].enterprise_number for role in ("nursery", "studio"))
    rights = [(number, right) for number in (nursery, studio) for right in (Right.CONTEST, Right.EBOX)]
    reader = replace(await log_in(deployment, make_person()["ssin"], rights), scope="scope:dimona:contact")
    listed = await reader.ask("GET", "/contestations?pageSize=200")
    shown = {item["enterpriseNumber"] for item in listed.json()["items"]}
    assert nursery in shown
    assert (await reader.ask("GET", f"/contestations/{case['contestationId']}")).status == 200
    assert (await reader.ask("GET", f"/contestations/{UNKNOWN}")).status == 404
    rows = await world.database.fetch(
        """SELECT organizations FROM platform.looks WHERE reader = $1 AND operation = 'readContestations'
        ORDER BY look_id""",
        reader.subject,
    )
    assert [set(row["organizations"]) for row in rows] == [shown, {nursery}, set()]
    assert studio not in shown


async def test_agents_find_a_case_by_enterprise_or_worker_and_are_audited(
    world: World, data: DemoData, agent: Agent
) -> None:
    """The number is in the body alone; without an audit row there are no data (threat T21)."""
    status, case = await contested(world, "nursery", "secretariat")
    id_ = case["contestationId"]
    whole = await agent("GET", f"/cases/{id_}")
    assert whole.status == 200, whole.body
    about = whole.json()["notification"]
    assert about["declarationId"] == status["declarationId"]
    assert [step["event"] for step in whole.json()["history"]] == ["opened"]
    nursery = data.organizations["nursery"].enterprise_number
    for body in (
        {"enterpriseNumber": nursery, "reason": "a call of the nursery"},
        {"ssin": about["ssin"]},
        {"enterpriseNumber": nursery, "ssin": about["ssin"]},
    ):
        found = await agent("POST", "/cases/search", body)
        assert id_ in [item["caseId"] for item in found.json()["items"]]
    studio = {"enterpriseNumber": data.organizations["studio"].enterprise_number, "ssin": about["ssin"]}
    assert (await agent("POST", "/cases/search", studio)).json() == {"items": []}
    user = data.users["authority.agent"].user_id
    rows = await world.database.fetch(
        """SELECT what, found, reason FROM contact.readings WHERE agent = $1 AND (case_id = $2 OR ssin = $3 OR
        enterprise_number = $4) ORDER BY seq""",
        user, UUID(id_), about["ssin"], nursery,
    )  # fmt: skip
    assert [row["what"] for row in rows[-5:]] == ["read", "search", "search", "search", "search"]
    assert rows[-1]["found"] == 0
    assert [row["reason"] for row in rows[-5:]] == [None, "a call of the nursery", None, None, None]
    for body, name in (({}, None), ({"ssin": "93051822362"}, "ssin"), ({"name": "x"}, "name")):
        wrong = await agent("POST", "/cases/search", body)
        assert wrong.status == 400
        assert wrong.json()["issues"][0].get("name") == name
        assert "93051822362" not in wrong.body.decode()


async def test_only_the_authority_works_on_cases(
    world: World, data: DemoData, base: str, deployment: Endpoints, client_token: Any
) -> None:
    _, case = await contested(world, "bakery", "bakery")
    declarer = data.users["bakery.declarer"].user_id
    stranger = Agent(base, bearer(deployment, declarer, SCOPE))
    paths = [
        ("GET", "/cases", b""),
        ("GET", f"/cases/{case['contestationId']}", b""),
        ("GET", "/letters", b""),
    ]
    paths += [("POST", f"/cases/{case['contestationId']}/claims", b"")]
    for method, path, body in paths:
        answer = await stranger(method, path, body)
        assert (answer.status, answer.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission")
    refused = "SELECT count(*) FROM contact.refusals WHERE who = $1 AND what <> 'contest'"
    assert await world.database.value(refused, declarer) == len(paths)
    program = Agent(base, client_token(data.client_of("bakery").client_id, SCOPE))
    assert (await program("GET", "/cases")).status == 403
    weak = Agent(base, bearer(deployment, data.users["authority.agent"].user_id, SCOPE, level=350))
    assert (await weak("GET", "/cases")).status == 401


async def complained(base: str, **given: Any) -> Answer:
    body = {name: value for name, value in (COMPLAINT | given).items() if value is not None}
    return await asyncio.to_thread(ask, f"{base}/complaints", "POST", {}, body)


@pytest.mark.parametrize("lacking", [None, "", "  "])
async def test_an_anonymous_complaint_is_refused_with_its_missing_fields(
    base: str, lacking: str | None
) -> None:
    """An address and a text are compulsory."""
    one = await complained(base, address=lacking)
    assert (one.status, [issue["name"] for issue in one.json()["issues"]]) == (400, ["address"])
    all_three = await complained(base, name=lacking, address=lacking, description=lacking)
    assert [issue["name"] for issue in all_three.json()["issues"]] == ["name", "address", "description"]


async def test_a_complaint_is_acknowledged_at_once_and_answered_by_letter(
    base: str, agent: Agent, data: DemoData
) -> None:
    made = await complained(base, email="odile@boulangerie.example")
    assert made.status == 201, made.body
    id_ = made.json()["complaintId"]
    assert made.json()["contact"]["email"] == "qualité@onss.fgov.be"
    waiting = [each for each in (await agent("GET", "/letters")).json()["items"] if each["caseId"] == id_]
    assert [(each["purpose"], each["channel"], each["to"]) for each in waiting] == [
        ("acknowledgement", "email", "odile@boulangerie.example")
    ]
    assert waiting[0]["subject"] == "Wir haben Ihre Beschwerde erhalten"
    assert id_ in waiting[0]["body"]
    assert "Odile" not in waiting[0]["body"], "the address may be that of another person"
    code = re.findall(r"\b[0-9a-f]{16}\b", waiting[0]["body"])[0]
    confirmations = f"{base}/complaints/{id_}/confirmations"
    for given, status in ((code[::-1], 404), (code, 204), (code, 404)):
        answer = await asyncio.to_thread(ask, confirmations, "POST", {}, {"code": given})
        assert answer.status == status
    sent = await agent("POST", f"/letters/{waiting[0]['letterId']}/sendings")
    assert sent.json()["state"] == "sent"
    assert (await agent("POST", f"/letters/{waiting[0]['letterId']}/sendings")).status == 404
    await agent("POST", f"/cases/{id_}/claims")
    mine = await agent("GET", "/cases?mine=true&state=open&kind=complaint")
    assert id_ in [item["caseId"] for item in mine.json()["items"]]
    done = await agent("POST", f"/cases/{id_}/answers", {"state": "answered", "answer": "We are sorry."})
    assert done.status == 200, done.body
    waiting = [each for each in (await agent("GET", "/letters")).json()["items"] if each["caseId"] == id_]
    assert [(each["purpose"], each["channel"]) for each in waiting] == [("answer", "email")]
    assert waiting[0]["body"].endswith("We are sorry.")


async def test_only_the_officer_sees_complaints_about_personal_data(
    base: str, agent: Agent, officer: Agent
) -> None:
    """For an agent such a complaint does not exist."""
    made = await complained(base, subject="privacy")
    assert made.json()["contact"]["email"] == "GDPR@onsrszss.fgov.be"
    id_ = made.json()["complaintId"]
    for path in ("/cases", "/cases?kind=privacy", "/letters"):
        assert id_ not in (await agent("GET", path)).body.decode()
        assert id_ in (await officer("GET", path)).body.decode()
    assert (await agent("GET", f"/cases/{id_}")).status == 404
    assert (await agent("POST", f"/cases/{id_}/claims")).status == 404
    assert (await officer("GET", f"/cases/{id_}")).json()["complainant"]["name"] == COMPLAINT["name"]


async def test_a_flood_of_complaints_is_stopped(base: str) -> None:
    """One source is stopped after a few; other sources are not (tests of `Sources`)."""
    answers = [await complained(base) for _ in range(8)]
    assert answers[-1].status == 429
    stopped = next(answer for answer in answers if answer.status == 429)
    assert 0 < int(stopped.headers["retry-after"]) <= 60
    assert stopped.json()["retryAfterSec"] == int(stopped.headers["retry-after"])
    large = await complained(base, description="x" * 70_000)
    assert large.status == 413
