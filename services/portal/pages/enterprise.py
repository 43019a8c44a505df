"""The choice of the organization and the employer for which a person acts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from services.portal.apis import RefusedError
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit

_NUMBER: Final = re.compile(r"[01]\d{9}", re.ASCII)
_DIMONA: Final = "dimona"
_IN_FORCE: Final = "active"


async def choose(visit: Visit) -> Answer:
    """Show the organizations of the person, and the mandators of the chosen one."""
    return View("enterprise/choose.html", {"mandators": await _mandators(visit)})


async def chosen(visit: Visit) -> Answer:
    """Act for another organization, and for itself as employer."""
    number = visit.fields.get("organization", "")
    if number not in {each.number for each in visit.person.organizations}:
        raise LostError("not an organization of this person")
    return Next("/enterprise", replace(visit.person, organization=number, employer=number))


async def employer_chosen(visit: Visit) -> Answer:
    """Act for another employer: the organization itself, or a mandator. The APIs check the mandate."""
    number = re.sub(r"[\s.]", "", visit.fields.get("employer", ""))
    if not _NUMBER.fullmatch(number):
        return View("enterprise/choose.html", {"mandators": await _mandators(visit), "wrong": True}, 400)
    return Next("/enterprise", replace(visit.person, employer=number))


async def _mandators(visit: Visit) -> list[dict[str, Any]]:
    """Return the first mandates for Dimona in which the chosen organization acts for another employer."""
    organization = visit.person.organization
    if not organization:
        return []
    path = f"/organizations/{organization}/mandates?applicationGroup={_DIMONA}"
    try:
        document = await visit.apis.get("access", path)
    except RefusedError as error:
        if error.acr:
            raise
        return []
    return [
        mandate
        for mandate in document["items"]
        if mandate["mandatary"] == organization and mandate["status"] == _IN_FORCE
    ]


PAGES: Final = (
    Page("GET", "/enterprise", Need.PERSON, choose),
    Page("POST", "/enterprise", Need.PERSON, chosen),
    Page("POST", "/enterprise/employer", Need.EMPLOYER, employer_chosen),
)
