"""Properties of every page of the portal: headers, forms with a token, four languages, size."""

from __future__ import annotations

import gzip
import re

import pytest

from services.portal.headers import DOCUMENT, HEADERS, policy
from services.portal.pages import PAGES
from services.portal.visit import Need
from shared.domain.contacts import CONTACTS
from shared.words import LANGUAGES
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack

OPEN = [page.path for page in PAGES if page.need is Need.NOTHING and page.method == "GET"]
SAMPLES = {
    "{commission}": "XXX", "{type}": "OTH", "{change}": "out", "{number:int}": "1",
    "{declaration:int}": "1", "{turn:int}": "1", "{first:int}": "1", "{second:int}": "1", "{after}": "1_1",
    "{id:uuid}": "123e4567-e89b-42d3-a456-426614174000", "{act}": "validate", "{client}": "client_1",
    "{form}": "csv", "{sheet:uuid}": "123e4567-e89b-42d3-a456-426614174000",
}  # fmt: skip


def sample(path: str) -> str:
    """Return the path of a page with a value for each parameter."""
    for parameter, value in SAMPLES.items():
        path = path.replace(parameter, value)
    return path


FORMS = [sample(page.path) for page in PAGES if page.method == "POST"]
#: Pages that are files.
FILES = ("/spreadsheet/template.csv", "/person/export")
FIRST_LOAD = 150_000
SIZES: dict[str, int] = {}  # compressed size of each static file, by its address


@pytest.fixture(scope="module")
def person(visitor: Open) -> Visitor:
    return visitor("secretariat.clerk")


@pytest.mark.parametrize(
    "path",
    [
        *(sample(page.path) for page in PAGES if page.method == "GET"),
        *("/login", "/callback", "/confirm", "/nowhere", "/logout"),
        *(f"/{path}/{'9' * 5000}" for path in ("periods", "declarations", "declare/out")),
    ],
    ids=lambda path: str(path)[:40],
)
def test_every_answer_has_the_headers(person: Visitor, path: str) -> None:
    answer = person.get(path, follow=False)
    own = policy(person.endpoints["login"]["issuer"])
    expected = {**HEADERS, "Content-Security-Policy": DOCUMENT if path in FILES else own}
    assert {name: answer.headers.get(name.lower()) for name in expected} == expected


@pytest.mark.parametrize("path", OPEN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_the_language_of_the_browser(visitor: Open, path: str, language: str) -> None:
    browser = visitor(language=language)
    assert browser.get(path).status == 200
    assert browser.page.language == language


def test_a_chosen_language_stays(visitor: Open) -> None:
    browser = visitor(language="fr")
    browser.get("/contact?language=nl")
    assert browser.page.language == "nl"
    assert browser.get("/").status == 200
    assert browser.page.language == "nl"


def test_the_contacts_are_those_of_the_table(visitor: Open) -> None:
    browser = visitor(language="de")
    browser.get("/contact")
    for contact in CONTACTS.values():
        assert contact.service["de"] in browser.page.text
        assert (contact.telephone or "") in browser.page.text


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_token_of_the_browser_is_refused_first(person: Visitor, path: str) -> None:
    """Threat T34. Also without a session, so that the answer tells nothing about it."""
    for fields in ({}, {"form": "0" * 64}):
        assert person.post(path, fields).status == 403
        assert "Nothing was sent" in person.page.text


def test_a_form_of_another_browser_or_site_is_refused(person: Visitor, visitor: Open) -> None:
    person.get("/enterprise")
    fields = person.page.form("/enterprise").fields
    assert visitor().post("/enterprise", fields).status == 403
    assert person.post("/enterprise", fields, headers={"Origin": "https://evil.example"}).status == 403
    assert person.get("/enterprise").status == 200


def test_a_form_that_is_too_large_or_no_form_is_refused(person: Visitor) -> None:
    assert person.post("/enterprise", {"form": "x" * 70_000}).status == 403
    assert person.post("/enterprise", {}, headers={"Content-Type": "application/json"}).status == 403


def test_a_person_chooses_an_employer_with_a_mandate(person: Visitor) -> None:
    person.get("/enterprise")
    form = person.page.form("/enterprise/employer")
    employer = form.buttons[0][1]
    person.submit("/enterprise/employer", employer=employer)
    assert person.answer.status == 200
    assert f"for the employer {employer[:4]}.{employer[4:7]}.{employer[7:]}" in person.page.text


def test_an_employer_is_chosen_by_its_number(person: Visitor) -> None:
    person.get("/enterprise")
    assert person.submit("/enterprise/employer", employer="12").status == 400
    assert "An enterprise number has ten digits" in person.page.text
    number = person.page.form("/enterprise/employer").buttons[0][1]
    person.submit("/enterprise/employer", employer=f"{number[:4]}.{number[4:7]}.{number[7:]}")
    assert f"for the employer {number[:4]}.{number[4:7]}.{number[7:]}" in person.page.text


def test_an_organization_of_others_cannot_be_chosen(person: Visitor) -> None:
    foreign = person.endpoints["users"]["bakery.declarer"]["enterpriseNumber"]
    person.get("/enterprise")
    assert person.submit("/enterprise", organization=foreign).status == 404


def test_an_unknown_path_is_a_page_without_its_text(person: Visitor) -> None:
    assert person.get("/<script>alert(1)</script>").status == 404
    assert b"alert(1)" not in person.answer.body


def test_a_number_with_many_digits_is_an_unknown_path(person: Visitor) -> None:
    assert person.get(f"/periods/{'9' * 5000}").status == 404


def test_the_first_load_is_small_and_files_stay_in_the_browser(visitor: Open) -> None:
    browser = visitor()
    browser.get("/")
    html, size = browser.answer.body.decode(), len(browser.answer.body)
    for name in ("pico.min.css", "portal.css", "htmx.min.js"):
        path = next(part for part in html.split('"') if part.endswith(f"/{name}"))
        answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
        assert gzip.decompress(answer.body)
        size += len(answer.body)
    assert size < FIRST_LOAD
    assert "<style" not in html
    assert html.count("<script") == 1


@pytest.mark.parametrize("path", [sample(page.path) for page in PAGES if page.method == "GET"])
def test_a_first_load_of_every_page_is_small(person: Visitor, path: str) -> None:
    """The page and all its files, as a browser without any of them loads it."""
    size = len(person.get(path).body)
    names = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', person.answer.body.decode()))
    for name in names - SIZES.keys():
        SIZES[name] = len(person.get(name, headers={"Accept-Encoding": "gzip"}).body)
    assert names or path in FILES
    assert size + sum(SIZES[name] for name in names) < FIRST_LOAD
