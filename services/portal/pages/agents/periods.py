"""Late and locked periods of an employer or a worker, and the locks of a period, for agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from services.portal.declaration.rules import digits
from services.portal.pages.agents.access import for_agents, is_agent
from services.portal.pages.agents.subjects import LOCKS
from services.portal.pages.agents.work import pages_of_cases
from services.portal.visit import Answer, LostError, Need, Page, View, Visit
from shared.domain.identifiers import parse_enterprise_number, parse_ssin
from shared.words import later

_BAD_REQUEST: Final = 400
_PAGE_SIZE: Final = 50
#: Facts by which an agent selects, with the property of the API.
FACTS: Final[Mapping[str, str]] = {
    "isLate": later("Declared late"),
    "isLocked": later("Locked"),
    "isQuotaExceeded": later("Beyond a quota"),
}
FIELDS: Final[Mapping[str, str]] = {
    "employer": later("Enterprise number of the employer"),
    "ssin": later("National register number of the worker (11 digits)"),
}
WRONG: Final[Mapping[str, str]] = {
    "employer": later("Give the number of an employer or of a worker; its check digits must be right."),
    "ssin": later("The number has 11 digits, and its check digits must be right."),
}
STATUSES: Final = {"OPEN": later("open"), "CLOSED": later("closed"), "CANCELLED": later("cancelled")}


async def ask(visit: Visit) -> Answer:
    """Show the form to an agent."""
    if not is_agent(visit.person):
        raise LostError("not an agent")
    return _view({}, None)


async def find(visit: Visit) -> Answer:
    """Show the periods of the employer or the worker that have all chosen facts."""
    typed = visit.fields
    employer, ssin = digits(typed.get("employer", "")), digits(typed.get("ssin", ""))
    mistakes = [
        name
        for name, wrong in (
            ("employer", parse_enterprise_number(employer) is None if employer else not ssin),
            ("ssin", bool(ssin) and parse_ssin(ssin) is None),
        )
        if wrong
    ]
    if mistakes:
        return _view(typed, None, *mistakes)
    body: dict[str, Any] = {
        **({"employer": {"enterpriseNumber": parse_enterprise_number(employer)}} if employer else {}),
        **({"worker": {"ssin": ssin}} if ssin else {}),
        **{name: True for name in FACTS if name in typed},
    }
    query = {"pageSize": str(_PAGE_SIZE)} | ({"after": typed["after"]} if typed.get("after") else {})
    path = f"/REST/dimona/v2/periods/search?{urlencode(query)}"
    reply = await visit.apis.send("POST", "intake", path, body)
    return _view(typed, reply.json())


def _view(typed: Mapping[str, str], document: Mapping[str, Any] | None, *mistakes: str) -> View:
    following = urlsplit(document["next"]).query if document and "next" in document else ""
    values = {
        "typed": typed, "fields": FIELDS, "facts": FACTS, "statuses": STATUSES,
        "mistakes": {name: WRONG[name] for name in mistakes},
        "periods": None if document is None else document["items"],
        "after": parse_qs(following).get("after", [""])[0],
    }  # fmt: skip
    return View("agents/periods.html", values, _BAD_REQUEST if mistakes else 200)


PAGES: Final = (
    Page("GET", "/agents/periods", Need.PERSON, for_agents(ask)),
    Page("POST", "/agents/periods", Need.PERSON, for_agents(find)),
    *pages_of_cases(LOCKS),
)
