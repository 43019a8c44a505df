"""A worker without a right for an enterprise sees the own data and the looks at them, and reports errors."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.deployment import Endpoints
from shared.domain.calendar import local_date
from shared.words import LANGUAGES
from tests.integration.portal.test_declaring import FORM, final_page
from tests.pages import Open, Visitor

pytestmark = pytest.mark.stack

HOSTILE = '"><img src=x onerror=x>'


@pytest.fixture(scope="module")
def declared(visitor: Open, served: Endpoints) -> str:
    """Declare the worker at the bakery, and return the number of the period."""
    declarer = visitor("bakery.declarer")
    declarer.get(FORM)
    day = str(local_date(datetime.now(UTC)) + timedelta(days=9))
    declarer.submit(FORM, ssin=served.data.users["bakery.worker"].ssin, start_date=day)
    path = declarer.url.removeprefix(declarer.base)
    final_page(declarer, path)
    return path.rpartition("/")[2]


@pytest.fixture(scope="module")
def worker(visitor: Open, declared: str) -> Visitor:
    assert declared
    return visitor("bakery.worker", "fr")


def test_the_login_leads_a_worker_to_the_own_data(worker: Visitor, declared: str, served: Endpoints) -> None:
    worker.get("/login")  # the login at the issuer suffices
    assert worker.url == f"{worker.base}/person"
    assert declared in worker.page.text
    assert served.data.users["bakery.worker"].ssin in worker.page.text
    assert "Mes données" in worker.page.title
    assert not re.search(r"\d", worker.page.title)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_are_in_the_language_of_the_page(worker: Visitor, declared: str, language: str) -> None:
    headings = {
        "fr": "Vos employeurs", "nl": "Uw werkgevers", "de": "Ihre Arbeitgeber", "en": "Your employers",
    }  # fmt: skip
    worker.get(f"/person?language={language}")
    assert headings[language] in worker.page.text
    assert declared in worker.page.text


def test_the_looks_have_the_own_one_and_pages(worker: Visitor) -> None:
    """More looks than a page has lead to a further page with other ones."""
    for _ in range(55):
        worker.get("/person/looks?language=en")
    assert "your own request" in worker.page.text
    form = next(form for form in worker.page.forms if form.action == "/person/looks")
    first = worker.page.text
    worker.post("/person/looks", form.fields | dict(form.buttons))
    assert worker.answer.status == 200
    assert worker.page.text != first


def test_the_export_is_a_file_with_data_and_looks(worker: Visitor, served: Endpoints) -> None:
    answer = worker.get("/person/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["content-type"] == "application/json"
    found = json.loads(answer.body)
    assert found["data"]["ssin"] == served.data.users["bakery.worker"].ssin
    assert {look["operation"] for look in found["looks"]} >= {"readMyStatement"}


def test_an_error_is_reported_with_a_receipt(worker: Visitor, declared: str) -> None:
    worker.get("/person/reports?language=en")
    worker.submit("/person/reports", description=HOSTILE, period=declared)
    assert worker.answer.status == 200
    assert re.fullmatch(rf"{worker.base}/person/reports/[0-9a-f-]{{36}}", worker.url)
    assert "being examined" in worker.page.text
    assert HOSTILE in worker.page.text
    assert b"<img src=x" not in worker.answer.body
    path = worker.url.removeprefix(worker.base)
    worker.get("/person/reports")
    assert path in worker.page.links


def test_a_worker_asks_to_restrict_a_period(worker: Visitor, agent: Visitor, declared: str) -> None:
    worker.get("/person/reports?language=en")
    worker.submit("/person/reports", description="Not my hours", period=declared, restrict="yes")
    assert "You asked that the employer cannot change the period" in worker.page.text
    agent.get(worker.url.replace("/person/reports/", "/agents/reports/") + "?language=en")
    assert "The worker asks that the employer cannot change the period" in agent.page.text
    assert f"/agents/periods/{declared}" in agent.page.links


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"description": ""}, "description"),
        ({"description": "x" * 8001}, "description"),
        ({"description": "wrong", "period": "12x"}, "period"),
        ({"description": "wrong", "period": "0"}, "period"),
        ({"description": "wrong", "period": "9" * 30}, "period"),
        ({"description": "wrong", "period": "999999999999"}, "period"),
        ({"description": "wrong", "restrict": "yes"}, "restrict"),
    ],
    ids=["nothing", "long", "letters", "zero", "many digits", "unknown", "restriction of no period"],
)
def test_a_mistake_is_at_its_field(worker: Visitor, typed: dict[str, str], field: str) -> None:
    worker.get("/person/reports?language=en")
    form = worker.page.form("/person/reports")
    assert worker.post("/person/reports", form.fields | typed).status == 400
    html = worker.answer.body.decode()
    assert f'aria-describedby="{field}-wrong"' in html
    assert f'href="#{field}"' in html
    assert 'role="alert"' in html


def test_a_worker_sees_no_page_of_an_employer(worker: Visitor) -> None:
    for path in ("/today", "/declare", "/personnel", "/ebox"):
        worker.get(path)
        assert worker.url == f"{worker.base}/enterprise", path
    worker.get("/agents")
    assert worker.answer.status == 403
