"""Queries: their JSON for the table of queries, and the results with which they end."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from services.files.xml.pfans import Found
from services.files.xml.pfreq import Request

PERIODS_MOST: Final = 10_000  #: in the answer to a query
PAGES_MOST: Final = 1_000  #: of a search; a page examines 2,000 periods at most

_REQUEST: Final[TypeAdapter[Request]] = TypeAdapter(Request)


def to_text(request: Request) -> str:
    """Return a query as JSON."""
    return _REQUEST.dump_json(request).decode()


def from_text(text: str) -> Request:
    """Return a query from its JSON."""
    return _REQUEST.validate_json(text)


def result_of(periods: int, pages: int, more: bool) -> Found | None:
    """Return the result of a query; None while its search goes on.

    Args:
        periods: The periods that were found.
        pages: The pages that were read.
        more: Whether other pages follow.
    """
    if periods > PERIODS_MOST or (more and pages >= PAGES_MOST):
        return Found.TOO_MANY
    if more:
        return None
    return Found.PERIODS if periods else Found.NONE
