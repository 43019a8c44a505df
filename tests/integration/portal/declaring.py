"""Steps of a person that declares in the portal, for the tests of several pages."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from shared.domain.calendar import local_date
from tests.pages import Visitor

PATIENCE: Final = 30.0  #: seconds


def day(later: int) -> str:
    """Return the day so many days after today in Belgium."""
    return str(local_date(datetime.now(UTC)) + timedelta(days=later))


def path_of(browser: Visitor) -> str:
    """Return the path of the page that a browser shows."""
    return browser.url.removeprefix(browser.base)


def fill(browser: Visitor, action: str, typed: Mapping[str, str]) -> None:
    """Fill the form of the page with this target, and send it."""
    browser.post(action, {**browser.page.form(action).fields, **typed})


def final_page(browser: Visitor) -> str:
    """Load the page of one or several declarations until it shows final results. Return its text."""
    path, end = path_of(browser), time.monotonic() + PATIENCE
    while "Load the page again" in browser.page.text:
        assert time.monotonic() < end, "a final result"
        time.sleep(0.3)
        browser.get(path)
    return browser.page.text


def declared(browser: Visitor, form: str, **typed: str) -> str:
    """Fill a form of an IN, send it, and wait for the final result. Return the number of the declaration."""
    browser.get(form)
    fill(browser, form, typed)
    assert re.fullmatch(r"/declarations/\d+", path_of(browser)), browser.page.text
    number = path_of(browser).rpartition("/")[2]
    final_page(browser)
    return number


def numbers(browser: Visitor, pattern: str) -> list[str]:
    """Return the numbers in the links of the page, by a pattern with one group."""
    return re.findall(pattern, " ".join(browser.page.links))
