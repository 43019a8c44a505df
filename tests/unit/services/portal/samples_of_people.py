"""Values for the templates of workers and agents; every text of a person or an API is in brackets."""

from __future__ import annotations

from typing import Any, Final

from services.portal.pages.agents.periods import FACTS
from services.portal.pages.agents.periods import FIELDS as PERIOD_FIELDS
from services.portal.pages.agents.periods import STATUSES as PERIOD_STATUSES
from services.portal.pages.agents.periods import WRONG as WRONG_PERIOD
from services.portal.pages.agents.subjects import LOCKS, SUBJECTS, Subject
from services.portal.pages.agents.words import PROPERTIES, SOURCES, STATES
from services.portal.pages.agents.work import WRONG
from services.portal.pages.worker import FIELDS, KINDS, PURPOSES
from services.portal.pages.worker import STATES as REPORT_STATES
from services.portal.pages.worker import WRONG as WRONG_REPORT

_AT: Final = "2026-11-30T09:00:00+00:00"
_DAY: Final = "2026-12-21"
_ID: Final = "123e4567-0000-4000-8000-426614174000"
_BY_NAME: Final = {subject.name: subject for subject in SUBJECTS}
REPORT: Final = {
    "reportId": "1-2", "state": "open", "receivedAt": _AT, "answerDueOn": _DAY, "description": "⟦wrong⟧",
    "periodId": 1, "isPeriodLocked": True, "answer": "⟦right⟧", "delay": {"answerDueOn": _DAY},
    "corrections": [{"recordedAt": _AT, "declarationId": 1, "change": {}, "recipients": []}],
    "institutions": [{"institution": "⟦onem⟧", "toldAt": _AT}],
}  # fmt: skip
_LOOK: Final = {
    "lookedAt": _AT, "kind": "employer", "purpose": "personnelFile", "operation": "x", "source": "x",
    "organizations": [{"name": "⟦De Smet⟧", "enterpriseNumber": "0477472701"}], "about": {"words": "⟦why⟧"},
}  # fmt: skip
_CASE: Final = {
    "caseId": _ID, "kind": "contestation", "state": "open", "openedAt": _AT, "dueOn": _DAY,
    "enterpriseNumber": "0477472701", "agent": "u", "said": "⟦wrong⟧", "answer": "⟦right⟧", "history": [],
    "notification": {"declarationId": 1, "result": "A", "employer": "0477472701", "ssin": "1"},
    "complainant": {"name": "⟦An⟧", "address": "⟦Namur⟧", "language": "fr", "email": "⟦mail⟧"},
}  # fmt: skip
_IDENTIFICATION: Final = {
    "declarationId": 1, "state": "open", "reason": "nobody", "openedAt": _AT, "deadline": _AT,
    "employer": "0477472701", "declared": {"familyName": "⟦Peeters⟧", "birthDate": "1990-01-02"},
    "candidates": [{"ssin": "1", "familyName": "⟦Peeters⟧", "birthDate": "1990-01-02", "points": 88.5}],
    "history": [{"event": "opened", "reason": "nobody", "at": _AT}],
}  # fmt: skip
_REGISTRATION: Final = {
    "id": _ID, "status": "pending", "requestedAt": _AT, "enterpriseNumber": "0477472701",
    "registrantName": "⟦An Peeters⟧",
    "requested": {"name": "⟦De Smet⟧", "employerId": 1, "activeFrom": "2026-01-01"},
}  # fmt: skip
_OMISSION: Final = {
    "caseId": 1, "state": "heard", "employer": "0477472701", "quarter": "20261", "days": 1, "openedAt": _AT,
    "changedAt": _AT, "ssin": "1", "contribution": {"known": True, "atLeast": "3464.01"},
    "findings": [{"day": "2026-05-06", "source": "wages", "reference": "⟦ref⟧", "periodId": 1}],
    "steps": [{"action": "heard", "agent": "u", "at": _AT, "words": "⟦ill⟧"}],
}  # fmt: skip
_LETTER: Final = {
    "letterId": _ID, "writtenAt": _AT, "name": "⟦An⟧", "to": "⟦Namur⟧", "subject": "⟦s⟧", "body": "⟦b⟧",
}  # fmt: skip


def _item(subject: Subject, item: dict[str, Any]) -> dict[str, Any]:
    act = subject.acts[-1]
    return {
        "subject": subject, "item": item, "id": "1", "states": STATES, "own": "u", "typed": {},
        "wrong_act": act.name, "mistakes": {each.name: WRONG["missing"] for each in act.fields},
        "sources": SOURCES, "properties": PROPERTIES,
    }  # fmt: skip


_ACT: Final = _BY_NAME["contestations"].acts[1]
VALUES: Final[dict[str, dict[str, Any]]] = {
    "worker/nav.html": {},
    "worker/data.html": {"first": ("⟦Data⟧", ["⟦Made⟧"]), "sections": [("⟦Periods⟧", ["⟦one⟧"])]},
    "worker/looks.html": {"looks": [_LOOK], "before": "x", "kinds": KINDS, "purposes": PURPOSES},
    "worker/reports.html": {
        "reports": [REPORT], "states": REPORT_STATES, "fields": FIELDS, "typed": {}, "mistakes": WRONG_REPORT,
    },
    "worker/report.html": {"report": REPORT, "states": REPORT_STATES},
    "agents/overview.html": {"lists": SUBJECTS},
    "agents/list.html": {
        "subject": _BY_NAME["letters"], "items": [_LETTER], "after": "x", "states": STATES, "own": "u",
    },
    "agents/item.html": _item(_BY_NAME["contestations"], _CASE),
    "agents/case.html": _item(_BY_NAME["contestations"], _CASE),
    "agents/report.html": _item(_BY_NAME["reports"], {**REPORT, "ssin": "1", "agent": "v"}),
    "agents/registration.html": _item(_BY_NAME["registrations"], _REGISTRATION),
    "agents/omission.html": _item(_BY_NAME["omissions"], _OMISSION),
    "agents/locks.html": _item(LOCKS, {"isLocked": True, "items": [
        {"isLocked": True, "setBy": "u", "setAt": "2026-11-30T09:00:00+00:00", "reason": "⟦report⟧"},
        {"isLocked": False, "setBy": "v", "setAt": "2026-11-30T09:00:00+00:00", "reason": "⟦report⟧"},
    ]}) | {"beside": {
        "periodId": 1, "employer": {"enterpriseNumber": "990101368"}, "startDate": "2026-11-30",
        "endDate": "2026-12-01", "worker": {"ssin": "1", "familyName": "⟦Peeters⟧"},
    }},
    "agents/identification.html": _item(_BY_NAME["identifications"], _IDENTIFICATION),
    "agents/confirm.html": {
        "subject": _BY_NAME["contestations"], "act": _ACT, "typed": {"answer": "⟦right⟧"}, "back": "/agents",
        "confirmed": "confirmed", "path": "/x", "shown": [(_ACT.fields[1].label, "⟦right⟧")],
    },
    "agents/periods.html": {
        "typed": {}, "fields": PERIOD_FIELDS, "facts": FACTS, "statuses": PERIOD_STATUSES,
        "mistakes": WRONG_PERIOD, "after": "x",
        "periods": [{
            "periodId": 1, "worker": {"familyName": "⟦Peeters⟧"}, "startDate": "2026-11-30",
            "endDate": "2026-12-01", "status": "OPEN", "isLate": True,
        }],
    },
}  # fmt: skip
#: The templates again, with as little data as an API may give.
BARE: Final[dict[str, dict[str, Any]]] = {
    "worker/looks.html": {"looks": [{**_LOOK, "organizations": [], "about": {}}], "before": ""},
    "worker/reports.html": {"reports": [], "mistakes": {}},
    "worker/report.html": {"report": {
        name: REPORT[name]
        for name in ("reportId", "state", "receivedAt", "answerDueOn", "description")
    } | {"corrections": [], "institutions": []}},
    "agents/list.html": {"items": [], "after": ""},
    "agents/case.html": {"item": {
        name: _CASE[name] for name in ("caseId", "kind", "state", "openedAt", "dueOn", "said", "history")
    }},
    "agents/identification.html": {"item": {
        **{name: _IDENTIFICATION[name] for name in _IDENTIFICATION if name != "employer"},
        "declared": {}, "candidates": [],
    }},
    "agents/periods.html": {"periods": None, "after": "", "mistakes": {}},
    "agents/locks.html": {
        "item": {"isLocked": False, "items": []}, "mistakes": {},
        "beside": {
            "periodId": 1, "employer": {"enterpriseNumber": "990101368"}, "startDate": "2026-11-30",
            "worker": {"ssin": "1"},
        },
    },
}  # fmt: skip
