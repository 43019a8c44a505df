"""The ends of queries in files, and their JSON."""

from __future__ import annotations

from datetime import date

import pytest

from services.files.handling.requests import PAGES_MOST, PERIODS_MOST, from_text, result_of, to_text
from services.files.xml.pfans import Found
from services.files.xml.pfreq import read_request


@pytest.mark.parametrize(
    ("periods", "pages", "more", "result"),
    [
        (0, 1, False, Found.NONE),
        (1, 1, False, Found.PERIODS),
        (0, 1, True, None),
        (PERIODS_MOST, PAGES_MOST, False, Found.PERIODS),
        (PERIODS_MOST, PAGES_MOST - 1, True, None),
        (PERIODS_MOST + 1, 51, False, Found.TOO_MANY),
        (0, PAGES_MOST, True, Found.TOO_MANY),
    ],
)
def test_a_query_ends_at_its_last_page_or_at_a_limit(
    periods: int, pages: int, more: bool, result: Found | None
) -> None:
    assert result_of(periods, pages, more) is result


def test_a_query_is_stored_with_its_anomalies_and_places() -> None:
    root = "PersonnelFileConsultationRequest"
    content = f"<{root}><Form><EmployerId><CompanyID>1</CompanyID></EmployerId></Form></{root}>"
    request = read_request([content.encode()], date(2026, 2, 20))
    assert request.place.tag == "EmployerId"
    assert len(request.anomalies) > 1
    assert from_text(to_text(request)) == request
