"""Programs that speak Dimona REST v2 as real ones do complete each kind of declaration for four worker types.

They know nothing of this system but its addresses; each has the habits of one real client, and stops where it
would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.asgi import Answer
from tests.oauth import assertion, grant, key_of, post
from tests.prove.world import FLEXI, OTHER, STUDENT, World
from tests.rest import CONSULT, DECLARANT, Rest
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]

TOKEN_KEYS: Final = {"access_token", "token_type", "expires_in", "scope"}
EVENING: Final = {"startHour": "1700", "endHour": "2130"}
EXTRA: Final = {"workerType": "EXT", "jointCommissionNumber": "302"}


def last_segment(answer: Answer) -> int:
    return int(answer.headers["location"].rpartition("/")[2])


def after_declarations(answer: Answer) -> int:
    return int(answer.headers["location"].partition("declarations/")[2])


@dataclass(frozen=True, slots=True)
class Habits:
    """The habits of one client.

    Args:
        scope: The scopes that it asks for; None: it leaves them out.
        rounded: Whether it rounds `iat` and `nbf` up to half a second.
        number: How it takes the number out of the 201.
        written: How it writes an IN.
        by_period: Whether it names a period by `period.id`, and not by the number of the IN.
        accepts: The statuses that it takes for success.
        checks: Whether it reads each period, to see whether the authority has canceled it.
        synchronizes: Whether it reads its relation every night over the three searches, in small pages.
    """

    scope: str | None
    rounded: bool
    number: Callable[[Answer], int]
    written: Callable[[Mapping[str, Any]], dict[str, Any]]
    by_period: bool
    accepts: frozenset[int]
    checks: bool = False
    synchronizes: bool = False


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(document)


def with_integers(document: Mapping[str, Any]) -> dict[str, Any]:
    """Write joint commissions as integers and hours as decimals."""
    block = document["dimonaIn"]
    number = block["features"]["jointCommissionNumber"]
    features = {**block["features"], "jointCommissionNumber": int(number) if number.isdigit() else number}
    hours = {"plannedHoursNumber": 8.0} if "plannedHoursNumber" in block else {}
    return {**document, "dimonaIn": {**block, **hours, "features": features}}


def with_short_number(document: Mapping[str, Any]) -> dict[str, Any]:
    """Write the enterprise number without its leading zero."""
    number = document["employer"]["enterpriseNumber"].removeprefix("0")
    return {**document, "employer": {"enterpriseNumber": number}}


def with_stray_features(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "features": document["dimonaIn"]["features"]}


STRICT, LENIENT = frozenset({201}), frozenset({200, 201})
CLIENTS: Final[Mapping[str, Habits]] = {
    "planner": Habits(None, False, last_segment, plain, True, STRICT, checks=True),
    "package": Habits(f"{DECLARANT} {CONSULT}", False, after_declarations, with_integers, True, LENIENT),
    "payroll": Habits(
        f"{DECLARANT} {CONSULT}", False, last_segment, with_short_number, False, STRICT, synchronizes=True
    ),
    "gig work": Habits(None, True, last_segment, with_stray_features, False, LENIENT),
}


class Program:
    """A program with such habits, for one client of the demo."""

    def __init__(self, world: World, habits: Habits) -> None:
        document, self._rest = world.document, Rest(world, "bakery")
        self._world, self._habits, self._url = world, habits, document["rest_url"]
        now = time.time()
        rounded = round(now + 0.5)
        changed: dict[str, Any] = {"iat": rounded, "nbf": rounded} if habits.rounded else {}
        signed = assertion(
            self._rest.client_id, document["token_url"], key_of(document, self._rest.client_id), **changed
        )
        scope = {} if habits.scope is None else {"scope": habits.scope}
        token = post(document["token_url"], grant(signed, **scope)).json()
        assert set(token) == TOKEN_KEYS, "it counts them"
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}

    def declare(self, document: Mapping[str, Any]) -> int:
        """Declare, and return the number."""
        answer = ask(f"{self._url}/declarations", "POST", self._headers, document)
        assert answer.status in self._habits.accepts, answer.body
        number = self._habits.number(answer)
        self._world["bakery"].posted.add(number)
        return number

    def result(self, number: int) -> dict[str, Any]:
        """Poll until there is a result; stop at anything but 200 and 404."""
        for _ in range(600):
            answer = ask(f"{self._url}/declarations/{number}", "GET", self._headers)
            if answer.status == 200:
                found: dict[str, Any] = answer.json()
                assert found["worker"]["ssin"], "it reads it unconditionally"
                return found
            assert answer.status == 404, answer.body
            time.sleep(0.1)
        raise TimeoutError

    def ends(self, document: Mapping[str, Any]) -> tuple[str, int]:
        """Declare; return the result with its codes, and the number by which the client names the period."""
        number = self.declare(document)
        status = self.result(number)["declarationStatus"]
        codes = [each["errorId"] for each in status.get("anomalies") or ()]
        period = status["period"]["id"] if self._habits.by_period else number
        return " ".join([status["result"], *codes]), period

    def is_canceled(self, period: int) -> bool:
        """Read a period, and look for the three signs of a cancellation that the client knows."""
        answer = ask(f"{self._url}/periods/{period}", "GET", self._headers)
        assert answer.status == 200, "it takes a 404 for a cancellation by the authority"
        found: dict[str, Any] = answer.json()
        return found["status"] == "CANCELLED" or found["cancelled"] or "dimonaCancel" in found

    def synchronize(self, declared: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """Return everything about the relation of a declaration, by the searches."""
        body = {name: declared[name] for name in ("employer", "worker")}
        return {
            name: self._search(f"{self._url}/{name}/search?pageSize=2&page=1", body)
            for name in ("declarations", "periods", "relations")
        }

    def _search(self, page: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Follow `next`, as it is, with the same body, until it is absent."""
        found: list[dict[str, Any]] = []
        while page:
            answer = ask(page, "POST", self._headers, body)
            assert answer.status == 200, answer.body
            found += answer.json()["items"]
            page = answer.json().get("next", "")
        return found


#: Worker type → features, last day, further properties, change, and the result of an OUT (rule R30: a period
#: with an end is closed).
CASES: Final[Mapping[str, tuple[Mapping[str, Any], int | None, dict[str, Any], dict[str, Any], str]]] = {
    "FLX": (FLEXI, 3, EVENING, {"endHour": "2230"}, "B 00913-356"),
    "STU": (STUDENT, 3, {"plannedHoursNumber": 8}, {"plannedHoursNumber": 6}, "B 00913-356"),
    "OTH": (OTHER, None, {}, {"endDate": ""}, "A"),
    "EXT": (EXTRA, 3, EVENING, {"endHour": "2230"}, "B 00913-356"),
}


@pytest.mark.parametrize("worker_type", CASES)
@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_completes_every_kind(world: World, name: str, worker_type: str) -> None:
    """Clients Q1, Q6, Q13 to Q20, Q26, Q31, Q33, Q34, Q45 to Q47: IN, UPDATE, OUT, CANCEL; and the file."""
    features, end, more, changes, closed = CASES[worker_type]
    habits = CLIENTS[name]
    document = habits.written(world.engage(world.relation("bakery"), 3, end, features, **more))
    later = {key: value or world.day(9) for key, value in changes.items()}

    def run() -> list[str]:
        program = Program(world, habits)
        begun, period = program.ends(document)
        update = {"dimonaUpdate": {"periodId": period, **later}}
        leave = world.leave(period, 20 if end is None else end)
        # An open period gets its end by an OUT; only then an UPDATE moves it.
        order = (leave, update) if end is None else (update, leave)
        ended = [program.ends(each)[0] for each in order]
        if habits.checks:
            assert not program.is_canceled(period)
        canceled = program.ends({"dimonaCancel": {"periodId": period}})[0]
        if habits.checks:
            assert program.is_canceled(period)
        if habits.synchronizes:
            check_file(program.synchronize(document), document, period)
        return [begun, *ended, canceled]

    found = await asyncio.to_thread(run)
    assert found == (["A", "A", "A", "A"] if end is None else ["A", "A", closed, "A"])


def check_file(found: Mapping[str, list[dict[str, Any]]], declared: Mapping[str, Any], period: int) -> None:
    """Check the answers to the nightly synchronization, after the four declarations."""
    kinds = [next(name for name in item if name.startswith("dimona")) for item in found["declarations"]]
    assert sorted(kinds) == ["dimonaCancel", "dimonaIn", "dimonaOut", "dimonaUpdate"]
    (held,) = found["periods"]
    assert (held["periodId"], held["status"]) == (period, "CANCELLED")
    (relation,) = found["relations"]
    assert relation["startDate"] == declared["dimonaIn"]["startDate"]
    assert {item["worker"]["ssin"] for items in found.values() for item in items} == {
        declared["worker"]["ssin"]
    }
