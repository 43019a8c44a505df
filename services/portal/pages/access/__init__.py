"""The pages about access: enterprises, users, mandates, affiliations, technical clients, and the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.portal.access.rules import inputs
from services.portal.access.rules.rights import RIGHTS, boxes, field_of
from services.portal.access.rules.scopes import SCOPES, box_of
from services.portal.pages.access import (
    affiliations,
    clients,
    employer,
    log,
    mandates,
    phones,
    registration,
    scopes,
    users,
)
from services.portal.pages.access.forms import bound
from services.portal.pages.ebox import TYPES
from services.portal.visit import Need, Page, fixed
from shared.words import Words, later

#: Path, heading and text of each part.
PARTS: Final = (
    (employer.PATH, employer.HEADING, later("Name, language of letters, and registration by day.")),
    ("/access/users", later("Users and rights"), later("Access managers, users, and the rights of each.")),
    ("/access/mandates", later(
        "Mandates"
    ), later(
        "Organizations that act for you, and employers for which you act."
    )),
    ("/access/affiliations", later(
        "Affiliations"
    ), later(
        "The approved secretariat that receives your notifications."
    )),
    ("/access/clients", later("Technical clients"), later("Programs that declare for you, and their keys.")),
    ("/access/changes", later("Activity log"), later("Changes of access, and looks at data about persons.")),
    ("/access/registrations", later(
        "Registrations"
    ), later(
        "Register another enterprise, or see what became of a registration."
    )),
)  # fmt: skip
_MODULES: Final = (
    registration, employer, users, mandates, affiliations, clients, scopes, phones, log,
)  # fmt: skip
PAGES: Final = (
    Page("GET", "/access", Need.EMPLOYER, fixed("access/overview.html", parts=PARTS)),
    *(bound(page) for part in _MODULES for page in part.PAGES),
)
_SELECTS: Final = {
    "language": inputs.LANGUAGES, "group": inputs.GROUPS, "side": inputs.SIDES, "queue": inputs.QUEUES,
}  # fmt: skip
_BOX: Final = later("yes")
#: Labels of the fields that are shown before a form that has waited for a login is sent.
LABELS: Final[Mapping[str, str]] = {
    **inputs.labels((inputs.REGISTRATION, inputs.DESIGNATION, inputs.ENDING, inputs.CLIENT, inputs.PHONE)),
    **{box_of(scope): text for scope, text in SCOPES.items()},
    "key": later("Key"),
    "organization": later("Organization"),
    "side": later("Direction"),
    "other": later("Enterprise number of the other side"),
    "group": later("For which acts"),
    "begin": later("First quarter"),
    "end": later("Last quarter"),
    "secretariat": later("Enterprise number of the approved secretariat"),
    "valid_from": later("First day"),
    **{field_of(box): RIGHTS[box[0]] for box in boxes(RIGHTS) if box[1] is None},
    **{field_of(box): TYPES[box[1]] for box in boxes(RIGHTS) if box[1] is not None},
}
#: Beginning of a path → heading of its forms, the longest first.
_HEADINGS: Final = (
    ("/access/register", registration.FORM.heading),
    ("/access/manager", users.DESIGNATE.heading),
    ("/access/users/add", users.ADD.heading),
    (employer.PATH, employer.HEADING),
    ("/access/users", later("Change the rights of a user")),
    ("/access/mandates", later("Mandates")),
    ("/access/affiliations", later("Affiliations")),
    ("/access/clients", later("Technical clients")),
)


def heading_of(path: str) -> str:
    """Return the heading of a form about access by its path, else an empty text."""
    return next((heading for prefix, heading in _HEADINGS if path.startswith(prefix)), "")


def value_of(words: Words, name: str, value: str) -> str:
    """Return the text of a value of a field: that of its choice or box, else the value itself."""
    if name.startswith(("right_", "scope_")):
        return words(_BOX)
    choice = _SELECTS.get(name, {}).get(value)
    return words(choice) if choice else value
