"""An agent identifies the worker of a declaration beside the candidates; each look and reason is kept."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from tests.integration.portal.agents import HOSTILE, act, cases, declare_identity, declare_stranger, rows
from tests.integration.portal.test_declaring import PATIENCE, final_page
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack


async def test_a_worker_is_identified_beside_the_candidates(
    agent: Visitor, declarer: Visitor, served: Endpoints, document: dict[str, Any]
) -> None:
    """A mistake is named, and nothing happens before the confirmation. Each look and the reason are kept."""
    number = declare_stranger(declarer, served.data.strangers[-1].ssin)
    path = f"/agents/identifications/{number}"
    assert path in cases(agent, "identifications")
    agent.get(path)
    assert served.data.strangers[-1].ssin in agent.page.text
    assert "the register does not have the number" in agent.page.text
    assert agent.submit(f"{path}/identify", ssin="93051822362", reason="").status == 400
    html = agent.answer.body.decode()
    assert 'aria-describedby="identify-ssin-wrong"' in html
    assert 'aria-describedby="identify-reason-wrong"' in html
    worker = served.data.people[-8].ssin
    agent.submit(f"{path}/identify", ssin=worker, reason=HOSTILE)
    assert HOSTILE in agent.page.text
    assert b"<img src=x" not in agent.answer.body
    agent.get(path)
    actions = [form.action for form in agent.page.forms]
    assert f"{path}/identify" in actions, "nothing is done before the confirmation"
    act(agent, path, "identify", ssin=worker, reason=HOSTILE)
    assert "worker identified" in agent.page.text
    final_page(declarer, f"/declarations/{number}")
    declarer.get(f"/declarations/{number}")
    assert "Accepted" in declarer.page.text
    found = await rows(
        document,
        "SELECT operation, reason FROM identification.readings WHERE $1 = ANY(declarations) ORDER BY seq",
        int(number),
    )
    operations = [row["operation"] for row in found]
    assert {"listIdentifications", "readIdentification", "decideIdentification"} <= set(operations)
    assert [row["reason"] for row in found if row["reason"]] == [HOSTILE]
    (decided,) = await rows(
        document,
        "SELECT decided_by FROM identification.case_history WHERE declaration_id = $1 AND event = 'resolved'",
        int(number),
    )
    assert decided["decided_by"] == document["users"]["authority.officer"]["user_id"]


def test_a_candidate_sees_the_look_of_the_agent(
    agent: Visitor, visitor: Open, served: Endpoints, document: dict[str, Any]
) -> None:
    """A declaration without NISS with another family name: the person with this birthday is a candidate."""
    person = served.data.beginners[0]
    number = declare_identity(served, document, {**person.identity(), "familyName": "Zwaenepoel"})
    path = f"/agents/identifications/{number}"
    end = time.monotonic() + PATIENCE
    while agent.get(path).status == 404:
        assert time.monotonic() < end, "a case"
        time.sleep(0.3)
    assert "Candidate 1" in agent.page.text
    assert "Zwaenepoel" in agent.page.text
    assert person.family_name in agent.page.text
    assert person.ssin in agent.page.text
    worker = visitor("bakery.worker")
    worker.get("/person/looks")
    assert "identification of a worker" in worker.page.text
    act(agent, path, "identify", ssin=person.ssin, reason="She showed her identity card.")
    worker.get("/person/looks")
    assert "She showed her identity card." in worker.page.text


def test_a_case_ends_without_a_worker_and_once_only(
    agent: Visitor, declarer: Visitor, served: Endpoints
) -> None:
    number = declare_stranger(declarer, served.data.strangers[-2].ssin)
    path = f"/agents/identifications/{number}"
    agent.get(path)
    agent.submit(f"{path}/end", reason="No such person.")
    form = agent.page.form(f"{path}/end")
    act(agent, path, "end", reason="No such person.")
    assert "ended without a worker" in agent.page.text
    assert f"{path}/end" not in [each.action for each in agent.page.forms]
    assert agent.post(f"{path}/end", form.fields | dict(form.buttons)).status == 409
    assert "Not done" in agent.page.title
    assert "Refused" in final_page(declarer, f"/declarations/{number}")


def test_a_worker_that_the_register_does_not_have_is_not_named(
    agent: Visitor, declarer: Visitor, served: Endpoints
) -> None:
    number = declare_stranger(declarer, served.data.strangers[-3].ssin)
    path = f"/agents/identifications/{number}"
    agent.get(path)
    agent.submit(f"{path}/identify", ssin=served.data.strangers[-3].ssin, reason="As declared.")
    form = agent.page.form(f"{path}/identify")
    assert agent.post(f"{path}/identify", form.fields | dict(form.buttons)).status == 409
    assert path in cases(agent, "identifications")


def test_without_the_row_of_the_look_there_are_no_candidates(
    agent: Visitor, declarer: Visitor, served: Endpoints, document: dict[str, Any]
) -> None:
    number = declare_stranger(declarer, served.data.strangers[-4].ssin)
    statement = "{} INSERT ON identification.readings {} dimona_identification"
    asyncio.run(rows(document, statement.format("REVOKE", "FROM")))
    try:
        assert agent.get(f"/agents/identifications/{number}").status == 503
        assert served.data.strangers[-4].ssin not in agent.page.text
    finally:
        asyncio.run(rows(document, statement.format("GRANT", "TO")))
