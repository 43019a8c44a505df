"""The sending of a declaration, and the pages with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from services.portal.apis import RefusedError
from services.portal.declaration.correction import BEYOND, ordinary
from services.portal.visit import Answer, Need, Next, Page, View, Visit, present_day
from shared.words import later

BASE: Final = "/REST/dimona/v2"
_ORGANIZATION: Final = "Dimona-Organization"
_LOST: Final = 404
#: How often a page without result loads itself: after one second, then two, to seven: for 28 seconds.
_TURNS: Final = 7
_PROVISIONAL: Final = "S"
#: The meaning of each result.
RESULTS: Final = {
    "A": later("Accepted."),
    "W": later("Accepted, with a warning."),
    "B": later("Refused: the declaration has no effect. Correct the data and declare again."),
    "S": later("Provisional: the worker is being identified. The final result follows."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A received declaration on a page: its number, and the answer if there is a result.

    `turn` is the next turn in which the page loads this part itself; 0: it does not.
    """

    number: int
    answer: Mapping[str, Any] | None = None
    turn: int = 0

    @property
    def status(self) -> Mapping[str, Any]:
        """Return the status in the answer; empty without a result."""
        return {} if self.answer is None else self.answer["declarationStatus"]

    @property
    def result(self) -> str:
        """Return A, W, B or S; an empty text without a result."""
        return str(self.status.get("result", ""))

    @property
    def is_final(self) -> bool:
        """Return whether the result is final."""
        return self.result not in ("", _PROVISIONAL)


def key_of(visit: Visit) -> str:
    """Return the key of a form, with which a form that is sent twice has one effect."""
    return visit.fields.get("key") or str(uuid4())


async def send(visit: Visit, body: Mapping[str, Any], key: str, *, wait: int = 0) -> Shown:
    """Send a declaration. With `wait`, wait so many seconds for its result at most."""
    headers = {_ORGANIZATION: visit.person.organization, "Idempotency-Key": key}
    if wait:
        headers["Prefer"] = f"wait={wait}"
    reply = await visit.apis.send("POST", "intake", f"{BASE}/declarations", body, headers)
    return Shown(int(reply.headers["location"].rpartition("/")[2]), reply.json() if reply.body else None)


async def sent(visit: Visit, body: Mapping[str, Any]) -> Answer:
    """Send a declaration, and lead to the page with its number and its result."""
    found = await send(visit, body, key_of(visit))
    return Next(f"/declarations/{found.number}")


async def load(visit: Visit, number: int, turn: int) -> Shown:
    """Return a declaration with its result, if there is one that the person may read."""
    answer = None
    try:
        reply = await visit.apis.send(
            "GET", "intake", f"{BASE}/declarations/{number}", None,
            {_ORGANIZATION: visit.person.organization},
        )  # fmt: skip
        answer = reply.json()
    except RefusedError as error:
        if error.status != _LOST:
            raise
    return Shown(number, answer, turn if answer is None and turn <= _TURNS else 0)


async def result(visit: Visit) -> Answer:
    """Show the result of a declaration. While there is none, the page loads itself, for half a minute.

    A provisional result takes up to ten working days, so its page does not load itself.
    """
    return _result(await load(visit, visit.parameters["number"], 1))


async def result_again(visit: Visit) -> Answer:
    """Show the result of a declaration, on a page that has loaded itself some times."""
    return _result(await load(visit, visit.parameters["declaration"], visit.parameters["turn"] + 1))


def _result(found: Shown) -> View:
    again = f"/declarations/{found.number}"
    values = {
        "declarations": [("", found)],
        "results": RESULTS,
        "again": again,
        "otherwise": otherwise(found),
    }
    return View("declare/result.html", values)


def otherwise(found: Shown) -> tuple[str, str] | None:
    """Return the paths to declare a work beyond its quota otherwise: as ordinary work, or with fewer hours.

    Return None if the result has no warning about that (anomalies 90017-369, 90017-510, 90256-369).
    """
    codes = {each["errorId"] for each in found.status.get("anomalies", ())}
    if found.result != "W" or not codes & BEYOND or "period" not in found.status:
        return None
    number, answer = found.status["period"]["id"], found.answer or {}
    commission = answer.get("dimonaIn", {}).get("features", {}).get("jointCommissionNumber", "")
    pair = ordinary(commission, present_day())
    anew = f"/declare/anew/{number}"
    return (
        anew if pair is None else f"{anew}/{pair.joint_commission}/{pair.worker_type}",
        f"/declare/update/{number}",
    )


PAGES: Final = (
    Page("GET", "/declarations/{number:int}", Need.EMPLOYER, result),
    Page("GET", "/declarations/{declaration:int}/{turn:int}", Need.EMPLOYER, result_again),
)
