"""`make prove-portal`: play the journeys of persons in Chromium on a stack, in four languages.

Each language is played on a desk, and without JavaScript on a phone of 320 pixels; German, with the longest
words, also by keyboard alone at a zoom of 200 %. The figures are in `.run/portal.json`; English pages of the
desk are the pictures in docs/images.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Browser, Error

from deploy.local.demo.numbers import make_enterprise_number
from deploy.local.deployment import ROOT
from deploy.local.stack import Stack, run
from services.portal.pages import PAGES
from services.portal.values import enterprise
from shared.words import LANGUAGES
from tests.integration.omission import importing
from tests.integration.omission.importing import row, write
from tests.integration.portal.agents import residents
from tests.journeys.access import play_enterprise, play_mandates, play_registration
from tests.journeys.agent import play_agent, play_deciding
from tests.journeys.browser import DESK, KEYBOARD, PHONE_WITHOUT_SCRIPTS, Way, chromium, opened
from tests.journeys.declaring import play_correcting, play_declaring, play_for_another
from tests.journeys.ebox import play_ebox
from tests.journeys.everybody import play_everybody
from tests.journeys.journey import Journey
from tests.journeys.personnel import play_personnel
from tests.journeys.played import unplayed
from tests.journeys.spreadsheet import play_spreadsheet
from tests.journeys.worker import play_worker
from tests.prove.large_spreadsheet import send_large_spreadsheet

FOLDER: Final = ROOT / ".run" / "prove-portal"
RESULT: Final = ROOT / ".run" / "portal.json"
IMAGES: Final = ROOT / "docs" / "images"
PLAN: Final = (
    *((language, way) for language in LANGUAGES for way in (DESK, PHONE_WITHOUT_SCRIPTS)), ("de", KEYBOARD),
)  # fmt: skip
#: Pages of which a picture is kept.
_PICTURES: Final = (
    "home", "contact", "complaint_receipt",
    "welcome", "today", "declare", "in", "mistake", "result", "question", "found", "period", "time_line",
    "ebox", "message", "spreadsheet_mistakes",
    "receipt", "matrix", "mandate_review",
    "welcome_worker", "person_report", "welcome_officer", "agent_identification", "agent_end",
)  # fmt: skip


class Player:
    """The journeys of one person after the other, in one window."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.played: list[str] = []
        self.failed: list[str] = []

    def play(self, play: Callable[..., Any], *arguments: Any) -> Any:
        """Play a journey, and return its result; None if it fails, which does not stop the others."""
        begun, journey = time.monotonic(), self.journey
        name = f"{journey.language}, {journey.way.name}: {play.__name__.removeprefix('play_')}"
        try:
            result = play(journey, *arguments)
        except (AssertionError, Error) as error:
            self.failed.append(f"{name}, after {journey.seen[-1:]}: {str(error).partition(chr(10))[0]}")
            _tell(traceback.format_exc())
            journey.page.context.clear_cookies()
            return None
        self.played.append(name)
        _tell(f"{name}, {time.monotonic() - begun:.0f} s")
        return result

    def play_all(self, stack: Stack, place: int) -> None:
        """Play every journey. `place` selects the workers."""
        workers = residents(stack.endpoints.data)
        first, second, third = workers[3 * place : 3 * place + 3]
        self.play(play_everybody)
        waiting = self.play(play_declaring, first.ssin, {**third.identity(), "familyName": "Zwaenepoel"})
        self.play(play_correcting, second.ssin)
        self.play(play_for_another, first.ssin)
        self.play(play_personnel, first.ssin)
        self.play(play_ebox, first.ssin)
        self.play(play_spreadsheet, first.ssin)
        self.play(play_mandates, self.play(play_enterprise, second.ssin))
        self.play(play_registration)
        self.play(play_worker)
        self.play(play_agent, waiting)
        self.play(play_deciding, _omit(first.ssin, place))


def main() -> None:
    """Play, print and store the figures. Exit with code 1 after a violation, or if a page was not played."""
    with chromium() as browser:  # if there is none, no stack is started
        players, spreadsheet = _play_all(browser)
    figures = {**_figures(players), "spreadsheet": spreadsheet}
    RESULT.write_text(json.dumps(figures, indent=1))
    for name in _PICTURES:
        (IMAGES / f"portal_{name}.png").write_bytes((FOLDER / "pictures" / f"portal_{name}.png").read_bytes())
    _tell(json.dumps(figures))
    for violation in [each for player in players for each in player.journey.violations]:
        _tell(violation)
    sys.exit(1 if any(figures[each] for each in ("axe_violations", "failed", "not_played")) else 0)


def _play_all(browser: Browser) -> tuple[list[Player], dict[str, Any]]:
    """Start a stack, play each way of each language, send a large spreadsheet, and stop it."""
    stack = Stack(FOLDER, say=_tell)
    stack.start()
    try:
        (FOLDER / "pictures").mkdir(exist_ok=True)
        players = [_played(browser, stack, *each, place) for place, each in enumerate(PLAN)]
        return players, send_large_spreadsheet(stack)
    finally:
        stack.stop()


def _played(browser: Browser, stack: Stack, language: str, way: Way, place: int) -> Player:
    pictures = FOLDER / "pictures" if language == "en" and way is DESK else None
    with opened(browser, language, way) as page:
        journey = Journey(stack.endpoints.document(), page, language, way, pictures)
        player = Player(journey)
        player.play_all(stack, place)
    return player


def _omit(ssin: str, place: int) -> str:
    """Import a worked day without declaration, and return the number of its employer as pages show it."""
    number = make_enterprise_number(72_000 + place)
    found = {**row(ssin), "enterpriseNumber": number}
    done = run(importing.run, FOLDER / "endpoints.json", "import", str(write(FOLDER, [found])))
    assert done.exit_code == 0, done.output
    return enterprise(number)


def _figures(players: list[Player]) -> dict[str, Any]:
    journeys = [player.journey for player in players]
    times = sorted(each for journey in journeys for each in journey.milliseconds)
    return {
        "journeys": sum(len(player.played) for player in players),
        "pages": sum(len(journey.seen) for journey in journeys),
        "languages": sorted({journey.language for journey in journeys}),
        "axe_violations": sum(len(journey.violations) for journey in journeys),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "ways": sorted({journey.way.name for journey in journeys}),
        "failed": [each for player in players for each in player.failed],
        "not_played": unplayed(PAGES, [journey.asked for journey in journeys]),
    }


def _tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
