"""Debian's Chromium, and the ways in which a person uses it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.local.debian import Unavailable, library_path, tree
from tests.journeys.hands import BY_KEYBOARD, POINTER, Hands

_PROGRAM: Final = "/usr/lib/chromium/chromium"
#: The settings of fonts, of the package fontconfig-config. Without fonts a page has no text.
_FONTS: Final = Path("/etc/fonts/fonts.conf")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium. Raise debian.Unavailable if it cannot be fetched, or without fonts."""
    if not _FONTS.exists():
        raise Unavailable("no fonts; as root, run: apt-get install -y fontconfig-config fonts-dejavu-core")
    root = tree("chromium", _PROGRAM)
    libraries = {"LD_LIBRARY_PATH": path} if (path := library_path(root)) else {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(root / _PROGRAM.lstrip("/")),
            args=["--no-sandbox", "--disable-gpu"],
            env={**os.environ, **libraries},
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True, slots=True)
class Way:
    """A way to use the portal.

    `width` and `height` are in pixels of CSS. At `zoom` 2 a browser shows half as many of them on its screen.
    """

    name: str
    width: int
    height: int
    zoom: int = 1
    scripts: bool = True
    hands: Hands = POINTER


DESK: Final = Way("desk", 1000, 700)
PHONE: Final = Way("phone", 320, 800)
PHONE_WITHOUT_SCRIPTS: Final = Way("phone without JavaScript", 320, 800, scripts=False)
KEYBOARD: Final = Way("keyboard alone, zoom of 200 %", 500, 350, zoom=2, hands=BY_KEYBOARD)


@contextmanager
def opened(browser: Browser, language: str, way: Way) -> Iterator[Page]:
    """Open a window of a person with this language, without cookies."""
    context = browser.new_context(
        locale=f"{language}-BE",
        java_script_enabled=way.scripts,
        device_scale_factor=way.zoom,
        viewport={"width": way.width, "height": way.height},
        reduced_motion="reduce",  # colors and focus are compared at once
    )
    yield context.new_page()
    context.close()
