"""The journeys of a person through the portal, in Debian's Chromium, with axe on every page."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pyotp
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from deploy.local.debian import Unavailable, library_path, tree
from shared.domain.calendar import local_date, quarter

AXE: Final = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
_PROGRAM: Final = "/usr/lib/chromium/chromium"
#: The settings of fonts, of the package fontconfig-config. Without fonts a page has no text.
_FONTS: Final = Path("/etc/fonts/fonts.conf")
#: WCAG 2.1, levels A and AA.
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
_PATIENCE: Final = 30_000  #: milliseconds
PERSON: Final = "bakery.declarer"


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


@dataclass
class Journey:
    """A person at the portal in one language, and the pages that were seen.

    `pictures` is a folder for screenshots; None takes none.
    """

    document: Mapping[str, Any]
    page: Page
    language: str
    scripts: bool = True
    pictures: Path | None = None
    seen: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_PATIENCE)
        self.page.on("response", self._note)

    def _note(self, response: Response) -> None:
        """Note how long a page of the portal took from the request to the first byte."""
        request = response.request
        if request.resource_type == "document" and response.url.startswith(self.document["portal_url"]):
            timing = request.timing
            if timing["responseStart"] >= 0:
                self.milliseconds.append(timing["responseStart"] - timing["requestStart"])

    def look(self, name: str) -> None:
        """Check the page that is shown: its language, and the rules of axe. Take its picture."""
        assert self.page.locator("html").get_attribute("lang") == self.language
        assert self.page.locator("h1").count() == 1
        self.seen.append(name)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        self.violations += [f"{name}: {wide} pixels wider than the screen"] if wide > 0 else []
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"portal_{name}.png", full_page=True)
        if self.scripts:
            self.page.evaluate(AXE)
            found = self.page.evaluate(
                "rules => axe.run(document, {runOnly: rules}).then(done => done.violations)", _RULES
            )
            self.violations += [f"{name}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]

    def open(self, path: str, name: str) -> None:
        """Open a page of the portal, and look at it."""
        self.page.goto(f"{self.document['portal_url']}{path}")
        self.look(name)

    def everybody(self) -> None:
        """See the public pages."""
        self.open("/", "home")
        self.open("/contact", "contact")
        self.open("/accessibility", "accessibility")
        self.open("/nowhere", "nothing")

    def log_in(self, name: str = PERSON) -> None:
        """Log in with password and authenticator, by keyboard."""
        user = self.document["users"][name]
        self.page.goto(f"{self.document['portal_url']}/login")
        self.page.fill("#user_name", user["user_name"])
        self.page.fill("#password", user["password"])
        self.page.press("#password", "Enter")
        self.page.fill("#code", pyotp.TOTP(user["totp_secret"]).at(int(time.time())))
        self.page.press("#code", "Enter")
        self.page.wait_for_url(f"{self.document['portal_url']}/")
        self.look("welcome")

    def declare(self, ssin: str) -> str:
        """Declare an IN: first with a mistake, then well. Return its Dimona number after the final result."""
        self.open("/declare", "declare")
        self.page.locator("summary").last.click()
        self.page.locator("a[href='/declare/in/XXX/OTH']").click()
        self.look("in")
        day = str(local_date(datetime.now(UTC)) + timedelta(days=1))
        self.page.fill("#ssin", "93051822362")
        self.page.fill("#start_date", day)
        if self.scripts:  # the mistake is said during input
            assert self.page.locator("#ssin").get_attribute("aria-invalid") == "true"
            assert self.page.locator("#ssin-wrong").inner_text()
        self._send()
        assert self.page.locator("#ssin").get_attribute("aria-describedby") == "ssin-wrong"
        self.look("mistake")
        self.page.fill("#ssin", ssin)
        self._send()
        self._wait_for_results(1)
        self.look("result")
        return self.page.url.rpartition("/")[2]

    def _wait_for_results(self, count: int) -> None:
        """Wait for results. With scripts the page loads itself, for half a minute at most."""
        results = self.page.locator("#result strong").filter(has_not_text=re.compile(r"^[0-9-]+$"))
        self.page.locator("#result").wait_for()
        if self.scripts:
            expect(self.page.locator("#result [hx-get]")).to_have_count(0, timeout=2 * _PATIENCE)
        end = time.monotonic() + _PATIENCE / 1000
        while results.count() < count:
            assert time.monotonic() < end, "the results"
            self.page.locator("#result a").last.click()

    def _send(self) -> None:
        self.page.locator("main form button").last.click()

    def consult(self, ssin: str, number: str) -> None:
        """Find the period in the personnel file, and see its history."""
        self.open("/personnel", "personnel")
        self.page.fill("#ssin", ssin)
        self.page.locator("form[action='/personnel'] > button").first.click()
        self.look("found")
        self.page.locator(f"a[href='/periods/{number}']").click()
        self.look("period")
        self.page.locator("a[href^='/relations/']").click()
        self.look("time_line")

    def keep_and_export(self) -> None:
        """Open a preset, keep a search, export it, and delete it."""
        self.open("/personnel", "personnel")
        self.page.locator("form[action='/personnel/kept'] button").first.click()
        self.look("preset")
        self.page.fill("#name", "Register")
        self.page.locator("button[formaction='/personnel/keep']").click()
        self.page.locator("form[action='/personnel/forget'] button").wait_for()
        self.look("kept")
        for form in ("csv", "xlsx"):
            with self.page.expect_download() as waiting:
                self.page.locator(f"button[formaction='/personnel/export'][value='{form}']").click()
            assert waiting.value.suggested_filename == f"dimona.{form}"
            assert waiting.value.path().stat().st_size > 0
        self.page.locator("form[action='/personnel/forget'] button").click()
        expect(self.page.locator("form[action='/personnel/forget']")).to_have_count(0)

    def correct(self, number: str) -> None:
        """Declare a period anew in another sector, with one confirmed step."""
        self.page.goto(f"{self.document['portal_url']}/periods/{number}")
        self.page.locator(f"a[href='/periods/{number}/correct']").click()
        self.look("correct")
        self.page.locator(f"a[href='/declare/anew/{number}']").click()
        self.look("features")
        link = self.page.locator(f"a[href='/declare/anew/{number}/140/OTH']")
        self.page.locator("details", has=link).locator("summary").click()
        link.click()
        self.look("anew")
        self._send()
        self.look("question")
        self._send()
        self._wait_for_results(2)
        self.look("corrected")

    def register_day(self, ssin: str) -> None:
        """Declare a flexi-job by period, and register a day of it."""
        self.open("/declare/in/XXX/FLX", "flexi")
        first, last = self._two_days()
        self.page.fill("#ssin", ssin)
        self.page.fill("#start_date", first)
        self.page.fill("#end_date", last)
        self._send()
        self._wait_for_results(1)
        number = self.page.url.rpartition("/")[2]
        self.open(f"/declare/day/{number}", "day")
        for name, text in {"start_date": first, "start_hour": "09:00", "end_date": first}.items():
            self.page.fill(f"#{name}", text)
        self._send()
        self._wait_for_results(1)
        self.look("registered")

    @staticmethod
    def _two_days() -> tuple[str, str]:
        """Return the next two days that are in one quarter: a flexi-job by period stays in it (rule R17)."""
        days = [local_date(datetime.now(UTC)) + timedelta(days=later) for later in (1, 2, 3)]
        return next((str(one), str(two)) for one, two in pairwise(days) if quarter(one) == quarter(two))

    def read(self, number: str) -> None:
        """Read the message about the declaration, and contest it."""
        end = time.monotonic() + _PATIENCE / 1000
        self.open("/ebox", "ebox")
        while not self._shows(number):
            assert time.monotonic() < end, "the message about the declaration"
            self.page.goto(f"{self.document['portal_url']}/ebox")
        self.look("message")
        self.page.fill("#reason", "The worker began a day later.")
        self._send()
        self.page.wait_for_url("**/contestations")
        self.look("contestations")
        self.open("/today", "today")

    def _shows(self, number: str) -> bool:
        self.page.locator("tbody a").first.click()
        return self.page.locator(f"a[href='/declarations/{number}']").count() > 0

    def log_out(self) -> None:
        """Log out."""
        self.page.locator("form[action='/logout'] button").click()
        self.page.wait_for_url(f"{self.document['portal_url']}/")
        assert self.page.locator("form[action='/logout']").count() == 0


def play(journey: Journey, ssin: str) -> None:
    """Play all journeys, one after the other."""
    journey.everybody()
    journey.log_in()
    number = journey.declare(ssin)
    journey.consult(ssin, number)
    journey.read(number)
    journey.keep_and_export()
    journey.correct(number)
    journey.register_day(ssin)
    journey.log_out()
