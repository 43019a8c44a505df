"""Marks in the e-Box: the attention of a colleague, words, labels, and digital documents only."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from shared.domain.calendar import local_date
from tests.pages import Visitor

pytestmark = pytest.mark.stack

FORM = "/declare/in/XXX/OTH"
PATIENCE = 30.0


@pytest.fixture(scope="module")
def told(declarer: Visitor, served: Endpoints) -> str:
    """Return the id of a message of the bakery about an accepted declaration."""
    start = str(local_date(datetime.now(UTC)) + timedelta(days=1))
    declarer.get(FORM)
    declarer.submit(FORM, ssin=served.data.people[-70].ssin, start_date=start)
    end = time.monotonic() + PATIENCE
    while True:
        declarer.get("/ebox")
        declarer.submit("/ebox", type="dimonaPositive")
        if found := re.findall(r"/ebox/([0-9a-f-]{36})(?= |$)", " ".join(declarer.page.links)):
            return str(found[0])
        assert time.monotonic() < end, "a message"
        time.sleep(0.5)


def test_a_message_is_for_the_attention_of_a_colleague(
    declarer: Visitor, told: str, document: dict[str, Any]
) -> None:
    """Without the list of users a colleague is named by number; only readers of this type can be named."""
    path = f"/ebox/{told}/attention"
    users = document["users"]
    declarer.get(path)
    assert users["bakery.declarer"]["user_id"] in declarer.page.text
    for wrong in ("x", users["bakery.reader"]["user_id"]):
        assert declarer.submit(path, colleague=wrong).status == 400
        assert 'aria-describedby="colleague-wrong"' in declarer.answer.body.decode()
    declarer.submit(path, colleague=users["bakery.declarer"]["user_id"])
    assert "Take away: Loïc Henrotay" in declarer.page.text
    declarer.get("/ebox")
    declarer.submit("/ebox", mine="yes")
    assert f"/ebox/{told}" in declarer.page.links
    declarer.submit("/ebox", mine="yes", text="a word in no letter")
    assert "0 messages" in declarer.page.text
    declarer.get(path)
    declarer.post(path, declarer.page.forms[1].fields | {"take": "yes"})
    assert "Take away" not in declarer.page.text


def test_messages_of_one_sender_are_shown(declarer: Visitor, told: str) -> None:
    declarer.get("/ebox")
    for sender in ("0206731645", "0206.731.645"):
        assert declarer.submit("/ebox", sender=sender).status == 200
    assert declarer.submit("/ebox", sender="206").status == 400
    assert "An enterprise number has ten digits" in declarer.page.text
    assert f"/ebox/{told}" in declarer.page.links, "the messages of all senders are shown"
    assert 'aria-describedby="sender-wrong"' in declarer.answer.body.decode()


def test_an_enterprise_agrees_to_digital_documents_only(declarer: Visitor) -> None:
    path = "/ebox/preferences"
    declarer.get(path)
    assert "also on paper" in declarer.page.text
    declarer.submit(path, digital="yes")
    if "nothing was sent yet" in declarer.page.text:
        declarer.submit(path)
    assert "in digital form only" in declarer.page.text
    assert "Agreed: " in declarer.page.text
    declarer.submit(path, digital="no")
    assert "also on paper" in declarer.page.text


def test_a_label_of_the_enterprise_is_put_and_taken_away(declarer: Visitor, told: str) -> None:
    declarer.get(f"/ebox/{told}")
    form = [form for form in declarer.page.forms if form.action.endswith("/labels")][-1]
    declarer.post(form.action, form.fields | {"label": "winter", "for_all": "yes"})
    declarer.get("/ebox")
    declarer.submit("/ebox", label="winter")
    assert f"/ebox/{told}" in declarer.page.links
    declarer.get(f"/ebox/{told}")
    form = next(form for form in declarer.page.forms if ("take", "yes") in form.buttons)
    declarer.post(form.action, form.fields | {"take": "yes", "for_all": "yes"})
    declarer.get(f"/ebox/{told}")
    assert "Take away: winter" not in declarer.page.text
