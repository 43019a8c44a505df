"""Sessions of the portal: login, limits in time, a stronger login, logout, and attacks on them."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.deployment import Endpoints
from services.portal.session.rules import IDLE, LONGEST
from services.portal.session.store import Sessions
from services.portal.settings import SESSIONS
from shared.runtime.database import connect, open_pool
from shared.runtime.sealing import Sealer
from shared.runtime.settings import derived_key
from tests.pages import Open, Visitor
from tests.web import ask

pytestmark = pytest.mark.stack

COOKIE = "dimona_portal"


async def execute(document: dict[str, Any], statement: str, *arguments: Any) -> Any:
    owner = await connect(document["postgres_dsn"])
    try:
        return await owner.fetch(statement, *arguments)
    finally:
        await owner.close()


def digest(visitor: Visitor) -> bytes:
    return hashlib.sha256(visitor.cookies[COOKIE].encode()).digest()


async def let_end(browser: Visitor, document: dict[str, Any], column: str, limit: timedelta) -> None:
    await execute(
        document,
        f"UPDATE portal.session SET {column} = {column} - $2::interval WHERE id_sha256 = $1",  # noqa: S608
        digest(browser), limit,
    )  # fmt: skip


def test_a_person_logs_in_and_acts_for_the_only_organization(declarer: Visitor) -> None:
    page = declarer.get("/")
    assert page.status == 200
    assert "Loïc Henrotay" in declarer.page.text
    assert "Log out" in declarer.page.text


async def test_a_session_in_the_database_shows_neither_token_nor_person(
    declarer: Visitor, document: dict[str, Any]
) -> None:
    (row,) = await execute(document, "SELECT * FROM portal.session WHERE id_sha256 = $1", digest(declarer))
    assert row["sealed"].startswith("v1.")
    assert declarer.cookies[COOKIE] not in row["sealed"]


def test_a_login_gives_a_new_id_to_the_browser(visitor: Open) -> None:
    """Threat T34, session fixation: an id from before the login has no session after it."""
    attacker = visitor()
    attacker.get("/")
    planted = attacker.cookies[COOKIE]
    victim = visitor("hotel.all", cookies={COOKIE: planted})
    assert victim.cookies[COOKIE] != planted
    attacker.get("/enterprise", follow=False)
    assert attacker.answer.status == 303
    assert not attacker.answer.headers["location"].startswith(attacker.base)


def test_a_second_login_ends_the_first_session_of_the_browser(visitor: Open) -> None:
    browser = visitor("hotel.all")
    first = browser.cookies[COOKIE]
    browser.get("/login")  # the session at the issuer suffices
    assert browser.answer.status == 200
    assert browser.cookies[COOKIE] != first
    thief = visitor()
    thief.cookies[COOKIE] = first
    assert thief.get("/enterprise", follow=False).status == 303


def test_a_login_without_second_factor_is_refused_with_a_reason(visitor: Open) -> None:
    browser = visitor()
    user = browser.endpoints["users"]["bakery.reader"]
    browser.get("/login")
    browser.submit(browser.page.forms[0].action, user_name=user["user_name"], password=user["password"])
    assert browser.answer.status == 403
    assert browser.url.startswith(browser.base)
    assert "No second factor" in browser.page.text


@pytest.mark.parametrize("change", [{"state": "x"}, {"iss": "https://evil.example"}, {"code": "x"}])
def test_a_return_from_the_login_that_was_not_asked_for_is_refused(
    visitor: Open, change: dict[str, str]
) -> None:
    browser = visitor()
    browser.get("/login", follow=False)
    asked = dict(part.split("=") for part in urlsplit(browser.answer.headers["location"]).query.split("&"))
    said = {"state": asked["state"], "code": "c" * 43, "iss": browser.endpoints["login"]["issuer"]} | change
    query = "&".join(f"{name}={value}" for name, value in said.items())
    assert browser.get(f"/callback?{query}").status == 403
    assert browser.get("/enterprise", follow=False).status == 303


def test_a_return_in_another_browser_is_refused(visitor: Open) -> None:
    """A code that another browser asked for gives no session (login CSRF)."""
    assert visitor().get("/callback?code=abc&state=def").status == 403


async def test_a_return_without_a_login_is_not_in_the_alert(visitor: Open, served: Endpoints) -> None:
    """The alert counts `no_login`. A stranger without a login cannot raise it."""

    def counted(outcome: str) -> float:
        metrics = ask(f"{served.ops_url('portal')}/metrics").body.decode()
        found = re.search(rf'^dimona_portal_logins_total\{{.*"{outcome}"\}} (\S+)$', metrics, re.MULTILINE)
        return float(found[1]) if found else 0.0

    before = counted("no_login"), counted("unasked")
    visitor().get("/callback")
    assert (counted("no_login"), counted("unasked")) == (before[0], before[1] + 1)


@pytest.mark.parametrize(("column", "limit"), [("used_at", IDLE), ("began_at", LONGEST)])
async def test_a_session_ends_by_time(
    visitor: Open, document: dict[str, Any], column: str, limit: Any
) -> None:
    browser = await asyncio.to_thread(visitor, "hotel.all")
    browser.get("/enterprise")
    fields = browser.page.form("/enterprise").fields
    await let_end(browser, document, column, limit)
    assert browser.post("/enterprise", fields).status == 403
    assert "Nothing was sent" in browser.page.text, "a form is not dropped without a word"
    assert browser.get("/enterprise", follow=False).status == 303
    assert not browser.answer.headers["location"].startswith(browser.base)
    browser.get("/enterprise")
    asked = browser.page.forms[0].fields.keys()
    assert asked >= {"user_name", "password"}, "the login at the issuer does not suffice"


def test_a_logout_ends_the_session_and_the_login(visitor: Open) -> None:
    browser = visitor("hotel.all")
    before = browser.cookies[COOKIE]
    browser.get("/")
    assert browser.submit("/logout").status == 200
    assert browser.url == f"{browser.base}/"
    assert "Log in" in browser.page.text
    browser.cookies[COOKIE] = before
    assert browser.get("/enterprise", follow=False).status == 303
    del browser.cookies[COOKIE]
    browser.get("/login")
    assert browser.page.forms[0].fields.keys() >= {"user_name", "password"}


def test_a_logout_needs_the_form_of_the_browser(declarer: Visitor) -> None:
    assert declarer.post("/logout", {}).status == 403
    assert declarer.get("/enterprise").status == 200


def test_no_parameter_leads_to_another_site(visitor: Open, served: Endpoints) -> None:
    """Threat T34, open redirect: there is no parameter with an address to lead to."""
    browser = visitor()
    for path in ("/login?page=//evil.example", "/enterprise?next=https://evil.example", "//evil.example/"):
        browser.get(path, follow=False)
        location = browser.answer.headers.get("location", served.api_url("portal"))
        assert location.startswith((served.api_url("access"), served.api_url("portal"))), path
        assert "evil" not in location


async def let_token_expire(browser: Visitor, served: Endpoints) -> None:
    sealer = Sealer.of(derived_key(bytes.fromhex(served.key), SESSIONS))
    async with await open_pool(served.dsns["portal"], "portal", size=1) as pool:
        sessions = Sessions(pool, sealer)
        session = await sessions.use(browser.cookies[COOKIE])
        assert session is not None
        await sessions.change(browser.cookies[COOKIE], replace(session, expires=0.0))


@pytest.fixture(scope="module")
def clerk(visitor: Open) -> Visitor:
    return visitor("secretariat.clerk")


async def began(browser: Visitor, document: dict[str, Any]) -> Any:
    (row,) = await execute(
        document, "SELECT began_at FROM portal.session WHERE id_sha256 = $1", digest(browser)
    )
    return row["began_at"]


async def test_a_page_with_an_old_token_gets_a_new_one_by_itself(
    clerk: Visitor, served: Endpoints, document: dict[str, Any]
) -> None:
    """The forms in other windows stay valid, and the eight hours of the session go on."""
    clerk.get("/enterprise")
    form, begin = clerk.page.form("/enterprise"), await began(clerk, document)
    await let_token_expire(clerk, served)
    assert clerk.get("/contestations").status == 200
    assert clerk.url.endswith("/contestations")
    assert clerk.post("/enterprise", form.fields | dict([form.buttons[0]])).status == 200
    clerk.get("/login")
    assert await began(clerk, document) == begin, "neither a renewal nor a login makes a session longer"


async def test_a_form_whose_session_ends_during_the_login_is_not_lost_in_silence(
    visitor: Open, served: Endpoints, document: dict[str, Any]
) -> None:
    browser = await asyncio.to_thread(visitor, "hotel.all")
    browser.get("/enterprise")
    form = browser.page.form("/enterprise")
    await let_token_expire(browser, served)
    to_login = browser.post("/enterprise", form.fields | dict([form.buttons[0]]), follow=False)
    await let_end(browser, document, "used_at", IDLE)
    assert browser.get(to_login.headers["location"]).status == 403
    assert "Nothing was sent" in browser.page.text


async def test_a_form_with_an_old_token_waits_for_a_click(clerk: Visitor, served: Endpoints) -> None:
    """Nothing that was typed is lost, and nothing is sent without the person."""
    browser = clerk
    browser.get("/enterprise")
    employer = browser.page.form("/enterprise/employer").buttons[0][1]
    await let_token_expire(browser, served)
    browser.submit("/enterprise/employer", employer=employer)
    assert browser.url.endswith("/confirm")
    assert "nothing was sent yet" in browser.page.text
    assert "for the employer" not in browser.page.text
    assert f"Employer\n  {employer}" in re.sub(r"\s*\n\s*", "\n  ", browser.page.text), "its values are shown"
    assert browser.get("/confirm").status == 200, "the page can be loaded again"
    browser.submit("/enterprise/employer")
    assert "for the employer" in browser.page.text
    assert browser.get("/confirm").status == 404


async def test_a_form_that_waits_can_be_dropped(clerk: Visitor, served: Endpoints) -> None:
    clerk.get("/enterprise")
    await let_token_expire(clerk, served)
    clerk.submit("/enterprise", organization=clerk.page.form("/enterprise").buttons[0][1])
    assert clerk.submit("/confirm").status == 200
    assert clerk.url == f"{clerk.base}/"
    assert clerk.get("/confirm").status == 404


async def test_a_form_with_a_key_never_waits(visitor: Open, served: Endpoints) -> None:
    """A person can paste a private key by mistake: neither the session nor a page has it afterwards."""
    browser = await asyncio.to_thread(visitor, "provider.principal")
    browser.get("/access/clients")
    path = next(link for link in browser.page.links if link.startswith("/access/clients/"))
    browser.get(path)
    await let_token_expire(browser, served)
    browser.submit(f"{path}/keys", key="-----BEGIN PRIVATE KEY-----MIGHAgEAMBMGByq")
    assert "Nothing was sent" in browser.page.text
    assert b"MIGHAgEAMBMGByq" not in browser.answer.body
    assert browser.get("/confirm").status == 404, "no form waits"
    assert browser.get(path).status == 200, "the login was renewed"
