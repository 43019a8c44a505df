"""The journey of a spreadsheet: upload, mistakes, sending, and the file of results."""

from __future__ import annotations

import re
import time

from playwright.sync_api import FilePayload

from tests.journeys.declaring import DECLARER
from tests.journeys.journey import Journey, day, patience


def play_spreadsheet(journey: Journey, ssin: str) -> None:
    """Upload a spreadsheet with a wrong row, send the right one, and get its result in the file."""
    journey.log_in(DECLARER)
    journey.open("/spreadsheet", "spreadsheet")
    journey.press("summary")
    for form in ("xlsx", "csv"):
        assert journey.download(f"a[href='/spreadsheet/template.{form}']")[1]
    upload(journey, b"not a spreadsheet")
    journey.look("spreadsheet_mistake")
    last = day(60)
    upload(
        journey,
        "kind;ssin;jointCommission;workerType;startDate;endDate\n"
        f"IN;{ssin};XXX;OTH;{last};{last}\nIN;1\n".encode(),
    )
    journey.look("spreadsheet_mistakes")
    journey.follow("form[action$='/send'] button", "spreadsheet_sending")
    wait(journey)
    journey.look("spreadsheet_results")
    _, result = journey.download("a[href$='/results.csv']")
    assert re.search(r"^2;IN;.*;\d{12};A;", result.decode(), re.MULTILINE), result
    journey.follow("form[action$='/remove'] button")
    journey.log_out()


def upload(journey: Journey, content: bytes) -> None:
    """Upload a file, and see the next page."""
    file = FilePayload(name="staff.csv", mimeType="text/csv", buffer=content)
    journey.way.hands.attach(journey.element("#file"), file)
    journey.send()


def wait(journey: Journey) -> None:
    """Load the page until all results are there."""
    end = patience()
    while journey.element("#state p a").count() or journey.element("progress").count():
        assert time.monotonic() < end, "the result of the row"
        journey.page.wait_for_timeout(500)
        journey.page.goto(journey.page.url)
