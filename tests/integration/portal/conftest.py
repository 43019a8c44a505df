"""Visitors of the portal of the running deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from tests.integration.portal.enterprises import REPRESENTATIVE, add, designate, register
from tests.pages import Open, Visitor
from tests.portal import forget_attempts


@pytest.fixture(scope="module")
def document(served: Endpoints) -> dict[str, Any]:
    """Return the endpoints."""
    return served.document()


@pytest.fixture(scope="module")
def visitor(document: dict[str, Any]) -> Open:
    """Return a function that opens a browser; with the name of a person, one that has logged in.

    `cookies` are in the browser before the login.
    """

    def open_(
        name: str | None = None, language: str = "en", cookies: Mapping[str, str] | None = None
    ) -> Visitor:
        browser = Visitor(document, language)
        browser.cookies |= cookies or {}
        if name is not None:
            asyncio.run(forget_attempts(document["postgres_dsn"]))
            assert browser.log_in(name).status == 200
        return browser

    return open_


@pytest.fixture(scope="module")
def agent(visitor: Open) -> Visitor:
    return visitor("authority.officer")


@pytest.fixture(scope="module")
def declarer(visitor: Open) -> Visitor:
    return visitor("bakery.declarer")


@pytest.fixture(scope="module")
def other(visitor: Open) -> Visitor:
    return visitor("secretariat.clerk")


@pytest.fixture(scope="module")
def owner(visitor: Open, served: Endpoints) -> Visitor:
    """Return the browser of a representative that has just registered an enterprise and manages it."""
    browser = visitor(REPRESENTATIVE)
    register(browser)
    designate(browser, served)
    add(browser, served, REPRESENTATIVE, "userManagement")
    return browser
