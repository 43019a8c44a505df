"""Declare: an IN for a worker type; OUT, UPDATE and CANCEL of a period; registered days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from services.portal.declaration import changes, days, identity, rules
from services.portal.declaration.lateness import missed, times_of
from services.portal.declaration.rules import Choice, Field, digits
from services.portal.pages import declare_sending
from services.portal.pages.declare_forms import (
    Form,
    Question,
    by_commission,
    is_moved,
    name_of_pair,
    shown,
    subject_of,
)
from services.portal.pages.declare_sending import BASE, sent
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit, present_day
from shared.domain.declared import Kind
from shared.domain.identifiers import parse_dimona_number
from shared.domain.rights import Right
from shared.words import later

_BAD_REQUEST: Final = 400
WRONG_NUMBER: Final = later("The number of a period has 12 digits, and its check digits must be right.")
#: The changes of a period that begin with its number, with the text of their button.
CHANGES: Final = {
    "out": later("Declare the end"),
    "update": later("Change"),
    "cancel": later("Cancel"),
    "day": later("Register a day"),
    "anew": later("Declare anew"),
}
HEADINGS: Final = {
    "in": later("Declare that a worker begins"),
    "out": later("Declare the end of a period"),
    "update": later("Change a period"),
    "cancel": later("Cancel a period"),
    "day": later("Register a day of work"),
    "day-change": later("Change a registered day"),
    "day-cancel": later("Withdraw a registered day"),
    "anew": later("Declare a period anew"),
}
NO_NUMBER: Final = later("The worker has no national register number")
WITH_NUMBER: Final = later("The worker has a national register number")

#: Parts of the path of a form: `/declare/`, the kind of declaration, then the pair or the period.
_FORM_PATH: Final = re.compile(rf"/declare/({'|'.join(HEADINGS)})/(.+)", re.ASCII)

_Subject = Mapping[str, Any]  #: a period, or a registered day
_Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """A change of a period or of a registered day: its fields, the values that they begin with, its body."""

    body: Callable[[int, _Typed], dict[str, Any]]
    fields: Callable[[_Subject], tuple[Field, ...]] = lambda _: ()
    values: Callable[[_Subject], dict[str, str]] = lambda _: {}
    kind: Kind | None = None  #: with a deadline
    of_day: bool = False  #: whether the number in the path is that of a registered day


ACTS: Final[Mapping[str, Act]] = {
    "out": Act(rules.body_of_out, lambda _: (rules.END,), kind=Kind.OUT),
    "update": Act(rules.body_of_update, changes.fields_of_update, changes.values_of, Kind.UPDATE),
    "cancel": Act(lambda number, _: rules.body_of_cancel(number), kind=Kind.CANCEL),
    "day": Act(days.body_of_day, lambda _: days.FIELDS),
    "day-change": Act(days.body_of_change, lambda _: days.FIELDS, changes.values_of, of_day=True),
    "day-cancel": Act(lambda number, _: days.body_of_cancel(number), of_day=True),
}


def heading_of(path: str) -> tuple[str, str]:
    """Return the heading of a form of a declaration by its path, and its pair or period; else empty texts."""
    found = _FORM_PATH.fullmatch(path)
    return (HEADINGS[found[1]], found[2].replace("/", ", ")) if found else ("", "")


async def choose(visit: Visit) -> Answer:
    """Show the pairs of joint commission and worker type for an IN, and the field for a period.

    Without the right to declare the page says so, after a look whether it was given since the login.
    """
    if visit.person.may(Right.DECLARE):
        return _choice(visit)
    return replace(_choice(visit), session=await visit.with_present_organizations())


def _choice(visit: Visit, wrong: str = "") -> View:
    pairs = by_commission(rules.choices(present_day()), visit.words.language, "/declare/in")
    values = {
        "choices": pairs, "changes": CHANGES, "wrong": wrong, "wrong_number": WRONG_NUMBER,
        "right": Right.DECLARE,
    }  # fmt: skip
    return View("declare/choose.html", values, _BAD_REQUEST if wrong else 200)


async def find(visit: Visit) -> Answer:
    """Lead from the number of a period to the form of its change."""
    number, change = digits(visit.fields.get("period", "")), visit.fields.get("change", "")
    if not number.isdecimal() or parse_dimona_number(int(number[:18])) is None or change not in CHANGES:
        return _choice(visit, WRONG_NUMBER)
    return Next(f"/declare/{change}/{number}")


def chosen(visit: Visit) -> Choice:
    """Return the pair in the path. Raise LostError if no IN can be declared for it today."""
    choice = Choice(visit.parameters["commission"], visit.parameters["type"])
    if choice not in rules.choices(present_day()):
        raise LostError("no such pair")
    return choice


async def form_of_in(visit: Visit) -> Answer:
    """Show the form of an IN, with the fields that the chosen pair needs."""
    return shown(visit, _form_of_in(visit, chosen(visit)), {}, {})


async def form_without_number(visit: Visit) -> Answer:
    """Show the form of an IN of a worker without NISS, with the identity data instead."""
    return shown(visit, _form_without_number(visit, chosen(visit)), {}, {})


def _form_of_in(visit: Visit, choice: Choice) -> Form:
    path = f"/declare/in/{choice.joint_commission}/{choice.worker_type}"
    other = (f"{path}/identity", NO_NUMBER) if identity.may_lack_number(choice) else None
    subject = name_of_pair(choice, visit.words.language)
    return Form(path, HEADINGS["in"], subject, rules.fields_of_in(choice), other)


def _form_without_number(visit: Visit, choice: Choice) -> Form:
    if not identity.may_lack_number(choice):
        raise LostError("this type needs a number")
    path = f"/declare/in/{choice.joint_commission}/{choice.worker_type}"
    subject = name_of_pair(choice, visit.words.language)
    fields = identity.fields_of_in(choice)
    return Form(f"{path}/identity", HEADINGS["in"], subject, fields, (path, WITH_NUMBER))


async def declare_in(visit: Visit) -> Answer:
    """Check the form of an IN, warn before a late one is sent, and send it."""
    choice = chosen(visit)
    form = _form_of_in(visit, choice)
    if (question := _unsent(visit, form, rules.mistakes(form.fields, visit.fields))) is not None:
        return question
    return await sent(visit, rules.body_of_in(choice, visit.fields, visit.person.employer))


async def declare_without_number(visit: Visit) -> Answer:
    """Check the form of an IN of a worker without NISS, warn before a late one is sent, and send it."""
    choice = chosen(visit)
    form = _form_without_number(visit, choice)
    found = rules.mistakes(form.fields, visit.fields) or identity.mistakes(visit.fields, present_day())
    if (question := _unsent(visit, form, found)) is not None:
        return question
    return await sent(visit, identity.body_of_in(choice, visit.fields, visit.person.employer))


def _unsent(visit: Visit, form: Form, mistakes: Mapping[str, str]) -> View | None:
    """Return the page of an IN that is not sent: moved, with mistakes, or late. Return None to send it."""
    typed = visit.fields
    if is_moved(visit):
        return shown(visit, form, typed, {}, moved=True)
    if mistakes:
        return shown(visit, form, typed, mistakes)
    start = rules.start_of(typed)
    if rules.is_late(typed, datetime.now(UTC)) and typed.get("confirmed") != start:
        return shown(visit, form, typed, {}, question=Question(start, rules.due_of_in(typed)))
    return None


async def form_of_change(visit: Visit) -> Answer:
    """Show the form of a change, with the present values of the period or of the registered day."""
    act, form, subject = await _change(visit)
    return shown(visit, form, act.values(subject), {})


async def declare_change(visit: Visit) -> Answer:
    """Check the form of a change, warn before a late one is sent, and send it."""
    act, form, subject = await _change(visit)
    typed = visit.fields
    if is_moved(visit):
        return shown(visit, form, typed, {}, moved=True)
    if found := rules.mistakes(form.fields, typed):
        return shown(visit, form, typed, found)
    given = changes.given(form.fields, typed)
    due = None if act.kind is None else missed(act.kind, subject, given, datetime.now(UTC))
    token = f"{visit.parameters['change']} {times_of(given)}".strip()
    if due is not None and typed.get("confirmed") != token:
        return shown(visit, form, typed, {}, question=Question(token, due))
    return await sent(visit, act.body(visit.parameters["number"], given))


async def _change(visit: Visit) -> tuple[Act, Form, _Subject]:
    """Return the change in the path, its form, and the period or the registered day.

    Raise LostError for an unknown change.
    """
    change, number = visit.parameters["change"], visit.parameters["number"]
    if (act := ACTS.get(change)) is None:
        raise LostError("no such change")
    collection = "dailyRegistrations" if act.of_day else "periods"
    subject = await visit.apis.get("intake", f"{BASE}/{collection}/{number}")
    form = Form(
        f"/declare/{change}/{number}", HEADINGS[change], subject_of(visit, subject), act.fields(subject)
    )
    return act, form, subject


PAGES: Final = (
    Page("GET", "/declare", Need.EMPLOYER, choose),
    Page("POST", "/declare", Need.EMPLOYER, find),
    Page("GET", "/declare/in/{commission}/{type}", Need.EMPLOYER, form_of_in),
    Page("POST", "/declare/in/{commission}/{type}", Need.EMPLOYER, declare_in),
    Page("GET", "/declare/in/{commission}/{type}/identity", Need.EMPLOYER, form_without_number),
    Page("POST", "/declare/in/{commission}/{type}/identity", Need.EMPLOYER, declare_without_number),
    Page("GET", "/declare/{change}/{number:int}", Need.EMPLOYER, form_of_change),
    Page("POST", "/declare/{change}/{number:int}", Need.EMPLOYER, declare_change),
    *declare_sending.PAGES,
)
