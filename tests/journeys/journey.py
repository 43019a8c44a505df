"""A person at the portal: its acts on pages, and the check of each page."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyotp
from playwright.sync_api import Locator, Page, Response

from deploy.local.stack import run
from shared.domain.calendar import local_date
from tests.journeys.browser import Way
from tests.portal import forget_attempts

AXE: Final = (Path(__file__).parents[1] / "axe" / "axe.min.js").read_text()
#: WCAG 2.1, levels A and AA.
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
#: Fields with a mistake that have no link to its text, and those on a page without an announced text.
_UNTOLD: Final = """() => [...document.querySelectorAll('[aria-invalid=true]')].filter(field =>
    !(field.getAttribute('aria-describedby') || '').split(' ').some(
        id => document.getElementById(id)?.textContent.trim())
    || !document.querySelector('[role=alert], [aria-live]')).map(field => field.name)"""
_WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_PATIENCE: Final = 30_000  #: milliseconds, for a page or an element
_PAUSE: Final = 200  #: milliseconds between two looks at a page
_EFFECT: Final = 90.0  #: seconds that other services may take, also on a busy machine
#: The last form of a page is its own; those before it are in the menu or beside it.
SEND: Final = "main form button >> nth=-1"


@dataclass
class Journey:
    """A person at the portal in one language.

    Attributes:
        document: The endpoints of the deployment.
        page: The window of the browser.
        language: The language that each page must have.
        way: The window, and how elements are used. Without JavaScript axe does not run.
        pictures: A folder for screenshots; None takes none.
        seen: The names of the pages that were checked.
        asked: Method and path of each request to the portal.
        violations: The findings of the checks.
        milliseconds: Time of each page, from the request to the first byte.
    """

    document: Mapping[str, Any]
    page: Page
    language: str
    way: Way
    pictures: Path | None = None
    seen: list[str] = field(default_factory=list)
    asked: set[tuple[str, str]] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_PATIENCE)
        self.page.on("response", self._note)

    def _note(self, response: Response) -> None:
        request = response.request
        if not response.url.startswith(self.base):
            return
        self.asked.add((request.method, urlsplit(response.url).path))
        if request.resource_type == "document" and request.timing["responseStart"] >= 0:
            self.milliseconds.append(request.timing["responseStart"] - request.timing["requestStart"])

    @property
    def base(self) -> str:
        """Return the address of the portal."""
        return str(self.document["portal_url"])

    def look(self, name: str) -> None:
        """Check the page that is shown: language, width, texts of mistakes, and axe. Take its picture."""
        assert self.page.locator("html").get_attribute("lang") == self.language
        assert self.page.locator("h1").count() == 1
        self.seen.append(name)
        wider = self.page.evaluate(_WIDER)
        self.violations += [f"{name}: {wider} pixels wider than the screen"] if wider > 0 else []
        self.violations += [f"{name}: mistake not told: {field}" for field in self.page.evaluate(_UNTOLD)]
        if self.pictures is not None:
            self.page.screenshot(path=self.pictures / f"portal_{name}.png", full_page=True)
        if self.way.scripts:
            self.page.evaluate(AXE)
            found = self.page.evaluate(
                "rules => axe.run(document, {runOnly: rules}).then(done => done.violations)", _RULES
            )
            self.violations += [f"{name}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]

    def open(self, path: str, name: str = "") -> None:
        """Open a page of the portal, and look at it under this name, if there is one."""
        self.page.goto(f"{self.base}{path}")
        if name:
            self.look(name)

    def element(self, selector: str) -> Locator:
        """Return the only element of a selector."""
        return self.page.locator(selector)

    def press(self, selector: str) -> None:
        """Press an element that does not lead to another page."""
        self.way.hands.press(self.element(selector))

    def follow(self, selector: str, name: str = "") -> None:
        """Press an element that leads to a page, and look at it under this name, if there is one."""
        with self.page.expect_navigation():
            self.press(selector)
        if name:
            self.look(name)

    def send(self, name: str = "") -> None:
        """Send the last form of the page, and look at the next page."""
        self.follow(SEND, name)

    def download(self, selector: str) -> tuple[str, bytes]:
        """Press an element that gives a file. Return its name and content."""
        with self.page.expect_download() as waiting:
            self.press(selector)
        return waiting.value.suggested_filename, waiting.value.path().read_bytes()

    def fill(self, **typed: str) -> None:
        """Fill the fields with these ids."""
        for name, text in typed.items():
            self.way.hands.fill(self.element(f"#{name}"), text)

    def choose(self, selector: str, value: str | int) -> None:
        """Choose the option with a value, or in a place of the list."""
        element = self.element(selector)
        if isinstance(value, int):
            value = element.locator("option").nth(value).get_attribute("value") or ""
        self.way.hands.choose(element, value)

    def check(self, selector: str) -> None:
        """Check a box."""
        self.way.hands.check(self.element(selector))

    def log_in(self, name: str, path: str = "/") -> None:
        """Log in with password and authenticator; the login leads to this path.

        Its pages are looked at once for each path.
        """
        user = self.document["users"][name]
        welcome = "welcome" if path == "/" else f"welcome_{name.partition('.')[2]}"
        is_new = welcome not in self.seen
        run(forget_attempts, self.document["postgres_dsn"])  # Playwright has an event loop in this thread
        self.open("/login", "login" if is_new else "")
        self.fill(user_name=user["user_name"], password=user["password"])
        self.send("login_code" if is_new else "")
        self.fill(code=pyotp.TOTP(user["totp_secret"]).at(int(time.time())))
        self.send(welcome if is_new else "")
        assert self.page.url == f"{self.base}{path}"

    def log_out(self) -> None:
        """Log out."""
        self.follow("form[action='/logout'] button")
        assert self.page.url == f"{self.base}/"
        assert self.element("form[action='/logout']").count() == 0

    def wait_for_results(self, count: int = 1) -> str:
        """Wait for the results of declarations, and return the last Dimona number.

        With scripts the page loads itself, for half a minute at most; then, and without scripts, by a link.
        """
        results = self.element("#result strong").filter(has_not_text=re.compile(r"^[0-9-]+$"))
        self.element("#result").wait_for()
        end = patience()
        while True:
            loads_itself = self.way.scripts and self.element("#result [hx-get]").count() > 0
            if results.count() >= count:
                return self.page.url.rpartition("/")[2]
            assert time.monotonic() < end, "the results"
            if loads_itself:
                self.page.wait_for_timeout(_PAUSE)
            else:
                self.follow("#result a >> nth=-1")


def patience() -> float:
    """Return the end of the wait for an effect of other services, on the monotonic clock."""
    return time.monotonic() + _EFFECT


def day(later: int) -> str:
    """Return a day, counted from the present one in Belgium."""
    return str(local_date(datetime.now(UTC)) + timedelta(days=later))
