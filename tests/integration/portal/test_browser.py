"""A person uses the portal in Debian's Chromium, with and without JavaScript; axe finds no violation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from deploy.local.debian import Unavailable
from deploy.local.deployment import Endpoints
from deploy.local.stack import run
from tests import journeys
from tests.integration.portal.conftest import forget_used_codes
from tests.journeys import Journey, chromium, play

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as found:
            yield found
    except Unavailable as error:
        pytest.skip(f"no Chromium: {error}")


def test_without_fonts_the_browser_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journeys, "_FONTS", Path("/nowhere/fonts.conf"))
    with pytest.raises(Unavailable, match="apt-get install -y fontconfig-config"), chromium():
        pass


@pytest.mark.parametrize(("language", "scripts"), [("fr", True), ("nl", False)])
def test_the_journeys_of_a_person(
    browser: Browser, served: Endpoints, document: dict[str, Any], language: str, scripts: bool
) -> None:
    run(forget_used_codes, document["postgres_dsn"])  # Playwright has an event loop in this thread
    context = browser.new_context(
        locale=f"{language}-BE", java_script_enabled=scripts, viewport={"width": 320, "height": 800}
    )
    journey = Journey(document, context.new_page(), language, scripts)
    play(journey, served.data.people[-10 - scripts].ssin)
    context.close()
    assert journey.violations == []
