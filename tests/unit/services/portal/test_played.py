"""The proof of the portal finds pages that no journey has asked for."""

from __future__ import annotations

from services.portal.pages import PAGES
from tests.journeys.played import unplayed


def test_a_page_without_a_request_is_named() -> None:
    found = unplayed(PAGES, [{("GET", "/")}, {("GET", "/periods/123456789012"), ("GET", "/complaint")}])
    assert not {"GET /", "GET /periods/{number:int}", "GET /complaint"} & set(found)
    assert {"GET /contact", "POST /complaint", "GET /periods/{number:int}/correct"} <= set(found)


def test_later_pages_of_lists_are_no_gap() -> None:
    found = unplayed(PAGES, [])
    assert "POST /access/mandates" not in found
    assert "GET /access/mandates" in found
