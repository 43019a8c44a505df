"""Steps of a person that registers and manages an enterprise in the portal, for several tests."""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Final

from deploy.local.demo.numbers import make_employer_id, make_enterprise_number
from deploy.local.deployment import Endpoints
from tests.pages import Form, Visitor

REPRESENTATIVE: Final = "studio.representative"
_numbers = count(41_001)


def register(browser: Visitor) -> str:
    """Register an enterprise and return its number."""
    serial = next(_numbers)
    number = make_enterprise_number(serial)
    browser.get("/access/register")
    browser.submit(
        "/access/register", enterprise_number=number, name=f"Atelier <b>{serial}</b>", language="fr",
        employer_id=str(make_employer_id(4_000 + serial % 1_000)), category="010", active_from="2026-11-01",
    )  # fmt: skip
    return number


def person_fields(served: Endpoints, name: str) -> dict[str, Any]:
    user = served.data.users[name]
    return {
        "ssin": user.ssin, "given_name": user.given_name, "family_name": user.family_name,
        "language": user.language,
    }  # fmt: skip


def designate(browser: Visitor, served: Endpoints) -> None:
    """Designate the representative as principal access manager of the chosen enterprise."""
    fields = person_fields(served, REPRESENTATIVE)
    browser.get("/access/manager")
    browser.submit(
        "/access/manager", **fields, phone="+3225095959", own_ssin=fields["ssin"], own_phone="+3225095959"
    )
    confirm(browser, "/access/manager")
    assert browser.url.endswith("/access/users"), browser.page.text


def add(browser: Visitor, served: Endpoints, name: str, *granted: str) -> str:
    """Add a user with rights and return the user id."""
    browser.get("/access/users/add")
    boxes: dict[str, Any] = {f"right_{right}": "yes" for right in granted}
    browser.submit("/access/users/add", **person_fields(served, name), **boxes)
    assert re.search(r"/access/users/[0-9a-f-]{36}$", browser.url), browser.page.text
    return browser.url.rpartition("/")[2]


def confirm(browser: Visitor, action: str) -> None:
    """Confirm an act on the page that shows its effect."""
    assert "Nothing was changed yet" in browser.page.text, browser.page.text
    browser.submit(action)


def form_with(browser: Visitor, end: str) -> Form:
    """Return the form of the page with a target that ends so."""
    return next(form for form in browser.page.forms if form.action.endswith(end))
