"""Pages without login on the running deployment: complaint with receipt, personal data, status."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.portal.pages.complaint import NOT_CONFIRMED
from shared.runtime.database import connect
from tests.pages import Open

pytestmark = pytest.mark.stack

COMPLAINT = {
    "name": "Odile <b>Tilquin</b>", "address": "Rue du Moulin 3, 5000 Namur",
    "description": "I called three times.\nNobody answered.",
}  # fmt: skip


async def test_a_complaint_gets_a_receipt(visitor: Open, document: dict[str, Any]) -> None:
    browser = visitor(language="nl")
    browser.get("/complaint")
    answer = browser.submit("/complaint", follow=True, **COMPLAINT, subject="privacy")
    assert answer.status == 201
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", browser.page.text)
    assert found is not None
    assert found[0] not in browser.url
    assert "GDPR@onsrszss.fgov.be" in browser.page.text, "the data protection officer answers it"
    owner = await connect(document["postgres_dsn"])
    try:
        row = await owner.fetchrow(
            """SELECT k.kind, k.said, c.name, c.language FROM contact.cases k
            JOIN contact.complainants c ON c.case_id = k.case_id WHERE k.case_id::text = $1""",
            found[0],
        )
    finally:
        await owner.close()
    assert row is not None
    assert tuple(row) == (
        "privacy", COMPLAINT["description"], COMPLAINT["name"], "nl",
    )  # fmt: skip


def test_mistakes_are_at_their_fields_and_nothing_is_sent(visitor: Open) -> None:
    browser = visitor()
    browser.get("/complaint")
    wrong = {**COMPLAINT, "name": "", "email": "an", "enterpriseNumber": "12"}
    browser.submit("/complaint", follow=True, **wrong)
    assert browser.answer.status == 400
    html = browser.answer.body.decode()
    for name in ("name", "email", "enterpriseNumber"):
        assert f'aria-describedby="{name}-wrong"' in html
        assert f'id="{name}-wrong"' in html
        assert f"#{name}" in browser.page.links
    assert 'role="alert"' in html
    assert COMPLAINT["address"] in browser.page.text, "the input is kept"


def test_a_wrong_code_confirms_no_address(visitor: Open) -> None:
    browser = visitor()
    for case, code in (("x", "0" * 16), ("123e4567-e89b-42d3-a456-426614174000", "0" * 16)):
        browser.get("/complaint/confirmation")
        assert browser.submit("/complaint/confirmation", case=case, code=code).status == 400
        assert NOT_CONFIRMED in browser.page.text


def test_the_page_of_personal_data_is_made_from_the_register(visitor: Open) -> None:
    browser = visitor()
    assert browser.get("/privacy").status == 200
    for text in ("Receive and check declarations", "Workers in declarations", "kept, because no source"):
        assert text in browser.page.text


def test_the_status_shows_functions_and_no_service(visitor: Open) -> None:
    browser = visitor()
    assert browser.get("/status").status == 200
    shown = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", browser.answer.body.decode())
    assert dict(shown)["Declare, and get the result"] == "works"
    assert {state for _, state in shown} == {"works"}
    assert "personnel_file" not in browser.answer.body.decode()
