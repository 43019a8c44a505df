"""The choice of the organization and the employer for which a person acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from services.portal import enterprise_numbers
from services.portal.apis import RefusedError
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit

_DIMONA: Final = "dimona"
_IN_FORCE: Final = "active"
_MOST: Final = 1000  #: mandates on the page, as many as the directory gives at once; others have the field
_BAD_REQUEST: Final = 400


async def choose(visit: Visit) -> Answer:
    """Show the organizations of the person, and the mandators of the chosen one."""
    return _view(await _mandators(visit))


def _view(mandators: list[dict[str, Any]], *, wrong: bool = False) -> View:
    values = {"mandators": mandators, "wrong": enterprise_numbers.WRONG if wrong else ""}
    return View("enterprise/choose.html", values, _BAD_REQUEST if wrong else 200)


async def chosen(visit: Visit) -> Answer:
    """Act for another organization, and for itself as employer."""
    number = visit.fields.get("organization", "")
    if number not in {each.number for each in visit.person.organizations}:
        raise LostError("not an organization of this person")
    return Next("/enterprise", replace(visit.person, organization=number, employer=number))


async def employer_chosen(visit: Visit) -> Answer:
    """Act for another employer: the organization itself, or a mandator. The APIs check the mandate."""
    number = enterprise_numbers.parse(visit.fields.get("employer", ""))
    if number is None:
        return _view(await _mandators(visit), wrong=True)
    return Next("/enterprise", replace(visit.person, employer=number))


async def _mandators(visit: Visit) -> list[dict[str, Any]]:
    """Return the first mandates for Dimona in which the chosen organization acts for another employer."""
    organization = visit.person.organization
    if not organization:
        return []
    path = f"/organizations/{organization}/mandates?applicationGroup={_DIMONA}&pageSize={_MOST}"
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
