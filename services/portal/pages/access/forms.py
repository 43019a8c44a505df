"""A form about access and its confirmation, and the mistakes that the directory finds in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from services.portal.access.rules.inputs import WRONG, Input
from services.portal.apis import RefusedError
from services.portal.visit import Answer, Need, Page, View, Visit
from shared.words import later

BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
CONFLICT: Final = 409
#: The field of a form that a person has confirmed.
CONFIRMED: Final = "confirmed"
#: Last part of the name of a property in a problem of the directory → field of a form.
_FIELDS: Final[Mapping[str, str]] = {
    "enterpriseNumber": "enterprise_number", "employerId": "employer_id", "activeFrom": "active_from",
    "name": "name", "language": "language", "category": "category", "ssin": "ssin", "phone": "phone",
    "givenName": "given_name", "familyName": "family_name", "mandator": "other", "mandatary": "other",
    "applicationGroup": "group", "beginQuarter": "begin", "endQuarter": "end", "secretariat": "secretariat",
    "validFrom": "valid_from", "validUntil": "valid_until", "jwk": "key", "certificate": "key",
}  # fmt: skip
#: Text for a request that the directory refuses as a whole, if a form has none of its own.
NOT_POSSIBLE: Final = later(
    "This is not possible now: it contradicts an entry of the directory, or a limit is reached."
)


_ORGANIZATION: Final = "organization"
MOVED: Final = later("Nothing was sent")
MOVED_TEXT: Final = later(
    "Since this form was opened, you chose another enterprise. Open the page again for the present one."
)


@dataclass(frozen=True, slots=True)
class Form:
    """A form: heading, target, fields, text of its button, a text before the fields, and hidden fields."""

    heading: str
    path: str
    inputs: Sequence[Input]
    button: str
    note: str = ""
    back: str = "/access"
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """The confirmation of an act.

    Attributes:
        heading: Heading of the page.
        path: Target of the confirmed form.
        button: Text of its button.
        facts: Labels with the values that will be sent.
        effects: Texts with the values that they name: the effect of the act.
        hidden: Fields of the confirmed form.
        back: Path of the page without the act.
        problem: Text about a confirmation that did not count.
    """

    heading: str
    path: str
    button: str
    facts: Sequence[tuple[str, str]] = ()
    effects: Sequence[tuple[str, Mapping[str, str]]] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    back: str = "/access"
    problem: str = ""


def bound(page: Page) -> Page:
    """Return a page with a form that counts only for the organization of its opening.

    The session has one choice of an organization for all windows. If it is another one by then, nothing is
    sent, so that no right is given in the wrong organization.
    """
    if page.method != "POST" or page.need is not Need.EMPLOYER:
        return page

    async def handler(visit: Visit) -> Answer:
        fields = dict(visit.fields)
        if fields.pop(_ORGANIZATION, "") != visit.person.organization:
            return View("message.html", {"heading": MOVED, "text": MOVED_TEXT}, CONFLICT)
        return await page.handler(replace(visit, fields=fields))

    return replace(page, handler=handler)


def form_view(
    form: Form, typed: Mapping[str, str], mistakes: Mapping[str, str] | None = None, problem: str = ""
) -> View:
    """Return the page with a form.

    Args:
        form: The form.
        typed: Present values of its fields.
        mistakes: Name of a field → key of WRONG.
        problem: Text about the form as a whole.
    """
    found = mistakes or {}
    values = {
        "form": form, "typed": typed, "problem": problem,
        "mistakes": {name: WRONG[mistake] for name, mistake in found.items()},
    }  # fmt: skip
    return View("access/form.html", values, BAD_REQUEST if found or problem else 200)


def review_view(review: Review) -> View:
    """Return the page that asks for the confirmation of an act."""
    status = CONFLICT if review.problem else 200
    return View("access/review.html", {"review": review, "confirmed": CONFIRMED}, status)


def refused(form: Form, typed: Mapping[str, str], error: RefusedError, problem: str = NOT_POSSIBLE) -> View:
    """Return the form again, with the mistakes that the directory found.

    `problem` is the text for a conflict, and for a mistake in no field. Raise the error again if a person
    cannot mend it here: a missing right, or a login of a lower level.
    """
    if error.acr or error.status not in (BAD_REQUEST, CONFLICT):
        raise error
    names = {each.name for each in form.inputs}
    fields = {field_of(issue.get("name", "")) for issue in _issues(error)} & names
    found = dict.fromkeys(sorted(fields), "refused")
    return form_view(form, typed, found, "" if found else problem)


def _issues(error: RefusedError) -> Sequence[Mapping[str, Any]]:
    found = error.problem.get("issues", [])
    return found if isinstance(found, list) else []


def field_of(name: str) -> str:
    """Return the field of a form for a property of a problem, such as `person.ssin`.

    The responsible person of a designation has fields of its own.
    """
    part = _FIELDS.get(name.rpartition(".")[2], "")
    return f"own_{part}" if name.startswith("responsible.") else part
