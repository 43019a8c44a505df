"""The page with the form of a declaration: fields, mistakes, and the warning before a late one is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

from services.portal.declaration import rules
from services.portal.declaration.rules import Field
from services.portal.pages.codes import name_of, options_of
from services.portal.visit import View, Visit

_BAD_REQUEST: Final = 400
#: The text of a mistake that a script says during input, by the kind of number.
WRONG_DIGITS: Final[Mapping[str, str]] = {"ssin": rules.WRONG["ssin"], "enterprise": rules.WRONG["number"]}


@dataclass(frozen=True, slots=True)
class Form:
    """A form of a declaration: its path, its fixed heading, its subject, and its fields."""

    path: str
    heading: str
    subject: str
    fields: tuple[Field, ...]
    other: tuple[str, str] | None = None  #: path and text of a link to another form for the same work


@dataclass(frozen=True, slots=True)
class Question:
    """A question before a declaration is sent.

    `token` is the text that the confirmation repeats, so that it counts for these values only. `due` is the
    deadline that the declaration misses. `steps` are the declarations that one confirmation sends.
    """

    token: str = ""
    due: datetime | None = None
    steps: Sequence[str] = ()


def shown(
    visit: Visit, form: Form, typed: Mapping[str, str], mistakes: Mapping[str, str],
    *, question: Question | None = None, moved: bool = False,
) -> View:  # fmt: skip
    """Return the page of a form. A form that `moved` to another employer gets a key of its own."""
    values = {
        "path": form.path,
        "heading": form.heading,
        "subject": form.subject,
        "fields": form.fields,
        "options": {field.name: options_of(field, visit.words) for field in form.fields},
        "other": form.other,
        "typed": typed,
        "mistakes": {name: rules.WRONG[mistake] for name, mistake in mistakes.items()},
        "question": question or Question(),
        "moved": moved,
        "wrong_digits": WRONG_DIGITS,
        "key": str(uuid4()) if moved else typed.get("key") or str(uuid4()),
    }
    return View("declare/form.html", values, _BAD_REQUEST if mistakes or moved else 200)


def is_moved(visit: Visit) -> bool:
    """Return whether the form was made for another organization or employer than the present choice.

    The session has one choice for all windows, so another window can change it while a form is filled in.
    """
    person, fields = visit.person, visit.fields
    made_for = (fields.get("organization"), fields.get("employer"))
    return made_for != (person.organization, person.employer)


def name_of_pair(choice: rules.Choice, language: str) -> str:
    """Return the names of joint commission and worker type."""
    commission = name_of("jointCommission", choice.joint_commission, language)
    return f"{commission}, {name_of('workerType', choice.worker_type, language)}"


def by_commission(
    choices: Sequence[rules.Choice], language: str, base: str
) -> dict[str, list[tuple[str, str]]]:
    """Return path and name of the worker types of each joint commission; the paths begin with `base`."""
    found: dict[str, list[tuple[str, str]]] = {}
    for choice in choices:
        heading = name_of("jointCommission", choice.joint_commission, language)
        path = f"{base}/{choice.joint_commission}/{choice.worker_type}"
        found.setdefault(heading, []).append((path, name_of("workerType", choice.worker_type, language)))
    return found


def subject_of(visit: Visit, document: Mapping[str, Any]) -> str:
    """Return the name of the worker, and the first day, of a period or of a registered day."""
    worker = document["worker"]
    name = f"{worker.get('givenName', '')} {worker.get('familyName', '')}".strip() or worker["ssin"]
    return f"{name} · {visit.words.day(date.fromisoformat(document['startDate']))}"
