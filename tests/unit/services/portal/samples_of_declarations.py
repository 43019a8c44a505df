"""Values for the templates of employers; every text of a person or an API is in brackets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from services.portal.declaration.quota import Planned
from services.portal.declaration.rules import WRONG, Choice, fields_of_in
from services.portal.pages.codes import options_of
from services.portal.pages.correct import FIRST, STOPPED, WAYS
from services.portal.pages.declare import CHANGES, HEADINGS, NO_NUMBER, WRONG_NUMBER
from services.portal.pages.declare_forms import WRONG_DIGITS, Question
from services.portal.pages.declare_sending import RESULTS, Shown
from services.portal.pages.personnel import CHANNELS, EVENTS, SEARCH_REFUSED
from services.portal.pages.personnel_kept import PRESETS
from services.portal.pages.personnel_search import (
    ANSWERS,
    DAYS,
    FLAGS,
    LEVELS,
    OTHERS,
    SORTS,
    SPANS,
    STATUSES,
    WORKER,
)
from services.portal.pages.personnel_search import WRONG as WRONG_SEARCH
from services.portal.pages.personnel_timeline import WIDTH, time_line
from services.portal.pages.today import PERIODS, UNREAD, Countdown, Left
from shared.domain.rights import Right
from shared.words import Words


class Pseudo(Words):
    """An invented language: every text of the catalogs, and every day, in brackets."""

    def __init__(self) -> None:
        super().__init__("en", {})

    def __call__(self, text: str, **values: object) -> str:
        return f"⟦{text.format(**values) if values else text}⟧"

    def day(self, day: date) -> str:
        return f"⟦{day}⟧"

    def moment(self, instant: datetime) -> str:
        return f"⟦{instant}⟧"


MESSAGE = {
    "id": "m", "messageType": "dimonaPositive", "sender": {"enterpriseNumber": "0206731645"}, "isRead": False,
    "subject": {"en": "⟦accepted⟧"}, "depositedAt": "2026-11-30T09:00:00+00:00", "labels": ["⟦check⟧"],
    "declarationId": 605114838201, "forTheAttentionOf": ["u"],
}  # fmt: skip
FIELDS = fields_of_in(Choice("XXX", "IVT"))
FORM = {
    "path": "/x", "heading": HEADINGS["out"], "subject": "⟦An⟧", "typed": {}, "fields": FIELDS,
    "options": {field.name: options_of(field, Pseudo()) for field in FIELDS}, "other": ("/y", NO_NUMBER),
    "mistakes": dict.fromkeys(("ssin", "start_date"), WRONG["missing"]), "key": "k", "moved": True,
    "question": Question("2026-11-28", datetime(2026, 11, 28, 23, 59, tzinfo=UTC), ["⟦Cancel⟧"]),
    "wrong_digits": WRONG_DIGITS,
}  # fmt: skip
STATUS = {
    "result": "W", "period": {"id": 1}, "contestationDeadline": "2026-12-01", "notificationId": "n",
    "anomalies": [{"errorId": "90373-460", "label": {"en": "⟦late⟧"}}],
}  # fmt: skip
FOUND = Shown(1, {"declarationStatus": STATUS}, 1)
PERIOD = {
    "periodId": 1, "relationId": 2, "worker": {"ssin": "93051822361", "familyName": "⟦Peeters⟧"},
    "status": "OPEN", "cancelled": False, "isLate": True, "startDate": "2026-11-30", "startHour": "0900",
    "endDate": "2026-12-01", "endHour": "1000", "plannedHoursNumber": 8,
    "features": {
        "workerType": "STU", "subEntityNumber": "1", "usingEmployer": {"enterpriseNumber": "0477472701"},
    },
}  # fmt: skip
EVENT = {
    "type": "periodOpened", "recordedAt": "2026-11-30T09:00:00+00:00", "declaration": {"id": 1},
    "channel": "web", "sender": {"enterpriseNumber": "0206731645"},
}  # fmt: skip
#: For each template of employers.
VALUES: Final[dict[str, dict[str, Any]]] = {
    "declare/choose.html": {
        "right": Right.DECLARE,
        "choices": {"⟦Other⟧": [("/declare/in/XXX/OTH", "⟦Ordinary⟧")]},
        "changes": CHANGES,
        "wrong": WRONG_NUMBER,
        "wrong_number": WRONG_NUMBER,
    },
    "declare/form.html": FORM,
    "declare/result.html": {
        "declarations": [(FIRST, FOUND), ("", Shown(2))],
        "results": RESULTS,
        "again": "/x",
        "otherwise": ("/y", "/z"),
    },
    "correct/choose.html": {
        "subject": "⟦An⟧",
        "ways": [("/x", *texts) for texts in WAYS.values()],
        "number": 1,
    },
    "correct/features.html": {"subject": "⟦An⟧", "choices": {"⟦Other⟧": [("/x", "⟦Ordinary⟧")]}},
    "correct/stopped.html": {
        "reason": STOPPED["waits"],
        "found": FOUND,
        "results": RESULTS,
        "again": True,
        "path": "/x",
        "typed": {"key": "k"},
        "period": 1,
    },
    "personnel/search.html": {
        "typed": {},
        "worker": WORKER,
        "others": OTHERS,
        "days": DAYS,
        "spans": SPANS,
        "flags": FLAGS,
        "answers": ANSWERS,
        "levels": LEVELS,
        "sorts": SORTS,
        "statuses": STATUSES,
        "boxes": {name: {"STU": "⟦student⟧"} for name in ("status", "worker_type", "joint_commission")},
        "level": "period",
        "found": {"items": [PERIOD], "total": 1, "isTotalComplete": False},
        "after": "x",
        "kept": [
            {"id": "fullRegister", "name": "Full register", "isPreset": True},
            {"id": "k", "name": "⟦students⟧", "isPreset": False},
        ],
        "presets": PRESETS,
        "message": SEARCH_REFUSED,
        "mistakes": {name: WRONG_SEARCH[name] for name in ("ssin", "name")},
        "wrong_digits": WRONG_DIGITS,
    },
    "personnel/period.html": {
        "period": PERIOD,
        "history": [EVENT, EVENT | {"type": "dayRegistered"}],
        "after": "1_1",
        "type": "⟦student⟧",
        "commission": "⟦other⟧",
        "statuses": STATUSES,
        "flags": FLAGS,
        "events": EVENTS,
        "channels": CHANNELS,
    },
    "personnel/worker.html": {
        "relation": {"relationId": 2, "worker": PERIOD["worker"]},
        "periods": [PERIOD],
        "has_more": True,
        "line": time_line([PERIOD | {"features": {"workerType": "⟦STU⟧"}}], date(2026, 11, 30)),
        "width": WIDTH,
        "types": {"STU": "⟦student⟧"},
        "statuses": STATUSES,
        "planned": Planned(2026, 320, 650),
    },
    "today/today.html": {
        "last_days": [Countdown(MESSAGE, date(2026, 12, 1), days) for days in (0, 1, 2)],
        "lists": [(UNREAD[0][0], {"total": 1, "items": [MESSAGE]})],
        "periods": [(PERIODS[0][0], [PERIOD])],
        "quotas": [Left("⟦occasional⟧", "⟦Horeca⟧", 188, 200, "2026-12-31")],
    },
}
#: Values of pages with as little data as an API may give.
BARE: Final[dict[str, dict[str, Any]]] = {
    "declare/result.html": {
        "declarations": [("", Shown(1, {"declarationStatus": {"result": "B"}}))], "otherwise": None,
    },
    "declare/form.html": {"mistakes": {}, "moved": False, "question": Question(), "other": None},
    "correct/choose.html": {"ways": []},
    "correct/stopped.html": {"again": False},
    "today/today.html": {"last_days": [], "lists": [], "periods": [], "quotas": None},
    "personnel/period.html": {
        "period": {
            "periodId": 1, "relationId": 2, "worker": {"ssin": "93051822361"}, "status": "OPEN",
            "cancelled": False,
            "startDate": "2026-11-30", "features": {"workerType": "OTH"},
        },
        "history": [{"type": "periodJoined", "recordedAt": "2026-11-30T09:00:00+00:00"}], "after": "",
    },
    "personnel/search.html": {"found": None, "after": "", "message": "", "mistakes": {}, "kept": []},
    "personnel/worker.html": {
        "periods": [], "has_more": False, "line": time_line([], date(2026, 11, 30)), "planned": None,
    },
}  # fmt: skip
