"""Users of an organization: the matrix of rights, new users, changes of rights, and access managers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from services.portal.access.rules import rights as rules
from services.portal.access.rules.inputs import (
    DESIGNATION,
    PERSON,
    WRONG,
    YES,
    body_of_designation,
    mistakes,
    person_of,
)
from services.portal.access.rules.rights import COLUMNS, RIGHTS, Grant
from services.portal.apis import RefusedError
from services.portal.pages.access.forms import (
    BAD_REQUEST,
    CONFIRMED,
    CONFLICT,
    FORBIDDEN,
    Form,
    Review,
    form_view,
    refused,
    review_view,
)
from services.portal.pages.ebox import TYPES
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit
from shared.domain.rights import Right
from shared.words import later

ADD: Final = Form(
    later("Add a user"),
    "/access/users/add",
    PERSON,
    later("Add this user"),
    later(
        "The person logs in with the own means of login. Give number, names and language exactly; a number "
        "with other names is another person."
    ),
    "/access/users",
)
DESIGNATE: Final = Form(
    later("Designate the principal access manager"),
    "/access/manager",
    DESIGNATION,
    later("Show the effect"),
    later(
        "Only the legal representative does this. The new principal access manager replaces the present one, "
        "who loses this right at once."
    ),
    "/access/users",
)
NOT_REPRESENTATIVE: Final = later(
    "Only the legal representative designates, and the own national register number must be that of your "
    "login."
)
BECOMES: Final = later(
    "{name} becomes the principal access manager of {enterprise} at once, and names its local access "
    "managers."
)
REPLACED: Final = later("{name} is the principal access manager now, and loses this right at once.")
KEPT: Final = later("A present principal access manager that is this person keeps the right.")
GIVEN: Final = later("given: {right}")
TAKEN: Final = later("taken back: {right}")
ENDED: Final = later("The person has no right in this organization any more.")
UNCHANGED: Final = later("Nothing changes.")
CHANGED_SINCE: Final = later(
    "The rights of this person changed since you saw the effect. Nothing was sent; this is the new effect."
)
#: The field of a confirmed form with the digest of the rights for which the effect was shown.
_PRESENT: Final = "present"
#: The fields of a designation that its confirmation shows, beside the name.
_SHOWN: Final = ("ssin", "phone")


def _users(visit: Visit) -> str:
    return f"/organizations/{visit.person.organization}/users"


async def matrix(visit: Visit) -> Answer:
    """Show the users of the organization with their rights, and its access managers."""
    found = await visit.apis.get("access", _users(visit))
    users = [{**user, "grants": rules.grants(user["rights"])} for user in found["items"]]
    users.sort(key=lambda user: (user["familyName"], user["givenName"], user["id"]))
    values = {
        "users": users,
        "rights": RIGHTS,
        "columns": [right for right in RIGHTS if right in COLUMNS or _has(users, right)],
        "grantable": found["grantable"],
        "managers": [
            (RIGHTS[right], _with(users, right))
            for right in (Right.REPRESENTATIVE, Right.ACCESS, Right.USERS)
        ],
        "designates": visit.person.may(Right.REPRESENTATIVE),
    }
    return View("access/users.html", values)


def _with(users: Collection[Mapping[str, Any]], right: str) -> list[Mapping[str, Any]]:
    return [user for user in users if any(given == right for given, _ in user["grants"])]


def _has(users: Collection[Mapping[str, Any]], right: str) -> bool:
    return bool(_with(users, right))


async def new_user(visit: Visit) -> Answer:
    """Show the form of a new user."""
    return await _adding(visit, {})


async def added(visit: Visit) -> Answer:
    """Give rights to the person of the form."""
    typed = visit.fields
    found = mistakes(PERSON, typed)
    chosen = rules.checked(typed, RIGHTS)
    if not chosen:
        found["rights"] = "right"
    if found:
        return await _adding(visit, found)
    body = {"person": person_of(typed), "rights": rules.body_of(chosen)}
    try:
        user = (await visit.apis.send("POST", "access", _users(visit), body)).json()
    except RefusedError as error:
        view = refused(ADD, typed, error)
        return await _adding(visit, dict.fromkeys(view.values["mistakes"], "refused"), view.values["problem"])
    return Next(f"/access/users/{user['id']}")


async def _adding(visit: Visit, found: Mapping[str, str], problem: str = "") -> View:
    grantable = (await visit.apis.get("access", _users(visit)))["grantable"]
    values = {
        "form": ADD,
        "typed": visit.fields,
        "problem": problem,
        "mistakes": {name: WRONG[mistake] for name, mistake in found.items()},
        **_boxes(grantable, rules.checked(visit.fields, grantable)),
    }
    return View("access/add_user.html", values, BAD_REQUEST if found or problem else 200)


def _boxes(grantable: Collection[str], checked: Collection[Grant]) -> dict[str, Any]:
    """Return the values of a template with a box for each right: name, right, type of message, checked."""
    boxes = [(rules.field_of(box), *box, box in checked) for box in rules.boxes(grantable)]
    return {"boxes": boxes, "rights": RIGHTS, "types": TYPES, "yes": YES}


async def user(visit: Visit) -> Answer:
    """Show a user with the rights, and boxes for those that the person may change."""
    found, grantable = await _read(visit)
    present = rules.grants(found["rights"])
    values = {
        "user": found,
        "fixed": [RIGHTS[right] for right, _ in sorted(present, key=str) if right not in grantable],
        **_boxes(grantable, present),
    }
    return View("access/user.html", values)


async def _read(visit: Visit) -> tuple[dict[str, Any], list[str]]:
    """Return the user of the address and the rights that the person may give. Raise LostError for no user."""
    listed = await visit.apis.get("access", _users(visit))
    id_ = str(visit.parameters["id"])
    found = next((each for each in listed["items"] if each["id"] == id_), None)
    if found is None:
        raise LostError("no such user")
    return found, listed["grantable"]


async def changed(visit: Visit) -> Answer:
    """Ask for the confirmation of changed rights; change them after it.

    Ask again if the rights were changed since: the confirmed form replaces all rights of the user. The
    directory compares them once more, under its lock.
    """
    found, grantable = await _read(visit)
    present = rules.grants(found["rights"])
    chosen = set() if "end" in visit.fields else rules.checked(visit.fields, grantable)
    wanted = rules.wanted(present, chosen, grantable)
    path = f"/access/users/{found['id']}"
    if CONFIRMED not in visit.fields or visit.fields.get(_PRESENT) != rules.digest(present):
        return review_view(_review(visit, found, path, (present, wanted)))
    body = {"rights": rules.body_of(wanted), "present": rules.body_of(present)}
    try:
        await visit.apis.send("PUT", "access", f"{_users(visit)}/{found['id']}/rights", body)
    except RefusedError as error:
        if error.status != CONFLICT:
            raise
        return await changed(replace(visit, fields={**visit.fields, _PRESENT: ""}))
    session = await visit.with_present_organizations() if found["id"] == visit.person.user_id else None
    return Next(path if wanted else "/access/users", session)


def _review(
    visit: Visit, found: Mapping[str, Any], path: str, change: tuple[set[Grant], set[Grant]]
) -> Review:
    present, wanted = change
    effects = [
        *((GIVEN, {"right": _name(visit, grant)}) for grant in sorted(wanted - present, key=str)),
        *((TAKEN, {"right": _name(visit, grant)}) for grant in sorted(present - wanted, key=str)),
        *([] if wanted else [(ENDED, {})]),
    ]
    return Review(
        later("Change the rights of a user"),
        path,
        later("Change the rights"),
        [(later("User"), f"{found['givenName']} {found['familyName']}")],
        effects or [(UNCHANGED, {})],
        {**visit.fields, CONFIRMED: YES, _PRESENT: rules.digest(present)},
        path,
        CHANGED_SINCE if CONFIRMED in visit.fields else "",
    )


def _name(visit: Visit, grant: Grant) -> str:
    right, of = grant
    name = visit.words(RIGHTS[right])
    return f"{name} ({visit.words(TYPES[of])})" if of else name


async def manager(_visit: Visit) -> Answer:
    """Show the form that designates the principal access manager."""
    return form_view(DESIGNATE, {})


async def designated(visit: Visit) -> Answer:
    """Show the effect of the form; designate the principal access manager after the confirmation."""
    typed = visit.fields
    if found := mistakes(DESIGNATION, typed):
        return form_view(DESIGNATE, typed, found)
    try:
        if CONFIRMED not in typed:
            return review_view(await _review_of_manager(visit))
        body = body_of_designation(typed, visit.person.organization)
        await visit.apis.send("POST", "access", "/principalAccessManagers", body)
    except RefusedError as error:
        if error.status == FORBIDDEN and not error.acr:
            return form_view(DESIGNATE, typed, problem=NOT_REPRESENTATIVE)
        return refused(DESIGNATE, typed, error)
    return Next("/access/users", await visit.with_present_organizations())


async def _review_of_manager(visit: Visit) -> Review:
    """Return the confirmation of a designation: the person, and the present managers that it replaces."""
    typed = visit.fields
    users = (await visit.apis.get("access", _users(visit)))["items"]
    present = [user for user in users if any(each["right"] == Right.ACCESS for each in user["rights"])]
    enterprise = visit.person.acting_for
    name = f"{typed['given_name']} {typed['family_name']}"
    effects = [
        (BECOMES, {"name": name, "enterprise": enterprise.name if enterprise else visit.person.organization}),
        *((REPLACED, {"name": f"{user['givenName']} {user['familyName']}"}) for user in present),
        *([(KEPT, {})] if present else []),
    ]
    return Review(
        DESIGNATE.heading,
        DESIGNATE.path,
        later("Designate"),
        [
            (later("User"), name),
            *((each.label, typed[each.name]) for each in DESIGNATION if each.name in _SHOWN),
        ],
        effects,
        {**typed, CONFIRMED: YES},
        DESIGNATE.path,
    )


PAGES: Final = (
    Page("GET", "/access/users", Need.EMPLOYER, matrix),
    Page("GET", "/access/users/add", Need.EMPLOYER, new_user),
    Page("POST", "/access/users/add", Need.EMPLOYER, added),
    Page("GET", "/access/users/{id:uuid}", Need.EMPLOYER, user),
    Page("POST", "/access/users/{id:uuid}", Need.EMPLOYER, changed),
    Page("GET", "/access/manager", Need.EMPLOYER, manager),
    Page("POST", "/access/manager", Need.EMPLOYER, designated),
)
