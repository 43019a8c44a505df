"""The activity log of an organization: changes of the directory, and looks at data about persons."""

from __future__ import annotations

import re
from typing import Any, Final

from services.portal.access.rules import activity
from services.portal.access.rules.rights import RIGHTS
from services.portal.pages.ebox import TYPES
from services.portal.visit import Answer, Need, Page, View, Visit

_PAGE_SIZE: Final = 50
_PLACE: Final = re.compile(r"[0-9]{1,18}(_[0-9]{1,18})?", re.ASCII)


async def _page(visit: Visit, of: str) -> dict[str, Any]:
    before = visit.fields.get("before", "")
    place = f"&before={before}" if _PLACE.fullmatch(before) else ""
    organization = visit.person.organization
    found: dict[str, Any] = await visit.apis.get(
        "access", f"/organizations/{organization}/{of}?pageSize={_PAGE_SIZE}{place}"
    )
    return found


async def changes(visit: Visit) -> Answer:
    """Show the changes of the organization in the directory, the newest first."""
    document = await _page(visit, "changes")
    entries = [
        {**each, "text": activity.text_of_change(each["type"]), "right": activity.right_of_change(each)}
        for each in document["items"]
    ]
    values = {"entries": entries, "rights": RIGHTS, "types": TYPES, "before": document.get("nextBefore", "")}
    return View("access/changes.html", values)


async def looks(visit: Visit) -> Answer:
    """Show the looks of users and clients of the organization, the newest first."""
    document = await _page(visit, "looks")
    entries = [
        {**each, "text": activity.LOOKS.get(each["operation"], activity.OTHER_LOOK)}
        for each in document["items"]
    ]
    return View("access/looks.html", {"entries": entries, "before": document.get("nextBefore", "")})


PAGES: Final = (
    Page("GET", "/access/changes", Need.EMPLOYER, changes),
    Page("POST", "/access/changes", Need.EMPLOYER, changes),
    Page("GET", "/access/looks", Need.EMPLOYER, looks),
    Page("POST", "/access/looks", Need.EMPLOYER, looks),
)
