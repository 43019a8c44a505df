"""Send a spreadsheet with the most rows through the portal, and count the rows of its result file."""

from __future__ import annotations

import csv
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from deploy.local.stack import Stack, run
from services.portal.spreadsheet.rules import MOST_ROWS
from shared.domain.calendar import local_date
from tests.journeys.declaring import DECLARER
from tests.pages import Visitor
from tests.portal import forget_attempts

_MOST_SECONDS: Final = 900


def send_large_spreadsheet(stack: Stack) -> dict[str, Any]:
    """Send a spreadsheet of 5,000 rows, of which one is wrong, and return what its result file has.

    The figures are the seconds of the check and of the sending with all results, and the rows by result.
    """
    document = stack.endpoints.document()
    run(forget_attempts, document["postgres_dsn"])
    browser = Visitor(document)
    browser.log_in(DECLARER)
    browser.get("/spreadsheet")
    begun = time.monotonic()
    browser.upload("/spreadsheet", "staff.csv", _file(stack))
    checked = time.monotonic()
    path = browser.url.removeprefix(browser.base)
    browser.submit(f"{path}/send")
    while "being sent" in browser.page.text or "Without result yet" in browser.page.text:
        assert time.monotonic() < checked + _MOST_SECONDS, "all results"
        time.sleep(1)
        browser.get(path)
    ended = time.monotonic()
    file = browser.get(f"{path}/results.csv").body.decode("utf-8-sig")
    rows = csv.DictReader(file.splitlines(), delimiter=";")
    return {
        "rows": MOST_ROWS,
        "check_s": round(checked - begun, 1),
        "send_s": round(ended - checked, 1),
        "results": dict(Counter(row["result"] or "not sent" for row in rows)),
    }


def _file(stack: Stack) -> bytes:
    """Return a file of days of work of a hundred workers, with one wrong row."""
    begin = local_date(datetime.now(UTC)) + timedelta(days=100)
    lines = ["kind;ssin;jointCommission;workerType;startDate;endDate"]
    for place in range(MOST_ROWS - 1):
        day = begin + timedelta(days=place // 100)
        lines.append(f"IN;{stack.endpoints.data.people[place % 100].ssin};XXX;OTH;{day};{day}")
    return "\n".join([*lines, "IN;1;XXX;OTH;;"]).encode()
