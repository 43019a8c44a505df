"""My data: all data of the person in plain words, the looks at them, a file, and reports of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from services.portal.apis import RefusedError
from services.portal.declaration.rules import digits
from services.portal.visit import Answer, Document, Handler, Need, Next, Page, View, Visit
from shared.words import later

_BAD_REQUEST: Final = 400
_FORBIDDEN: Final = 403
_LOST: Final = 404
_PAGE_SIZE: Final = 50
_LONGEST: Final = 8000  #: characters of a report
_MOST_DIGITS: Final = 12  #: of the number of a period
#: Readers of data of a person.
KINDS: Final[Mapping[str, str]] = {
    "self": later("You"),
    "employer": later("An employer or its mandatary"),
    "agent": later("An agent of the authority"),
    "institution": later("An institution"),
    "operator": later("An operator of this system"),
}
#: Purposes of looks. A reason that an agent typed is shown as it is.
PURPOSES: Final[Mapping[str, str]] = {
    "personnelFile": later("search in the personnel file"),
    "lateDeclarations": later("list of late declarations"),
    "declarationResult": later("result of a declaration"),
    "omission": later("examination of work without declaration"),
    "eBox": later("message in an e-Box"),
    "notification": later("notification of an employer"),
    "institution": later("task of an institution"),
    "case": later("contestation or complaint"),
    "identification": later("identification of a worker"),
    "ownRequest": later("your own request"),
    "request": later("request of the person"),
    "deceased": later("request about a deceased person"),
    "report": later("reported error"),
    "inquiry": later("inquiry"),
}
STATES: Final[Mapping[str, str]] = {
    "open": later("being examined"),
    "upheld": later("upheld"),
    "rejected": later("rejected"),
}
#: The fields of a report.
FIELDS: Final[Mapping[str, str]] = {
    "description": later("The error: what is wrong, and what is right"),
    "period": later("Number of the period with the error, if it is in a period"),
    "restrict": later("I ask that the employer cannot change this period while the error is examined."),
}
WRONG: Final[Mapping[str, str]] = {
    "description": later("Describe the error in at most 8,000 characters."),
    "period": later("This is no number of a period of yours. The numbers are in your data."),
    "restrict": later("Give the number of the period that the employer shall not change."),
}
NO_DATA: Final = (
    later("No data of your own"),
    later(
        "Your login has no national register number of its own, or the register knows a death. "
        "An agent of the authority can help you: see Contact."
    ),
)


def _of_person(handler: Handler) -> Handler:
    """Return a handler that answers a login without own data with a page that says so."""

    @wraps(handler)
    async def answered(visit: Visit) -> Answer:
        try:
            return await handler(visit)
        except RefusedError as error:
            if error.status != _FORBIDDEN:
                raise
            heading, text = NO_DATA
            return View("message.html", {"heading": heading, "text": text}, _FORBIDDEN)

    return answered


async def data(visit: Visit) -> Answer:
    """Show all data of the person in plain words."""
    language = visit.words.language
    reply = await visit.apis.send("GET", "contact", f"/person/statement?language={language}")
    first, *sections = _blocks(reply.body.decode())
    return View("worker/data.html", {"first": first, "sections": sections})


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the parts of a statement: the first line of each, and its other lines without the dash."""
    parts = [part.splitlines() for part in text.strip().split("\n\n")]
    return [(lines[0], [line.removeprefix("- ") for line in lines[1:]]) for lines in parts if lines]


async def looks(visit: Visit) -> Answer:
    """Show the newest looks at the data of the person, or those before an instant of the form."""
    query = {"pageSize": str(_PAGE_SIZE)}
    query |= {"before": visit.fields["before"]} if visit.fields.get("before") else {}
    document = await visit.apis.get("contact", f"/person/looks?{urlencode(query)}")
    values = {
        "looks": document["items"], "before": document.get("nextBefore", ""),
        "kinds": KINDS, "purposes": PURPOSES,
    }  # fmt: skip
    return View("worker/looks.html", values)


async def export(visit: Visit) -> Answer:
    """Return a file with all data of the person and all looks at them.

    An answer that was cut at the limit of the portal is no JSON, and is refused (AwayError).
    """
    reply = await visit.apis.send("GET", "contact", "/person/export")
    content = json.dumps(reply.json(), indent=1, ensure_ascii=False).encode()
    return Document(content, "application/json", "my-data.json")


async def reports(visit: Visit) -> Answer:
    """Show the reports of the person, and the form of a new one."""
    return await _reports(visit)


async def _reports(visit: Visit, *mistakes: str) -> View:
    document = await visit.apis.get("contact", "/person/reports")
    values = {
        "reports": document["items"], "states": STATES, "fields": FIELDS, "typed": visit.fields,
        "mistakes": {name: WRONG[name] for name in mistakes},
    }  # fmt: skip
    return View("worker/reports.html", values, _BAD_REQUEST if mistakes else 200)


async def report(visit: Visit) -> Answer:
    """Report an error in the data of the person, and lead to its receipt."""
    description, period = visit.fields.get("description", ""), digits(visit.fields.get("period", ""))
    checks = {
        "description": 0 < len(description) <= _LONGEST,
        "period": not period or (period.isdecimal() and len(period) <= _MOST_DIGITS and int(period) > 0),
        "restrict": bool(period) or not visit.fields.get("restrict"),
    }
    if mistakes := [name for name, right in checks.items() if not right]:
        return await _reports(visit, *mistakes)
    body: dict[str, Any] = {"description": description, **({"periodId": int(period)} if period else {})}
    body |= {"restrict": True} if visit.fields.get("restrict") else {}
    try:
        reply = await visit.apis.send("POST", "contact", "/person/reports", body)
    except RefusedError as error:
        if error.status != _LOST:
            raise
        return await _reports(visit, "period")
    return Next(f"/person/reports/{reply.json()['reportId']}")


async def receipt(visit: Visit) -> Answer:
    """Show the receipt of a report, with its state and its corrections."""
    found = await visit.apis.get("contact", f"/person/reports/{visit.parameters['id']}")
    return View("worker/report.html", {"report": found, "states": STATES})


PAGES: Final = tuple(
    Page(method, path, Need.PERSON, _of_person(handler))
    for method, path, handler in (
        ("GET", "/person", data),
        ("GET", "/person/looks", looks),
        ("POST", "/person/looks", looks),
        ("GET", "/person/export", export),
        ("GET", "/person/reports", reports),
        ("POST", "/person/reports", report),
        ("GET", "/person/reports/{id:uuid}", receipt),
    )
)
