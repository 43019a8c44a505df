"""Correct a period: the ways that it allows, and its declaration anew with other features (CANCEL and IN)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from services.portal.apis import AwayError, RefusedError
from services.portal.declaration import correction, rules
from services.portal.declaration.lateness import times_of
from services.portal.declaration.rules import Choice
from services.portal.pages.declare import HEADINGS, chosen
from services.portal.pages.declare_forms import (
    Form,
    Question,
    by_commission,
    is_moved,
    name_of_pair,
    shown,
    subject_of,
)
from services.portal.pages.declare_sending import BASE, RESULTS, Shown, key_of, load, otherwise, send
from services.portal.visit import Answer, LostError, Need, Next, Page, View, Visit, present_day
from shared.words import later

#: Seconds that the withdrawal may take before the page says that it has no result yet.
_PATIENCE: Final = 5
#: The ways to correct a period: text and explanation of each.
WAYS: Final[Mapping[str, tuple[str, str]]] = {
    "out": (later("Declare the end"), later("The work ends, or has ended.")),
    "update": (
        later("Change"),
        later("Other days, hours or planned hours. The sector and the type of worker stay."),
    ),
    "day": (later("Register a day"), later("A day of work of this flexi-job, with its hours.")),
    "ordinary": (
        later("Declare as an ordinary worker"),
        later("The work is beyond a quota, or may not be a flexi-job."),
    ),
    "anew": (
        later("Declare anew"),
        later("The sector or the type of worker is wrong. The period is withdrawn and declared anew."),
    ),
    "cancel": (later("Cancel"), later("The worker did not begin, and does not begin.")),
}
#: Why the new declaration was not sent.
STOPPED: Final = {
    "refused": later(
        "The withdrawal was refused, so the new declaration was not sent. The period is as it was."
    ),
    "waits": later(
        "The withdrawal was received and has no result yet, so the new declaration was not sent. "
        "Continue in a moment; nothing is sent twice."
    ),
    "unsent": later(
        "The period is withdrawn, but the new declaration could not be sent. Continue, or declare it anew; "
        "until then the work is not declared."
    ),
}
FIRST: Final = later("1. Withdrawal of the present period")
SECOND: Final = later("2. New declaration")
CANCEL_STEP: Final = later("Cancel the period {number}.")
IN_STEP: Final = later("Declare {pair}, from {start}.")


async def choose(visit: Visit) -> Answer:
    """Show the corrections that the period allows."""
    period = await _period(visit)
    number = period["periodId"]
    ways = [(_path(name, period), *WAYS[name]) for name in correction.corrections(period)]
    return View("correct/choose.html", {"subject": subject_of(visit, period), "ways": ways, "number": number})


def _path(way: str, period: Mapping[str, Any]) -> str:
    number = period["periodId"]
    if way != "ordinary":
        return f"/declare/{way}/{number}"
    pair = correction.ordinary(period["features"].get("jointCommissionNumber", ""), present_day())
    anew = f"/declare/anew/{number}"
    return anew if pair is None else f"{anew}/{pair.joint_commission}/{pair.worker_type}"


async def choose_features(visit: Visit) -> Answer:
    """Show the pairs of joint commission and worker type for a declaration anew."""
    period = await _open_period(visit)
    pairs = by_commission(
        rules.choices(present_day()), visit.words.language, f"/declare/anew/{period['periodId']}"
    )
    return View("correct/features.html", {"subject": subject_of(visit, period), "choices": pairs})


async def form_anew(visit: Visit) -> Answer:
    """Show the form of a declaration anew, with the values of the period."""
    period, choice = await _open_period(visit), chosen(visit)
    return shown(visit, _form(visit, period, choice), correction.values_anew(period), {})


async def declare_anew(visit: Visit) -> Answer:
    """Check the form, show both declarations, and after the confirmation send them one after the other.

    The IN is sent only after the CANCEL was accepted. A repeated form has no second effect, because both
    declarations have a key of the form.
    """
    period, choice, typed = await _period(visit), chosen(visit), visit.fields
    form = _form(visit, period, choice)
    if is_moved(visit):
        return shown(visit, form, typed, {}, moved=True)
    if found := rules.mistakes(form.fields, typed):
        return shown(visit, form, typed, found)
    given = rules.filled(form.fields, typed)
    if typed.get("confirmed") != times_of(given):
        return shown(visit, form, typed, {}, question=_question(visit, period, choice, given))
    return await _send_both(visit, period, choice, form)


def _question(visit: Visit, period: Mapping[str, Any], choice: Choice, given: Mapping[str, str]) -> Question:
    say, due = visit.words, rules.due_of_in(given)
    steps = (
        say(CANCEL_STEP, number=period["periodId"]),
        say(
            IN_STEP, pair=name_of_pair(choice, say.language),
            start=say.day(date.fromisoformat(given["start_date"])),
        ),
    )  # fmt: skip
    return Question(times_of(given), due if due < datetime.now(UTC) else None, steps)


async def _send_both(visit: Visit, period: Mapping[str, Any], choice: Choice, form: Form) -> Answer:
    number, key = period["periodId"], key_of(visit)
    first = await send(visit, rules.body_of_cancel(number), f"{key}-cancel", wait=_PATIENCE)
    if not first.is_final:
        return _stopped(visit, form, first, "waits")
    if first.result == "B":
        return _stopped(visit, form, first, "refused")
    typed = {**visit.fields, "ssin": period["worker"]["ssin"]}
    try:
        second = await send(visit, rules.body_of_in(choice, typed, visit.person.employer), key)
    except (RefusedError, AwayError):
        return _stopped(visit, form, first, "unsent")
    return Next(f"/corrections/{first.number}/{second.number}")


def _stopped(visit: Visit, form: Form, found: Shown, why: str) -> View:
    values = {
        "reason": STOPPED[why],
        "found": found,
        "results": RESULTS,
        "again": why != "refused",
        "path": form.path,
        "typed": visit.fields,
        "period": visit.parameters["number"],
    }
    return View("correct/stopped.html", values)


async def both(visit: Visit) -> Answer:
    """Show the results of the two declarations of a declaration anew."""
    first, second = visit.parameters["first"], visit.parameters["second"]
    found = await load(visit, second, 1)
    values = {
        "declarations": [(FIRST, await load(visit, first, 1)), (SECOND, found)],
        "results": RESULTS,
        "again": f"/corrections/{first}/{second}",
        "otherwise": otherwise(found),
    }
    return View("declare/result.html", values)


def _form(visit: Visit, period: Mapping[str, Any], choice: Choice) -> Form:
    path = f"/declare/anew/{period['periodId']}/{choice.joint_commission}/{choice.worker_type}"
    subject = f"{subject_of(visit, period)} · {name_of_pair(choice, visit.words.language)}"
    return Form(path, HEADINGS["anew"], subject, rules.fields_of_work(choice))


async def _period(visit: Visit) -> Mapping[str, Any]:
    period: Mapping[str, Any] = await visit.apis.get("intake", f"{BASE}/periods/{visit.parameters['number']}")
    return period


async def _open_period(visit: Visit) -> Mapping[str, Any]:
    """Return the period in the path. Raise LostError if it cannot be declared anew."""
    period = await _period(visit)
    if "anew" not in correction.corrections(period):
        raise LostError("no period to declare anew")
    return period


PAGES: Final = (
    Page("GET", "/periods/{number:int}/correct", Need.EMPLOYER, choose),
    Page("GET", "/declare/anew/{number:int}", Need.EMPLOYER, choose_features),
    Page("GET", "/declare/anew/{number:int}/{commission}/{type}", Need.EMPLOYER, form_anew),
    Page("POST", "/declare/anew/{number:int}/{commission}/{type}", Need.EMPLOYER, declare_anew),
    Page("GET", "/corrections/{first:int}/{second:int}", Need.EMPLOYER, both),
)
