"""An agent works on identifications, contestations, complaints, reports and registrations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.deployment import Endpoints
from shared.domain.calendar import local_date
from tests.directory import registration
from tests.integration.portal.agents import HOSTILE, act, cases, contest, shows, tomorrow
from tests.integration.portal.test_declaring import FORM, final_page
from tests.pages import Open, Visitor
from tests.tokens import bearer
from tests.web import ask

pytestmark = pytest.mark.stack


def test_the_login_leads_an_agent_to_the_lists(agent: Visitor) -> None:
    agent.get("/login")
    assert agent.url == f"{agent.base}/agents"
    assert {"/agents/identifications", "/agents/contestations", "/agents/privacy", "/agents/periods"} <= set(
        agent.page.links
    )


def test_an_agent_without_the_right_does_not_see_complaints_about_data(visitor: Open) -> None:
    colleague = visitor("authority.agent")
    colleague.get("/agents")
    assert "/agents/privacy" not in colleague.page.links
    assert colleague.get("/agents/privacy").status == 200
    assert "The list is empty." in colleague.page.text


def test_a_contestation_is_claimed_and_answered(agent: Visitor, declarer: Visitor, served: Endpoints) -> None:
    declarer.get(FORM)
    declarer.submit(FORM, ssin=served.data.people[-9].ssin, start_date=tomorrow())
    path = declarer.url.removeprefix(declarer.base)
    final_page(declarer, path)
    contest(declarer, path.rpartition("/")[2])
    paths = cases(agent, "contestations")
    case = next(path for path in paths if shows(agent, path, HOSTILE))
    assert b"<img src=x" not in agent.answer.body
    agent.submit(f"{case}/answer", state="upheld", answer="Right.")
    form = agent.page.form(f"{case}/answer")
    assert agent.post(f"{case}/answer", form.fields | dict(form.buttons)).status == 409, "not claimed yet"
    act(agent, case, "claim")
    assert "you" in agent.page.text
    act(agent, case, "answer", state="rejected", answer="The notification is right.")
    assert "rejected" in agent.page.text
    assert case not in cases(agent, "contestations")
    declarer.get("/contestations")
    assert "The notification is right." in declarer.page.text


def test_a_complaint_has_its_day_and_is_answered(agent: Visitor, served: Endpoints) -> None:
    words = f"I called three times. {uuid4()} {HOSTILE}"
    body = {"name": HOSTILE, "address": "Rue du Moulin 3, 5000 Namur", "description": words, "language": "fr"}
    assert ask(f"{served.api_url('contact')}/complaints", "POST", {}, body).status == 201
    case = next(path for path in cases(agent, "complaints") if shows(agent, path, words))
    assert "Answer until" in agent.page.text
    assert b"<img src=x" not in agent.answer.body
    act(agent, case, "claim")
    act(agent, case, "answer", state="answered", answer="We are sorry.")
    assert "answered" in agent.page.text


def test_a_report_of_a_worker_is_answered(agent: Visitor, visitor: Open) -> None:
    worker, words = visitor("bakery.worker"), f"I never worked there. {uuid4()}"
    worker.get("/person/reports")
    worker.submit("/person/reports", description=words)
    receipt = worker.url.removeprefix(worker.base)
    case = f"/agents/reports/{receipt.rpartition('/')[2]}"
    assert case in cases(agent, "reports")
    act(agent, case, "claim")
    act(agent, case, "answer", state="upheld", answer="The employer was told.")
    worker.get(receipt)
    assert "upheld" in worker.page.text
    assert "The employer was told." in worker.page.text


def test_a_registration_is_approved(agent: Visitor, served: Endpoints, document: dict[str, Any]) -> None:
    """The person that registers is not named by the register of enterprises, so an agent decides."""
    subject = document["users"]["bakery.declarer"]["user_id"]
    body = registration(name=HOSTILE)
    token = bearer(served, subject, "scope:dimona:access", level=400)
    answer = ask(f"{served.api_url('access')}/employers", "POST", token, body)
    assert answer.status == 202, answer.body
    case = next(path for path in cases(agent, "registrations") if shows(agent, path, HOSTILE))
    assert b"<img src=x" not in agent.answer.body
    act(agent, case, "decide", accepted="false")
    assert "refused" in agent.page.text


def test_late_and_locked_periods_of_an_employer_are_found(
    agent: Visitor, declarer: Visitor, served: Endpoints
) -> None:
    declarer.get(FORM)
    late = str(local_date(datetime.now(UTC)) - timedelta(days=3))
    declarer.submit(FORM, ssin=served.data.people[-7].ssin, start_date=late)
    declarer.submit(FORM)
    path = declarer.url.removeprefix(declarer.base)
    final_page(declarer, path)
    agent.get("/agents/periods")
    assert agent.submit("/agents/periods").status == 400
    assert 'aria-describedby="employer-wrong"' in agent.answer.body.decode()
    number = served.data.organizations["bakery"].enterprise_number
    agent.submit("/agents/periods", employer=number, isLate="yes")
    assert path.rpartition("/")[2] in agent.page.text
    agent.submit("/agents/periods", employer=number, isLocked="yes", isLate="yes")
    assert path.rpartition("/")[2] not in agent.page.text


def test_an_agent_locks_a_period_and_unlocks_it(
    agent: Visitor, declarer: Visitor, visitor: Open, served: Endpoints
) -> None:
    """A locked period has no way to correct it, and the worker sees the looks of the agents."""
    declarer.get(FORM)
    declarer.submit(FORM, ssin=served.data.people[-75].ssin, start_date=tomorrow())
    number = declarer.url.rpartition("/")[2]
    final_page(declarer, f"/declarations/{number}")
    path, corrections = f"/agents/periods/{number}", f"/periods/{number}/correct"
    agent.get("/agents/periods")
    agent.submit("/agents/periods", ssin=served.data.people[-75].ssin)
    assert path in agent.page.links
    agent.get(path)
    assert "not locked" in agent.page.text
    agent.submit(f"{path}/lock", reason="")
    assert agent.answer.status == 400
    assert 'aria-describedby="lock-reason-wrong"' in agent.answer.body.decode()
    act(agent, path, "lock", reason=HOSTILE)
    assert f"you, Locked: {HOSTILE}" in agent.page.text
    assert b"<img src=x" not in agent.answer.body
    declarer.get(corrections)
    assert f"/declare/cancel/{number}" not in declarer.page.links
    act(visitor("authority.agent"), path, "unlock", reason="Answered.")
    agent.get(path)
    assert "a colleague, Unlocked: Answered." in agent.page.text
    declarer.get(corrections)
    assert f"/declare/cancel/{number}" in declarer.page.links
    form = agent.page.form(f"{path}/lock")
    act(agent, path, "lock", reason="Again.")
    late = agent.post(f"{path}/lock", form.fields | {"reason": "Late.", "confirmed": "lock"})
    assert late.status == 409, "locked already"
    assert agent.get("/agents/periods/999999999999").status == 404
    assert declarer.get(path).status == 403


def test_others_see_no_list_and_do_no_act(visitor: Open, declarer: Visitor) -> None:
    for name in ("identifications", "contestations", "reports", "registrations", "omissions", "letters"):
        declarer.get(f"/agents/{name}")
        assert declarer.answer.status == 403, name
        assert "agents of the authority" in declarer.page.text
    declarer.get("/enterprise")
    fields = declarer.page.forms[0].fields
    heard = fields | {"heardOn": "2026-11-30", "answer": "x"}
    for form in (heard, heard | {"confirmed": "hear"}):
        assert declarer.post("/agents/omissions/1/hear", form).status == 403
