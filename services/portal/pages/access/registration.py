"""Registration of an enterprise by a person, its receipt, and the state of the registrations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from services.portal.access.rules.inputs import REGISTRATION, body_of_registration, digits, mistakes
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import FORBIDDEN, Form, form_view, refused
from services.portal.visit import Answer, Need, Next, Page, View, Visit
from shared.words import later

FORM: Final = Form(
    later("Register an enterprise"),
    "/access/register",
    REGISTRATION,
    later("Register"),
    later(
        "You register the enterprise as its legal representative. If the register of enterprises names you, "
        "it is registered at once; otherwise an official decides."
    ),
    "/access/registrations",
)
STATUSES: Final = {
    "pending": later("An official decides about it"),
    "accepted": later("Accepted"),
    "refused": later("Refused"),
}
#: The steps until an enterprise may declare: path and text.
STEPS: Final = {
    "/access/manager": later("Designate the principal access manager"),
    "/access/clients": later("Add a technical client: without one nothing can be declared here."),
    "/access/users": later("The principal access manager names local managers, who give rights to users."),
    "/declare": later(
        "Declare the first worker, when a local access manager has given you the right to declare."
    ),
}
KNOWN: Final = later(
    "This enterprise or this number is registered already, or you have five open registrations."
)
NOT_ALLOWED: Final = later(
    "You cannot register this enterprise. Its own legal representative registers it; ask the contact point."
)


async def form(_visit: Visit) -> Answer:
    """Show the form of a registration."""
    return form_view(FORM, {})


async def registered(visit: Visit) -> Answer:
    """Register the enterprise of the form, and show the receipt."""
    typed = visit.fields
    if found := mistakes(REGISTRATION, typed):
        return form_view(FORM, typed, found)
    try:
        reply = await visit.apis.send("POST", "access", "/employers", body_of_registration(typed))
    except RefusedError as error:
        if error.status == FORBIDDEN and not error.acr:
            return form_view(FORM, typed, problem=NOT_ALLOWED)
        return refused(FORM, typed, error, KNOWN)
    if reply.status == 202:
        return Next(f"/access/registrations/{reply.json()['id']}")
    number = digits(typed["enterprise_number"])
    session = await visit.with_present_organizations()
    return Next("/access/registered", replace(session, organization=number, employer=number))


async def receipt(visit: Visit) -> Answer:
    """Show the receipt of an enterprise that was registered at once, and the next steps."""
    employer = await visit.apis.get("access", f"/employers/{visit.person.organization}")
    values = {"employer": employer, "registration": None, "statuses": STATUSES, "steps": STEPS}
    return View("access/receipt.html", values)


async def registration(visit: Visit) -> Answer:
    """Show a registration that an official decides, with its state and the next steps."""
    found: dict[str, Any] = await visit.apis.get("access", f"/registrations/{visit.parameters['id']}")
    values = {
        "employer": found["requested"], "registration": found, "statuses": STATUSES, "steps": STEPS,
    }  # fmt: skip
    if found["status"] != "accepted":
        return View("access/receipt.html", values)
    return View("access/receipt.html", values, session=await visit.with_present_organizations())


async def registrations(visit: Visit) -> Answer:
    """Show the registrations of the person with their states. An accepted one can be chosen at once."""
    items = (await visit.apis.get("access", "/users/self/registrations"))["items"]
    known = {each.number for each in visit.person.organizations}
    is_new = any(each["status"] == "accepted" and each["enterpriseNumber"] not in known for each in items)
    session = await visit.with_present_organizations() if is_new else None
    return View("access/registrations.html", {"registrations": items, "statuses": STATUSES}, session=session)


PAGES: Final = (
    Page("GET", "/access/register", Need.PERSON, form),
    Page("POST", "/access/register", Need.PERSON, registered),
    Page("GET", "/access/registered", Need.EMPLOYER, receipt),
    Page("GET", "/access/registrations", Need.PERSON, registrations),
    Page("GET", "/access/registrations/{id:uuid}", Need.PERSON, registration),
)
