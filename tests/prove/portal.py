"""`make prove-portal`: play the journeys of a person in Chromium on a stack, in four languages.

Each language is played with JavaScript on a desk, and without JavaScript on a phone of 320 pixels.
The figures are in `.run/portal.json`; the English pages of the desk are pictures in docs/images.
"""

from __future__ import annotations

import json
import statistics
import sys
from typing import Any, Final

from playwright.sync_api import Browser

from deploy.local.deployment import ROOT
from deploy.local.stack import Stack, run
from shared.runtime.database import connect
from shared.words import LANGUAGES
from tests.journeys import Journey, chromium, play
from tests.journeys_access import play_access

FOLDER: Final = ROOT / ".run" / "prove-portal"
RESULT: Final = ROOT / ".run" / "portal.json"
IMAGES: Final = ROOT / "docs" / "images"
#: Pages of which a picture is kept.
_PICTURES: Final = (
    "home", "contact", "welcome", "declare", "in", "mistake", "result", "found", "period", "ebox", "message",
    "today", "time_line", "correct", "question",
    "receipt", "matrix", "rights_review", "mandate_review", "client_key", "changes",
)  # fmt: skip
_DESK: Final = {"width": 1000, "height": 700}
_PHONE: Final = {"width": 320, "height": 800}


async def _forget_used_codes(dsn: str) -> None:
    """Let the person use the present code of the authenticator again."""
    owner = await connect(dsn)
    try:
        await owner.execute("UPDATE access.factor SET last_step = 0, blocked_until = NULL, attempts = 0")
    finally:
        await owner.close()


def _played(browser: Browser, stack: Stack, language: str, ssin: str, *, scripts: bool) -> Journey:
    document = stack.endpoints.document()
    run(_forget_used_codes, document["postgres_dsn"])  # Playwright has an event loop in this thread
    context = browser.new_context(
        locale=f"{language}-BE",
        java_script_enabled=scripts,
        viewport=_DESK if scripts else _PHONE,  # type: ignore[arg-type] # it asks for a TypedDict
    )
    shown = FOLDER / "pictures" if language == "en" and scripts else None
    journey = Journey(document, context.new_page(), language, scripts, shown)
    play(journey, ssin)
    play_access(journey)
    context.close()
    return journey


def main() -> None:
    """Play, print and store the figures. Exit with code 1 if axe finds a violation."""
    with chromium() as browser:  # if there is none, no stack is started
        journeys = _play_all(browser)
    figures = _figures(journeys)
    RESULT.write_text(json.dumps(figures, indent=1))
    for name in _PICTURES:
        (IMAGES / f"portal_{name}.png").write_bytes((FOLDER / "pictures" / f"portal_{name}.png").read_bytes())
    _tell(json.dumps(figures))
    for violation in [each for journey in journeys for each in journey.violations]:
        _tell(violation)
    sys.exit(1 if figures["axe_violations"] else 0)


def _play_all(browser: Browser) -> list[Journey]:
    """Start a stack, play each way of each language, and stop it."""
    stack = Stack(FOLDER, say=_tell)
    stack.start()
    try:
        (FOLDER / "pictures").mkdir(exist_ok=True)
        ways = [(language, scripts) for language in LANGUAGES for scripts in (True, False)]
        return [
            _played(browser, stack, language, stack.endpoints.data.people[-1 - place].ssin, scripts=scripts)
            for place, (language, scripts) in enumerate(ways)
        ]
    finally:
        stack.stop()


def _figures(journeys: list[Journey]) -> dict[str, Any]:
    times = sorted(time for journey in journeys for time in journey.milliseconds)
    return {
        "journeys": len(journeys),
        "pages": sum(len(journey.seen) for journey in journeys),
        "languages": sorted({journey.language for journey in journeys}),
        "axe_violations": sum(len(journey.violations) for journey in journeys),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
    }


def _tell(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
