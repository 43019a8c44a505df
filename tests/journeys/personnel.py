"""The journey through the personnel file: search, period, time line, kept searches and exports."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.declaring import DECLARER, WRONG, declare
from tests.journeys.journey import Journey, day


def play_personnel(journey: Journey, ssin: str) -> None:
    """Find a declared period, and keep and export a search."""
    journey.log_in(DECLARER)
    consult(journey, ssin, declare(journey, ssin, day(6), day(6)))
    keep_and_export(journey)
    journey.log_out()


def consult(journey: Journey, ssin: str, number: str) -> None:
    """Search: first with a mistake, then well. See the history of the period, and the time line."""
    journey.open("/personnel", "personnel")
    journey.fill(ssin=WRONG)
    journey.follow("form[action='/personnel'] > button >> nth=0", "personnel_mistake")
    journey.fill(ssin=ssin)
    journey.follow("form[action='/personnel'] > button >> nth=0", "found")
    journey.follow(f"a[href='/periods/{number}']", "period")
    journey.follow("a[href^='/relations/']", "time_line")


def keep_and_export(journey: Journey) -> None:
    """Open a preset, keep a search, export it, and delete it."""
    journey.open("/personnel", "personnel")
    journey.follow("form[action='/personnel/kept'] button >> nth=0", "preset")
    journey.fill(name="Register")
    journey.follow("button[formaction='/personnel/keep']", "kept")
    for form in ("csv", "xlsx"):
        name, content = journey.download(f"button[formaction='/personnel/export'][value='{form}']")
        assert name == f"dimona.{form}"
        assert content
    journey.follow("form[action='/personnel/forget'] button")
    expect(journey.element("form[action='/personnel/forget']")).to_have_count(0)
