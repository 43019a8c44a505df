"""A person declares through the portal, follows the declaration, and contests; others see nothing of it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from services.portal.headers import DOCUMENT
from services.portal.pages import PAGES
from services.portal.pages.declare import ACTS
from shared.domain.calendar import local_date
from shared.runtime.database import connect
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack

FORM = "/declare/in/XXX/OTH"
PATIENCE = 30.0
#: Begins of the paths of pages about periods, declarations and messages; test_crawl.py tries all others.
OF_EMPLOYERS = ("/declare", "/declarations", "/periods", "/relations", "/ebox", "/contestations")


def tomorrow() -> str:
    return str(local_date(datetime.now(UTC)) + timedelta(days=1))


def final_page(browser: Visitor, path: str) -> str:
    """Load the page of a declaration until it shows a final result. Return its text."""
    end = time.monotonic() + PATIENCE
    while "Load the page again" in browser.page.text:
        assert time.monotonic() < end, "a final result"
        time.sleep(0.3)
        browser.get(path)
    return browser.page.text


def numbers(browser: Visitor, pattern: str) -> list[str]:
    return re.findall(pattern, " ".join(browser.page.links))


@pytest.fixture(scope="module")
def accepted(declarer: Visitor, served: Endpoints) -> str:
    """Return the number of an accepted IN of the bakery, which is also that of its period."""
    declarer.get(FORM)
    declarer.submit(FORM, ssin=served.data.people[-3].ssin, start_date=tomorrow())
    assert declarer.answer.status == 200, declarer.page.text
    path = declarer.url.removeprefix(declarer.base)
    number = path.rpartition("/")[2]
    assert number in declarer.page.text, "the number is on the next page at once"
    assert "Accepted." in final_page(declarer, path)
    return number


async def test_the_declaration_has_the_channel_and_the_person(
    accepted: str, served: Endpoints, document: dict[str, Any]
) -> None:
    owner = await connect(document["postgres_dsn"])
    try:
        row = await owner.fetchrow(
            """SELECT d.channel, d.organization, k.message_id FROM intake.declarations d
            JOIN intake.commands k ON k.number = d.number WHERE d.number = $1""",
            int(accepted),
        )
    finally:
        await owner.close()
    assert row is not None
    assert (row["channel"], row["organization"]) == (
        "web", served.data.organizations["bakery"].enterprise_number,
    )  # fmt: skip
    assert document["users"]["bakery.declarer"]["user_id"] in row["message_id"]


def test_a_form_that_is_sent_twice_has_one_effect(declarer: Visitor, served: Endpoints) -> None:
    declarer.get(FORM)
    fields = declarer.page.form(FORM).fields | {
        "ssin": served.data.people[-4].ssin, "start_date": tomorrow(),
    }  # fmt: skip
    first = declarer.post(FORM, fields, follow=False).headers["location"]
    assert declarer.post(FORM, fields, follow=False).headers["location"] == first
    other = str(local_date(datetime.now(UTC)) + timedelta(days=2))
    assert declarer.post(FORM, fields | {"start_date": other}).status == 400
    assert "nothing was changed" in declarer.page.text, "other data under the key of a sent form"


def test_mistakes_are_at_their_fields_and_nothing_is_sent(declarer: Visitor) -> None:
    declarer.get(FORM)
    declarer.submit(FORM, ssin="93051822362", start_date="")
    assert declarer.answer.status == 400
    html = declarer.answer.body.decode()
    assert 'aria-describedby="ssin-wrong"' in html
    assert 'aria-describedby="start_date-wrong"' in html
    assert declarer.page.form(FORM).fields["ssin"] == "93051822362"


def test_a_late_declaration_is_sent_after_a_warning_only(declarer: Visitor, served: Endpoints) -> None:
    declarer.get(FORM)
    yesterday = str(local_date(datetime.now(UTC)) - timedelta(days=2))
    declarer.submit(FORM, ssin=served.data.people[-5].ssin, start_date=yesterday)
    assert "This declaration is late" in declarer.page.text
    earlier = str(local_date(datetime.now(UTC)) - timedelta(days=3))
    declarer.submit(FORM, start_date=earlier)
    assert "This declaration is late" in declarer.page.text, "each late start has its warning"
    declarer.submit(FORM)
    assert "with a warning" in final_page(declarer, declarer.url.removeprefix(declarer.base))
    assert "90373-460" in declarer.page.text


def test_a_form_goes_to_the_employer_for_which_it_was_opened(other: Visitor, served: Endpoints) -> None:
    """Another window can change the choice of the session while a form is filled in."""
    other.get(FORM)
    first = other.page.form(FORM).fields
    other.get("/enterprise")
    employer = other.page.form("/enterprise/employer").buttons[0][1]
    other.submit("/enterprise/employer", employer=employer)
    typed = {"ssin": served.data.people[-6].ssin, "start_date": tomorrow()}
    assert other.post(FORM, first | typed).status == 400
    assert "you chose another enterprise or employer" in other.page.text
    again = other.page.form(FORM).fields
    assert again.items() >= {**typed, "employer": employer}.items()
    assert again["key"] != first["key"]
    assert other.post(FORM, again | {"organization": employer}).status == 400


def test_a_change_goes_to_the_employer_for_which_it_was_opened(declarer: Visitor, accepted: str) -> None:
    path = f"/declare/cancel/{accepted}"
    declarer.get(path)
    fields = declarer.page.form(path).fields
    del fields["employer"]
    assert declarer.post(path, fields).status == 400
    assert "you chose another enterprise or employer" in declarer.page.text
    declarer.get(f"/periods/{accepted}")
    assert f"/periods/{accepted}/correct" in declarer.page.links, "the period is not canceled"


def test_a_page_without_result_loads_itself_for_a_short_time(other: Visitor, accepted: str) -> None:
    """Each turn waits one second longer; the last page has a link only. A person of others sees no result."""
    other.get(f"/declarations/{accepted}")
    turns = []
    while found := re.search(rb'hx-get="([^"]+)" hx-trigger="load delay:([0-9]+)s"', other.answer.body):
        turns.append(int(found[2]))
        other.get(found[1].decode())
        assert "Received. The result follows" in other.page.text
    assert turns
    assert sum(turns) <= 30
    assert f"/declarations/{accepted}" in other.page.links
    assert b"http-equiv" not in other.answer.body


def test_a_page_with_a_result_does_not_load_itself(declarer: Visitor, accepted: str) -> None:
    declarer.get(f"/declarations/{accepted}")
    assert "Accepted." in declarer.page.text
    assert b"hx-get" not in declarer.answer.body


def test_a_period_is_found_changed_and_canceled(declarer: Visitor, served: Endpoints, accepted: str) -> None:
    declarer.get("/personnel")
    declarer.submit("/personnel", ssin=served.data.people[-3].ssin, worker_type_OTH="yes", status_OPEN="yes")
    assert numbers(declarer, r"/periods/(\d+)") == [accepted]
    declarer.get(f"/periods/{accepted}")
    assert "Opened" in declarer.page.text
    assert "web" in declarer.page.text
    end = str(local_date(datetime.now(UTC)) + timedelta(days=9))
    declarer.get("/declare")
    declarer.submit("/declare", period=accepted, change="out")
    declarer.submit(f"/declare/out/{accepted}", end_date=end)
    final_page(declarer, declarer.url.removeprefix(declarer.base))
    declarer.get(f"/declare/update/{accepted}")
    assert declarer.page.form(f"/declare/update/{accepted}").fields["end_date"] == end
    declarer.submit(f"/declare/update/{accepted}", start_date=end, planned_hours="not of this form")
    assert "Accepted" in final_page(declarer, declarer.url.removeprefix(declarer.base))
    declarer.get(f"/declare/cancel/{accepted}")
    declarer.submit(f"/declare/cancel/{accepted}")
    assert "Accepted" in final_page(declarer, declarer.url.removeprefix(declarer.base))
    declarer.get(f"/periods/{accepted}")
    assert "cancelled" in declarer.page.text
    assert numbers(declarer, r"/periods/(\d+)/correct") == []


def test_a_search_that_cannot_be_made_says_so(declarer: Visitor) -> None:
    declarer.get("/personnel")
    assert declarer.submit("/personnel", ssin="123").status == 400
    assert "Correct these fields" in declarer.page.text
    assert b'aria-describedby="ssin-wrong"' in declarer.answer.body


@pytest.fixture(scope="module")
def told(declarer: Visitor, accepted: str) -> str:
    """Return the id of the message about the accepted declaration."""
    end = time.monotonic() + PATIENCE
    while True:
        declarer.get("/ebox")
        for id_ in numbers(declarer, r"/ebox/([0-9a-f-]{36})(?= |$)"):
            declarer.get(f"/ebox/{id_}")
            if accepted in declarer.page.text:
                return id_
        assert time.monotonic() < end, "the message about the declaration"
        time.sleep(0.5)


def test_a_letter_is_shown_apart_from_the_pages(declarer: Visitor, told: str) -> None:
    answer = declarer.get(f"/ebox/{told}/letter")
    assert answer.status == 200
    assert answer.headers["content-security-policy"] == DOCUMENT
    assert b"<h1" in answer.body


def test_a_label_is_text_and_can_be_taken_away(declarer: Visitor, told: str) -> None:
    """Threat T34: a label that another user set runs in the page."""
    name = '"><img src=x onerror=x>'
    declarer.get(f"/ebox/{told}")
    declarer.submit(f"/ebox/{told}/labels", label="to check")
    assert "Take away: to check" in declarer.page.text
    form = next(form for form in declarer.page.forms if ("take", "yes") in form.buttons)
    declarer.post(form.action, form.fields | {"take": "yes"})
    assert "Take away: to check" not in declarer.page.text
    declarer.get(f"/ebox/{told}")
    form = [form for form in declarer.page.forms if form.action.endswith("/labels")][-1]
    declarer.post(form.action, form.fields | {"label": name})
    declarer.get(f"/ebox/{told}")
    assert f"Take away: {name}" in declarer.page.text, "the label is there, as text"
    assert b"<img" not in declarer.answer.body


def test_a_message_is_contested_with_its_reason(declarer: Visitor, told: str) -> None:
    reason = "<b>The worker began a day later.</b>"
    declarer.get(f"/ebox/{told}")
    declarer.submit(f"/ebox/{told}/contest", reason="")
    assert declarer.answer.status == 400
    declarer.submit(f"/ebox/{told}/contest", reason=reason)
    assert declarer.url.endswith("/contestations")
    assert reason in declarer.page.text
    assert reason.encode() not in declarer.answer.body
    declarer.get(f"/ebox/{told}")
    assert declarer.submit(f"/ebox/{told}/contest", reason="again").status == 400
    declarer.get("/contestations")
    action = next(form.action for form in declarer.page.forms if form.action.endswith("/withdrawal"))
    declarer.submit(action)
    assert "withdrawn" in declarer.page.text
    assert action not in [form.action for form in declarer.page.forms]
    declarer.get(f"/ebox/{told}")
    declarer.submit(f"/ebox/{told}/contest", reason=reason)


def foreign_pages(number: str, message: str) -> list[tuple[str, str]]:
    """Return method and path of every page of an employer with an id, with these ids."""
    places = {
        "{number:int}": number, "{id:uuid}": message, "{commission}": "XXX", "{type}": "OTH",
        "{after}": "1_1",
    }  # fmt: skip
    return [
        (page.method, reduce(lambda text, place: text.replace(*place), places.items(), path))
        for page in PAGES
        if page.path.startswith(OF_EMPLOYERS) and ("{number:int}" in page.path or "{id:uuid}" in page.path)
        for path in {page.path.replace("{change}", change) for change in ACTS}
    ]


def test_a_person_of_another_organization_sees_and_changes_nothing(
    declarer: Visitor, other: Visitor, accepted: str, told: str
) -> None:
    """Threat T34: every id in an address is changed to that of another organization."""
    declarer.get(f"/ebox/{told}")
    notification = declarer.page.form(f"/ebox/{told}/contest").fields["notification"]
    other.get("/enterprise")
    fields = {
        **other.page.form("/enterprise").fields, "notification": notification,
        "label": "intruder", "reason": "intruder", "start_date": tomorrow(), "end_date": tomorrow(),
    }  # fmt: skip
    tried = foreign_pages(accepted, told)
    tried.remove(("GET", f"/declarations/{accepted}"))
    assert len(tried) >= 23
    for method, path in tried:
        answer = other.get(path) if method == "GET" else other.post(path, fields)
        assert answer.status in ((404,) if method == "GET" else (403, 404)), (method, path)
        assert "Nothing was sent" not in other.page.text, "a form of this browser"
    other.get(f"/declarations/{accepted}")
    assert "Received. The result follows" in other.page.text, "as for a number without result"
    for path in (f"/ebox/{told}", "/contestations"):
        declarer.get(path)
        assert "intruder" not in declarer.page.text


def test_a_person_without_the_right_declares_nothing(visitor: Open, served: Endpoints) -> None:
    browser = visitor("bakery.local")
    browser.get(FORM)
    assert browser.submit(FORM, ssin=served.data.people[-6].ssin, start_date=tomorrow()).status == 403
    assert "You have no right" in browser.page.text
    browser.get("/personnel")
    assert browser.submit("/personnel").status == 403
