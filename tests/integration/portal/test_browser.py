"""Persons use the portal in Debian's Chromium, with and without JavaScript; axe finds no violation.

`make prove-portal` plays all journeys in all languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from deploy.local.debian import Unavailable
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from tests.integration.clients import unused
from tests.integration.portal.agents import declare_identity, is_resident
from tests.journeys import browser as started
from tests.journeys.access import play_enterprise
from tests.journeys.agent import play_agent
from tests.journeys.browser import KEYBOARD, PHONE, PHONE_WITHOUT_SCRIPTS, Way, chromium, opened
from tests.journeys.declaring import play_correcting, play_declaring
from tests.journeys.ebox import play_ebox
from tests.journeys.everybody import play_everybody
from tests.journeys.journey import Journey
from tests.journeys.personnel import play_personnel
from tests.journeys.spreadsheet import play_spreadsheet
from tests.journeys.worker import play_worker

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except Unavailable as error:
        pytest.skip(f"no Chromium: {error}")


@pytest.fixture(scope="module")
def workers(served: Endpoints) -> Iterator[DemoPerson]:
    """Return workers that no other test declares."""
    return (person for _ in count() for person in unused(served, 1, is_resident))


def test_without_fonts_the_browser_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started, "_FONTS", Path("/nowhere/fonts.conf"))
    with pytest.raises(Unavailable, match="apt-get install -y fontconfig-config"), chromium():
        pass


def test_the_journeys_of_an_employer_on_a_phone(
    browser: Browser, document: dict[str, Any], workers: Iterator[DemoPerson]
) -> None:
    first, second, third = next(workers), next(workers), next(workers)
    with playing(browser, document, "fr", PHONE) as journey:
        play_everybody(journey, ["service"])
        play_declaring(journey, first.ssin, {**third.identity(), "familyName": "Zwaenepoel"})
        play_correcting(journey, second.ssin)
        play_personnel(journey, first.ssin)
        play_ebox(journey, first.ssin)


def test_the_journeys_of_an_employer_without_javascript(
    browser: Browser, document: dict[str, Any], workers: Iterator[DemoPerson]
) -> None:
    first, second, third = next(workers), next(workers), next(workers)
    with playing(browser, document, "nl", PHONE_WITHOUT_SCRIPTS) as journey:
        play_everybody(journey, [])
        play_declaring(journey, first.ssin, {**third.identity(), "familyName": "Zwaenepoel"})
        play_correcting(journey, second.ssin)
        play_spreadsheet(journey, first.ssin)


def test_the_journeys_of_a_worker_and_an_agent_by_keyboard(
    browser: Browser, served: Endpoints, document: dict[str, Any], workers: Iterator[DemoPerson]
) -> None:
    """At a zoom of 200 %. The agent answers the report of the worker."""
    worker = {**next(workers).identity(), "familyName": "Zwaenepoel"}
    waiting = declare_identity(served, document, worker)
    with playing(browser, document, "de", KEYBOARD) as journey:
        play_worker(journey)
        play_agent(journey, waiting, ["reports"])


def test_the_first_steps_of_an_enterprise(
    browser: Browser, document: dict[str, Any], workers: Iterator[DemoPerson]
) -> None:
    with playing(browser, document, "en", PHONE) as journey:
        play_enterprise(journey, next(workers).ssin)


@contextmanager
def playing(browser: Browser, document: dict[str, Any], language: str, way: Way) -> Iterator[Journey]:
    """Open a window, and compare the violations after the journeys."""
    with opened(browser, language, way) as page:
        journey = Journey(document, page, language, way)
        yield journey
        assert journey.violations == []
