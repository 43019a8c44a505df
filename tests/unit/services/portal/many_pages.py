"""Values for the templates of spreadsheets, marks in the e-Box and pages without login."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.portal.pages import complaint, privacy, spreadsheet, status
from services.portal.pages.ebox_marking import NO_COLLEAGUE, Colleague
from services.portal.pages.privacy import Purpose
from services.portal.spreadsheet.problems import PROBLEMS
from services.portal.spreadsheet.rules import COLUMNS, WRONG, Row
from services.portal.spreadsheet.store import Head, Outcome, Sheet
from services.portal.spreadsheet.writing import Line

_SHEET = Sheet(UUID(int=1), Head("⟦staff⟧", "d", "0477472701", "0477472701", 150, 1, 1), "stopped", 1)
_RECEIPT = {
    "complaintId": "1", "receivedAt": "2026-11-30T09:00:00+00:00", "answerDueOn": "2026-12-21",
    "contact": {"service": {"en": "⟦quality⟧"}, "email": "⟦q@x.be⟧"},
}  # fmt: skip
_MESSAGE = {"id": "m", "subject": {"en": "⟦accepted⟧"}}
#: Names that are equal in all languages.
HEADINGS: Final = tuple(column.heading for column in COLUMNS)
VALUES: Final[dict[str, dict[str, Any]]] = {
    "ebox/attention.html": {
        "message": _MESSAGE,
        "colleagues": [Colleague("u", "⟦An⟧")],
        "marked": [("u", "⟦An⟧")],
        "wrong": NO_COLLEAGUE,
    },
    "ebox/preferences.html": {
        "preferences": {"isExclusivelyDigital": True, "consent": {"agreedAt": "2026-11-30T09:00:00+00:00"}},
        "may": True,
    },
    "everybody/complaint.html": {
        "entries": complaint.ENTRIES,
        "subjects": complaint.SUBJECTS,
        "typed": {},
        "mistakes": dict.fromkeys(("name", "description"), complaint.WRONG["missing"]),
    },
    "everybody/receipt.html": {"receipt": _RECEIPT, "with_code": True},
    "everybody/confirmation.html": {"typed": {}, "wrong": complaint.NOT_CONFIRMED, "done": False},
    "everybody/privacy.html": {
        "purposes": [Purpose("control", ("other",), ("worker",), ("gdpr",), ("person",), 1, 1)],
        "purpose_texts": privacy.PURPOSES,
        "categories": privacy.CATEGORIES,
        "subjects": privacy.SUBJECTS,
        "legal_bases": privacy.LEGAL_BASES,
        "recipients": privacy.RECIPIENTS,
    },
    "everybody/status.html": {
        "functions": dict.fromkeys(status.FUNCTIONS, status.STATES[None]),
        "at": "2026-11-30T09:00:00+00:00",
    },
    "spreadsheet/overview.html": {
        "sheets": [_SHEET],
        "states": spreadsheet.STATES,
        "columns": COLUMNS,
        "problem": PROBLEMS["empty"],
    },
    "spreadsheet/state.html": {
        "sheet": _SHEET,
        "states": spreadsheet.STATES,
        "wrong": [(2, HEADINGS[0], WRONG["kind"])],
        "late": [3],
        "sent_parts": 1,
        "counts": {"W": 1, "": 1},
        "results": spreadsheet.RESULTS,
        "refused": 1,
        "noted": [Line(Row(2, {}), Outcome(605114838201), {"result": "W", "codes": "90373-460"})],
        "most": 200,
        "files": ("csv",),
    },
}
#: Pages with as little data as an API may give, and in other states.
BARE: Final[dict[str, dict[str, Any]]] = {
    "ebox/attention.html": {"colleagues": None, "marked": [("u", "")], "wrong": ""},
    "ebox/preferences.html": {"preferences": {"isExclusivelyDigital": False}, "may": False},
    "everybody/complaint.html": {"mistakes": {}},
    "everybody/receipt.html": {"with_code": False},
    "everybody/confirmation.html": {"wrong": "", "done": True},
    "everybody/privacy.html": {"purposes": [Purpose("control", (), (), (), (), 0, 1)]},
    "spreadsheet/overview.html": {"sheets": [], "problem": ""},
    "spreadsheet/state.html": {
        "sheet": replace(_SHEET, state="checked"), "wrong": [], "counts": {}, "refused": 0, "noted": [],
    },
}  # fmt: skip
