"""The journey of a worker: own data, looks at them, the file, and the report of an error."""

from __future__ import annotations

from typing import Final

from tests.journeys.journey import Journey

WORKER: Final = "bakery.worker"


def play_worker(journey: Journey) -> None:
    """See the own data and the looks, download them, and report an error: first with a mistake, then well."""
    journey.log_in(WORKER, "/person")
    journey.follow("main a[href='/person/looks']", "person_looks")
    assert journey.download("main a[href='/person/export']")[1].startswith(b"{")
    journey.follow("main a[href='/person/reports']", "person_reports")
    journey.fill(description="I began a day later.", period="12")
    journey.send("report_mistake")
    journey.fill(period="")
    journey.send("person_report")
    journey.log_out()
