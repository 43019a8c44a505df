"""Values for the templates of the pages about access, in the tests of their texts."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from services.portal.access.rules import inputs, rights
from services.portal.access.rules.scopes import SCOPES, box_of
from services.portal.pages.access import (
    PARTS,
    affiliations,
    clients,
    mandates,
    phones,
    registration,
    scopes,
    users,
)
from services.portal.pages.access.forms import CONFIRMED, NOT_POSSIBLE, Review
from services.portal.pages.ebox import TYPES
from shared.domain.rights import Right

TODAY: Final = date(2026, 11, 30)
ID: Final = "123e4567-e89b-42d3-a456-426614174000"
AT: Final = "2026-11-30T09:00:00+00:00"
EMPLOYER: Final = {
    "enterpriseNumber": "0477472701",
    "employerId": 125482497,
    "name": "⟦De Smet⟧",
    "activeFrom": "2026-01-01",
}
REQUEST: Final = {
    "id": "⟦id⟧",
    "enterpriseNumber": "0477472701",
    "requested": EMPLOYER,
    "requestedAt": AT,
    "status": "refused",
    "decidedAt": AT,
}
USER: Final = {
    "id": ID, "givenName": "⟦An⟧", "familyName": "⟦Peeters⟧",
    "grants": {("declare", None), ("ebox", "dimonaPositive")},
}  # fmt: skip
MANDATE: Final = {
    "id": ID,
    "mandator": "0477472701",
    "mandatorName": "⟦De Smet⟧",
    "mandatary": "0400767772",
    "mandataryName": "⟦Het Anker⟧",
    "applicationGroup": "dimona",
    "beginQuarter": "2026Q4",
    "endQuarter": "2027Q1",
    "status": "active",
}
AFFILIATION: Final = {
    "id": ID, "employer": "0477472701", "employerName": "⟦De Smet⟧", "secretariat": "0400767772",
    "secretariatName": "⟦Het Anker⟧", "validFrom": "2026-11-30", "validUntil": "2026-12-31",
}  # fmt: skip
CLIENT: Final = {
    "id": "⟦client_1⟧", "queue": True, "blocked": True, "account": "noPassword", "scopes": list(SCOPES),
    "keys": [{"id": "⟦key⟧", "validFrom": AT, "validUntil": AT}],
}  # fmt: skip
PHONE: Final = {"id": ID, "label": "⟦Reception⟧", "language": "fr", "addedAt": AT}
CHANGE: Final = {
    "text": "⟦Right given⟧", "right": ("ebox", "dimonaPositive"), "time": AT,
    "author": {"givenName": "⟦An⟧", "familyName": "⟦Peeters⟧"},
    "subject": {"givenName": "⟦Jef⟧", "familyName": "⟦Janssens⟧"},
}  # fmt: skip
#: Every form, with a mistake in each field.
_MISTAKES: Final = dict.fromkeys(
    (each.name for each in (*inputs.REGISTRATION, *inputs.DESIGNATION, *inputs.KEY)), inputs.WRONG["missing"]
)
_BOXES: Final = {
    "boxes": [(rights.field_of(box), *box, True) for box in rights.boxes(rights.RIGHTS)],
    "rights": rights.RIGHTS, "types": TYPES, "yes": inputs.YES,
}  # fmt: skip
ACCESS: Final[dict[str, dict[str, Any]]] = {
    "access/overview.html": {"parts": PARTS},
    "access/form.html": {
        "form": registration.FORM, "typed": {"daily_registration": "yes", "language": "fr"},
        "mistakes": _MISTAKES, "problem": NOT_POSSIBLE,
    },
    "access/add_user.html": {
        "form": users.ADD, "typed": {}, "mistakes": {**_MISTAKES, "rights": inputs.WRONG["right"]},
        "problem": "", **_BOXES,
    },
    "access/review.html": {
        "confirmed": CONFIRMED,
        "review": Review(
            users.DESIGNATE.heading, "/x", users.DESIGNATE.button, [(inputs.NUMBER.label, "⟦x⟧")],
            [(users.GIVEN, {"right": "⟦x⟧"})], {"a": "1"}, problem=users.CHANGED_SINCE,
        ),
    },
    "access/receipt.html": {
        "employer": EMPLOYER, "registration": REQUEST, "statuses": registration.STATUSES,
        "steps": registration.STEPS,
    },
    "access/registrations.html": {"registrations": [REQUEST], "statuses": registration.STATUSES},
    "access/users.html": {
        "users": [USER], "rights": rights.RIGHTS, "columns": list(rights.RIGHTS), "grantable": ["declare"],
        "managers": [(rights.RIGHTS[Right.ACCESS], [USER]), (rights.RIGHTS[Right.USERS], [])],
        "designates": True,
    },
    "access/user.html": {"user": USER, "fixed": [rights.RIGHTS[Right.ACCESS]], **_BOXES},
    "access/mandates.html": {
        "sides": [(inputs.SIDES["mandator"], [MANDATE]), (inputs.SIDES["mandatary"], [])],
        "groups": inputs.GROUPS, "statuses": mandates.STATUSES, "after": ID,
    },
    "access/mandate.html": {
        "mandate": MANDATE, "facts": [(inputs.NUMBER.label, "⟦x⟧")], "status": mandates.STATUSES["active"],
        "acts": [(act, row[2]) for act, row in mandates.ACTS.items()],
        "shortening": inputs.shortening("2026Q4", TODAY)[0], "replaceable": True,
    },
    "access/affiliations.html": {
        "lists": [(affiliations.LISTS[0][1], [AFFILIATION]), (affiliations.LISTS[1][1], [])], "after": ID,
        "ends": True,
    },
    "access/clients.html": {
        "clients": [CLIENT], "changes": True, "queue": inputs.CLIENT[0], "typed": {},
        "mistakes": {"queue": inputs.WRONG["choice"]}, "problem": clients.NO_ROOM,
    },
    "access/client.html": {
        "client": CLIENT, "accounts": clients.ACCOUNTS, "scopes": SCOPES, "changes": True,
        "inputs": inputs.KEY, "typed": {},
        "mistakes": {"key": inputs.WRONG["key"]}, "problem": clients.FULL,
    },
    "access/employer.html": {
        "employer": {**EMPLOYER, "category": "010", "activeUntil": "2026-12-31", "dailyRegistration": True},
        "inputs": inputs.EMPLOYER, "typed": {"daily_registration": "yes"}, "changes": True,
        "mistakes": {each.name: inputs.WRONG["missing"] for each in inputs.EMPLOYER},
    },
    "access/scopes.html": {
        "client": CLIENT, "heading": scopes.HEADING, "yes": inputs.YES,
        "boxes": [(box_of(scope), text, True) for scope, text in SCOPES.items()],
    },
    "access/phones.html": {
        "client": CLIENT, "back": "/x", "languages_of_phones": inputs.LANGUAGES, "changes": True,
        "phones": [PHONE, {**PHONE, "endedAt": AT}], "inputs": inputs.PHONE, "typed": {},
        "mistakes": dict.fromkeys((each.name for each in inputs.PHONE), inputs.WRONG["name"]),
        "problem": phones.NO_PLACE,
    },
    "access/pin.html": {"phone": {**PHONE, "pin": "481516"}, "back": "/x"},
    "access/password.html": {
        "account": dict.fromkeys(
            ("userName", "password", "virtualHost", "exchange", "routingKey", "replyQueue"), "⟦x⟧"
        ),
        "back": "/x",
    },
    "access/changes.html": {
        "entries": [CHANGE], "rights": rights.RIGHTS, "types": TYPES, "before": "17",
    },
    "access/looks.html": {
        "entries": [CHANGE, {"text": "⟦x⟧", "time": AT, "clientId": "⟦client_1⟧"}], "before": "1_17",
    },
}  # fmt: skip
#: Pages with as little data as the directory may give.
BARE: Final[dict[str, dict[str, Any]]] = {
    "access/form.html": {"mistakes": {}, "problem": "", "form": users.DESIGNATE, "typed": {}},
    "access/add_user.html": {"mistakes": {}, "boxes": []},
    "access/receipt.html": {"registration": None},
    "access/registrations.html": {"registrations": []},
    "access/users.html": {"users": [], "grantable": [], "designates": False},
    "access/user.html": {"boxes": [], "fixed": []},
    "access/mandates.html": {
        "sides": [(inputs.SIDES["mandatary"], [{n: v for n, v in MANDATE.items() if n != "endQuarter"}])],
        "after": "",
    },
    "access/mandate.html": {"acts": [], "shortening": None, "replaceable": False},
    "access/affiliations.html": {
        "lists": [(affiliations.LISTS[1][1], [{n: v for n, v in AFFILIATION.items() if n != "validUntil"}])],
        "after": "", "ends": False,
    },
    "access/clients.html": {"clients": [], "changes": False, "mistakes": {}, "problem": ""},
    "access/client.html": {
        "client": {"id": "c", "queue": False, "scopes": [], "keys": []}, "changes": False, "mistakes": {},
        "problem": "",
    },
    "access/employer.html": {
        "employer": {**EMPLOYER, "dailyRegistration": False}, "changes": False,
        "mistakes": {},
    },
    "access/phones.html": {"phones": [PHONE], "changes": False, "mistakes": {}, "problem": ""},
    "access/changes.html": {
        "entries": [
            {"text": "x", "right": None, "time": AT, "userId": ID}, {"text": "x", "right": None, "time": AT},
        ],
        "before": "",
    },
    "access/looks.html": {"entries": [], "before": ""},
}  # fmt: skip
