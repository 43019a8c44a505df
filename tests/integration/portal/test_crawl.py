"""Every page that a person reaches by links: headers, tokens, texts of strangers, ids of others (threat T34).

The pages come from the table of pages and from the links on them, so a new page is covered when it is in the
table or linked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from starlette.routing import compile_path

from deploy.local.deployment import Endpoints
from services.portal.headers import DOCUMENT, HEADERS, policy
from services.portal.pages import PAGES
from services.portal.visit import Need
from shared.runtime.database import connect
from tests.asgi import Answer
from tests.directory import registration
from tests.integration.portal.agents import cases, contest, declare_stranger, shows, tomorrow
from tests.integration.portal.test_declaring import FORM, final_page
from tests.leaks import ssins
from tests.pages import Document, Open, Visitor
from tests.tokens import bearer
from tests.web import ask

pytestmark = pytest.mark.stack

PERSONS: Final = (
    "bakery.declarer", "bakery.principal", "bakery.worker", "authority.officer", "hotel.all",
)  # fmt: skip
#: Persons that try the ids of others; an agent may see the cases and periods of all.
OTHERS: Final = ("bakery.worker", "secretariat.clerk", "hotel.all")
#: Pages of one pattern that are opened; the forms of an IN are hundreds.
MOST_OF_PATTERN: Final = 12
#: Patterns without ids of stored rows.
WITHOUT_IDS: Final = frozenset({"/declare/in/{commission}/{type}"})
#: Places in which a stranger sets a text that others see.
PLACES: Final = ("label", "contestation", "report", "complaint", "address", "enterprise", "person")
ABSENT: Final = (404, 403)
REFUSED: Final = 400  #: an act with an effect leads to another page, with a lower status
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[1-9][0-9]{5,17}")
PATTERNS: Final = [(page.path, compile_path(page.path)[0]) for page in PAGES if page.method == "GET"]


def hostile(place: str) -> str:
    return f'"><img src=x onerror={place}>'


def pattern_of(path: str) -> str:
    """Return the pattern of the page with this path; the path itself for the pages of the login."""
    return next((pattern for pattern, regex in PATTERNS if regex.fullmatch(path)), path)


def crawl(browser: Visitor) -> dict[str, Answer]:
    """Open every page without parameters, and follow the links. Return the answers by path."""
    found: dict[str, Answer] = {}
    opened: dict[str, int] = {}
    waiting = ["/", *(page.path for page in PAGES if page.method == "GET" and "{" not in page.path)]
    while waiting:
        path = waiting.pop(0)
        pattern = pattern_of(path)
        if path in found or path == "/login" or opened.get(pattern, 0) >= MOST_OF_PATTERN:
            continue
        opened[pattern] = opened.get(pattern, 0) + 1
        found[path] = answer = browser.get(path, follow=False)
        assert answer.status < 500, (path, answer.status)
        if is_page(answer):
            links = [link.partition("?")[0].partition("#")[0] for link in browser.page.links]
            waiting += [link for link in links if link.startswith("/")]
    return found


def is_page(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html") and (
        answer.headers["content-security-policy"] != DOCUMENT
    )


@pytest.fixture(scope="module")
def browsers(visitor: Open, planted: None) -> dict[str, Visitor]:
    return {name: visitor(name) for name in dict.fromkeys((*PERSONS, *OTHERS))}


@pytest.fixture(scope="module")
def crawled(browsers: dict[str, Visitor]) -> dict[str, dict[str, Answer]]:
    """Return all answers of the crawls, by person and path."""
    return {name: crawl(browsers[name]) for name in PERSONS}


@pytest.fixture(scope="module")
def planted(visitor: Open, served: Endpoints, document: dict[str, Any]) -> Iterator[None]:
    """Set a hostile text in every place in which a stranger can; rename one person until the end."""
    declarer, worker = visitor("bakery.declarer"), visitor("bakery.worker")
    declarer.get(FORM)
    declarer.submit(FORM, ssin=served.data.people[-15].ssin, start_date=tomorrow())
    number = declarer.url.rpartition("/")[2]
    final_page(declarer, f"/declarations/{number}")
    contest(declarer, number, hostile("contestation"))
    declarer.get("/ebox")
    told = next(link for link in declarer.page.links if re.fullmatch(r"/ebox/[0-9a-f-]{36}", link))
    declarer.get(told)
    label = [form for form in declarer.page.forms if form.action == f"{told}/labels"][-1]
    declarer.post(label.action, label.fields | {"label": hostile("label")})
    worker.get("/person/reports")
    assert worker.submit("/person/reports", description=hostile("report")).status == 200
    declare_stranger(declarer, served.data.strangers[-5].ssin)
    complain_and_register(served, document)
    asyncio.run(rename(document, hostile("person")))
    yield
    asyncio.run(rename(document, served.data.users["hotel.all"].given_name))


def complain_and_register(served: Endpoints, document: Mapping[str, Any]) -> None:
    complaint = {
        "name": hostile("complaint"), "address": hostile("address"), "description": "Too late.",
        "language": "en",
    }  # fmt: skip
    assert ask(f"{served.api_url('contact')}/complaints", "POST", {}, complaint).status == 201
    employer = registration(name=hostile("enterprise"))
    token = bearer(served, document["users"]["bakery.declarer"]["user_id"], "scope:dimona:access", level=400)
    answer = ask(f"{served.api_url('access')}/employers", "POST", token, employer)
    assert answer.status == 202, answer.body


async def rename(document: Mapping[str, Any], given_name: str) -> None:
    owner = await connect(document["postgres_dsn"])
    try:
        user_id = document["users"]["hotel.all"]["user_id"]
        await owner.execute(
            "UPDATE access.person SET given_name = $2 WHERE user_id = $1", user_id, given_name
        )
    finally:
        await owner.close()


def test_the_crawl_reaches_the_pages_of_the_table(crawled: dict[str, dict[str, Answer]]) -> None:
    """Most pages answer one of the persons. Some need a state that none of them is in."""
    answered = {
        pattern_of(path)
        for found in crawled.values()
        for path, answer in found.items()
        if answer.status == 200
    }
    fixed = {page.path for page in PAGES if page.method == "GET" and "{" not in page.path}
    public = {page.path for page in PAGES if page.need is Need.NOTHING} & fixed
    assert public - answered == set()
    assert len(fixed & answered) >= 0.8 * len(fixed), fixed - answered
    assert sum("{" in pattern for pattern in answered) >= 10


@pytest.mark.parametrize("name", PERSONS)
def test_every_answer_has_the_headers_of_the_table(
    crawled: dict[str, dict[str, Answer]], browsers: dict[str, Visitor], name: str
) -> None:
    """No frame, no cache, no script of others. A document, which is no page, may have a stricter policy."""
    own = policy(browsers[name].endpoints["login"]["issuer"])
    for path, answer in crawled[name].items():
        assert {header: answer.headers.get(header.lower()) for header in HEADERS} == HEADERS, path
        policies = (own,) if is_page(answer) else (own, DOCUMENT)
        assert answer.headers["content-security-policy"] in policies, path


@pytest.mark.parametrize("name", PERSONS)
def test_every_form_has_the_token_and_stays_in_the_portal(
    crawled: dict[str, dict[str, Answer]], name: str
) -> None:
    forms = 0
    for path, answer in crawled[name].items():
        for form in Document(answer.body.decode()).forms if is_page(answer) else ():
            forms += 1
            assert re.fullmatch(r"[0-9a-f]{64}", form.fields["form"]), (path, form.action)
            assert re.match(r"/(?!/)", form.action), (path, form.action)
    assert forms > 5


@pytest.mark.parametrize("name", PERSONS)
def test_no_address_and_no_title_names_a_person(crawled: dict[str, dict[str, Answer]], name: str) -> None:
    for path, answer in crawled[name].items():
        assert not ssins(path), path
        if is_page(answer):
            page = Document(answer.body.decode())
            assert not ssins(page.title), (path, page.title)
            assert not [link for link in page.links if ssins(link)], path


def test_no_text_of_a_stranger_runs(crawled: dict[str, dict[str, Answer]]) -> None:
    """Each planted text is on a page, as text: its tag is nowhere in the source."""
    seen = set()
    for found in crawled.values():
        for path, answer in found.items():
            if not is_page(answer):
                continue
            html = answer.body.decode()
            assert "<img" not in html, path
            assert re.findall(r'<script(?! src="/static/[0-9a-f]{12}/)', html) == [], path
            text = Document(html).text
            seen |= {place for place in PLACES if hostile(place) in text}
    assert seen == set(PLACES)


@pytest.mark.parametrize("name", OTHERS)
def test_an_id_of_others_shows_as_little_as_an_absent_one(
    crawled: dict[str, dict[str, Answer]], browsers: dict[str, Visitor], name: str
) -> None:
    """Threat T34: a person opens every address with an id that other persons have reached."""
    other, tried = browsers[name], 0
    mine = set(crawled.get(name, ()))
    for owner in set(PERSONS) - {name}:
        for path, answer in crawled[owner].items():
            pattern = pattern_of(path)
            if answer.status != 200 or "{" not in pattern or pattern in WITHOUT_IDS or path in mine:
                continue
            if _ID.search(path) is None:  # such as the ending of a file
                continue
            tried += 1
            shown = other.get(path, follow=False)
            if shown.status not in (*ABSENT, 303):
                assert as_absent(other, path) == shown.body.decode().replace(id_in(path), "?"), (owner, path)
    assert tried >= 8


def id_in(path: str) -> str:
    found = _ID.search(path)
    assert found is not None, path
    return found[0]


def as_absent(browser: Visitor, path: str) -> str:
    """Return the page for an id that exists nowhere, without the id."""
    id_ = id_in(path)
    absent = "00000000-0000-4000-8000-000000000000" if "-" in id_ else "9" * len(id_)
    return browser.get(path.replace(id_, absent), follow=False).body.decode().replace(absent, "?")


@pytest.mark.parametrize("name", OTHERS)
def test_a_form_of_others_does_nothing(
    crawled: dict[str, dict[str, Answer]], browsers: dict[str, Visitor], name: str
) -> None:
    """Threat T34: a person sends every form with an id, as the owner sees it, with the own token."""
    other, tried = browsers[name], 0
    other.get("/person")
    token = other.page.form("/logout").fields["form"]
    for owner in set(PERSONS) - {name}:
        for answer in crawled[owner].values():
            for form in Document(answer.body.decode()).forms if is_page(answer) else ():
                if not _ID.search(form.action):
                    continue
                tried += 1
                act = form.action.rpartition("/")[2]
                fields = {key: value or "intruder" for key, value in form.fields.items()}
                sent = fields | dict(form.buttons[:1]) | {"form": token, "confirmed": act}
                assert other.post(form.action, sent, follow=False).status >= REFUSED, (owner, form.action)
    assert tried >= 3


@pytest.mark.parametrize(
    "path", [page.path for page in PAGES if "{" not in page.path and page.method == "GET"]
)
def test_no_parameter_leads_away(browsers: dict[str, Visitor], path: str) -> None:
    """Threat T34, open redirect: whatever the parameter is named."""
    browser = browsers["bakery.worker"]
    names = ("next", "page", "url", "return", "redirect", "redirect_uri", "to", "back", "language")
    query = "&".join(f"{name}=https://evil.example/" for name in names)
    answer = browser.get(f"{path}?{query}", follow=False)
    assert "evil" not in answer.headers.get("location", "")
    assert b"evil.example" not in answer.body


def test_a_page_with_data_needs_a_login(visitor: Open) -> None:
    stranger = visitor()
    for page in PAGES:
        if page.method == "GET" and page.need is not Need.NOTHING and "{" not in page.path:
            answer = stranger.get(page.path, follow=False)
            assert answer.status == 303, page.path
            assert answer.headers["location"].startswith(stranger.endpoints["login"]["issuer"]), page.path


def test_the_planted_registration_and_complaint_are_in_the_lists(browsers: dict[str, Visitor]) -> None:
    """Control: the crawl of the agent would find them."""
    agent = browsers["authority.officer"]
    for list_, place in (("registrations", "enterprise"), ("complaints", "complaint")):
        assert any(shows(agent, path, hostile(place)) for path in cases(agent, list_))
