"""Many at once: check the rows of a spreadsheet, send the right ones, show the progress and the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.portal.apis import RefusedError
from services.portal.spreadsheet.desk import Desk
from services.portal.spreadsheet.problems import PROBLEMS, FileError
from services.portal.spreadsheet.rules import COLUMNS, WRONG
from services.portal.spreadsheet.sending import read_answers, send_next
from services.portal.spreadsheet.store import Outcome, Part, Sheet
from services.portal.spreadsheet.writing import MEDIA_TYPES, Line, results, template
from services.portal.visit import Answer, Document, LostError, Need, Next, Page, View, Visit
from shared.runtime import metrics
from shared.words import later

_BAD_REQUEST: Final = 400
_NO_RIGHT: Final = 403
#: Rows with mistakes, and rows with a result to look at, that a page shows; the file has all of them.
MOST_SHOWN: Final = 200
STATES: Final = {
    "checked": later("checked, not sent"),
    "sending": later("being sent"),
    "stopped": later("the sending has stopped"),
    "sent": later("sent"),
}
#: The results of rows, in the order of the page; an empty one stands for a result that is not there yet.
RESULTS: Final = {
    "A": later("Accepted"),
    "W": later("Accepted, with a warning"),
    "B": later("Refused"),
    "S": later("Provisional"),
    "": later("Without result yet"),
}
_FILES: Final = tuple(MEDIA_TYPES)


def _desk(visit: Visit) -> Desk:
    assert visit.desk is not None, "the gate gives it to every page"
    return visit.desk


async def overview(visit: Visit) -> Answer:
    """Show the form to upload a file, the templates, and the files of this login."""
    return await _overview(visit)


async def _overview(visit: Visit, problem: str = "") -> View:
    values = {
        "sheets": await _desk(visit).sheets.of(_desk(visit).cookie),
        "states": STATES,
        "columns": COLUMNS,
        "problem": PROBLEMS[problem] if problem else "",
    }
    return View("spreadsheet/overview.html", values, _BAD_REQUEST if problem else 200)


async def upload(visit: Visit) -> Answer:
    """Check the rows of a file and store them for this login. Nothing is sent."""
    desk, person = _desk(visit), visit.person
    try:
        if desk.upload is None:
            raise FileError("none")
        head, rows = await desk.checking.check(
            desk.upload.name, desk.upload.content, person.organization, person.employer
        )
        id_ = await desk.sheets.add(desk.cookie, head, rows)
    except FileError as error:
        metrics.PORTAL_FILES.labels(error.problem).inc()
        return await _overview(visit, error.problem)
    metrics.PORTAL_FILES.labels("checked").inc()
    return Next(f"/spreadsheet/{id_}")


async def template_file(visit: Visit) -> Answer:
    """Return the template with the headings and their explanation in the language of the page."""
    form = _form(visit)
    return Document(template(form, visit.words), MEDIA_TYPES[form], f"dimona.{form}")


def _form(visit: Visit) -> str:
    """Return the type of file in the address. Raise LostError for another one."""
    if (form := visit.parameters["form"]) not in _FILES:
        raise LostError("no such type of file")
    return str(form)


async def _own(visit: Visit) -> Sheet:
    id_: UUID = visit.parameters["sheet"]
    if (sheet := await _desk(visit).own(id_)) is None:
        raise LostError("no spreadsheet of this session")
    return sheet


async def state(visit: Visit) -> Answer:
    """Show the mistakes of a file, or the progress of its sending, or its results."""
    sheet = await _own(visit)
    lines = [] if sheet.state == "sending" else await _lines(visit, sheet)
    asked = sheet.state in ("sent", "stopped")
    wrong = [line for line in lines if line.row.mistakes]
    values = {
        "sheet": sheet,
        "states": STATES,
        "wrong": _mistakes(wrong[:MOST_SHOWN]),
        "late": [line.row.number for line in lines if line.row.is_late][:MOST_SHOWN],
        "sent_parts": sheet.parts - sheet.parts_left,
        "counts": _counts(lines) if asked else {},
        "results": RESULTS,
        "refused": sum(line.outcome is not None and not line.number for line in lines),
        "noted": [line for line in lines if _is_noted(line)][:MOST_SHOWN] if asked else [],
        "most": MOST_SHOWN,
        "files": _FILES,
    }
    return View("spreadsheet/state.html", values)


def _mistakes(lines: Sequence[Line]) -> list[tuple[int, str, str]]:
    """Return row, heading of the column and reason of each mistake, in the order of the file."""
    return [
        (line.row.number, column.heading, WRONG[line.row.mistakes[column.field]])
        for line in lines
        for column in COLUMNS
        if column.field in line.row.mistakes
    ]


def _counts(lines: Sequence[Line]) -> dict[str, int]:
    """Return how many declarations have each result; results without declaration are left out."""
    found = Counter(line.result for line in lines if line.number)
    return {result: found[result] for result in RESULTS if found[result]}


def _is_noted(line: Line) -> bool:
    """Return whether a sent row needs a look: it was not received, or has another result than A."""
    return line.outcome is not None and (not line.number or line.result in ("W", "B", "S"))


async def _lines(visit: Visit, sheet: Sheet) -> list[Line]:
    """Return all rows of a spreadsheet with their outcomes, and with their results.

    A person that lost the right to read them gets the rows without results.
    """
    parts = await _desk(visit).sheets.parts(sheet.id)
    numbers = [each.number for part in parts for each in (part.outcomes or {}).values() if each.number]
    try:
        answers = await read_answers(visit.apis, sheet.head.organization, numbers)
    except RefusedError as error:
        if error.acr or error.status != _NO_RIGHT:
            raise
        answers = {}
    return [
        Line(row, outcome, answers.get(outcome.number or 0) if outcome else None)
        for part in parts
        for row in part.rows
        for outcome in (_outcome(part, row.number),)
    ]


def _outcome(part: Part, number: int) -> Outcome | None:
    return None if part.outcomes is None else part.outcomes.get(number)


async def send(visit: Visit) -> Answer:
    """Send the first part of the right rows; the portal sends the others one after the other.

    The first part shows whether the right and the level of the login suffice.
    """
    sheet = await _own(visit)
    if sheet.state in ("checked", "stopped"):
        await send_next(visit.apis, _desk(visit).sheets, sheet.id, sheet.head)
    return Next(f"/spreadsheet/{sheet.id}")


async def remove(visit: Visit) -> Answer:
    """Remove a file of this login, unless it is being sent. The declarations stay."""
    sheet = await _own(visit)
    await _desk(visit).sheets.remove(_desk(visit).cookie, sheet.id)
    return Next("/spreadsheet")


async def result_file(visit: Visit) -> Answer:
    """Return a file with every row, its Dimona number, its result and its codes."""
    sheet, form = await _own(visit), _form(visit)
    content = results(form, await _lines(visit, sheet), visit.words)
    return Document(content, MEDIA_TYPES[form], f"dimona-results.{form}")


PAGES: Final = (
    Page("GET", "/spreadsheet", Need.EMPLOYER, overview),
    Page("POST", "/spreadsheet", Need.EMPLOYER, upload, takes_file=True),
    Page("GET", "/spreadsheet/template.{form}", Need.EMPLOYER, template_file),
    Page("GET", "/spreadsheet/{sheet:uuid}", Need.EMPLOYER, state),
    Page("POST", "/spreadsheet/{sheet:uuid}/send", Need.EMPLOYER, send),
    Page("POST", "/spreadsheet/{sheet:uuid}/remove", Need.EMPLOYER, remove),
    Page("GET", "/spreadsheet/{sheet:uuid}/results.{form}", Need.EMPLOYER, result_file),
)
