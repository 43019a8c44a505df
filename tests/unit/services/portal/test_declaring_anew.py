"""CANCEL and IN in one confirmed step: the order, the keys, and every way in which the step can stop."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.portal.apis import Apis, AwayError, RefusedError, Reply
from services.portal.pages import correct
from services.portal.rendering import render, speak
from services.portal.session.rules import Organization, Session
from services.portal.visit import Answer, LostError, Next, View, Visit

NUMBER = "0477472701"
PERSON = Session("t", 0.0, "u", "An", (Organization(NUMBER, "De Smet", ("declare",)),), NUMBER, NUMBER)
PERIOD: dict[str, Any] = {
    "periodId": 605114838201, "startDate": "2099-12-01", "cancelled": False, "isLocked": False,
    "worker": {"ssin": "93051822361", "familyName": "Peeters"},
    "features": {"workerType": "OTH", "jointCommissionNumber": "XXX"},
}  # fmt: skip
FORM = {
    "organization": NUMBER, "employer": NUMBER, "key": "k", "start_date": "2099-12-01", "end_date": "",
    "confirmed": "2099-12-01",
}  # fmt: skip


@dataclass(frozen=True)
class Prepared(Apis):
    """APIs with a period, the results of declarations by their kind, and the requests that they got.

    A result that is an error is raised; None is no result in time.
    """

    http: Any = None
    urls: Mapping[str, str] = field(default_factory=dict)
    period: Mapping[str, Any] = field(default_factory=lambda: PERIOD)
    results: Mapping[str, str | Exception | None] = field(default_factory=dict)
    sent: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    async def get(self, service: str, path: str) -> Any:
        assert (service, path) == ("intake", "/REST/dimona/v2/periods/605114838201")
        return self.period

    async def send(
        self, method: str, service: str, path: str, body: Any = None, more: Mapping[str, str] | None = None
    ) -> Reply:
        assert (method, service, path) == ("POST", "intake", "/REST/dimona/v2/declarations")
        kind = "dimonaCancel" if "dimonaCancel" in body else "dimonaIn"
        self.sent.append((kind, (more or {})["Idempotency-Key"], body))
        if isinstance(result := self.results.get(kind), Exception):
            raise result
        number = 1 if kind == "dimonaCancel" else 2
        status = b"" if result is None else b'{"declarationStatus": {"result": "%s"}}' % result.encode()
        return Reply(201, {"location": f"https://x/declarations/{number}"}, status)


async def anew(apis: Prepared, code: str = "OTH", **changed: str) -> Answer:
    parameters = {"number": 605114838201, "commission": "140", "type": code}
    return await correct.declare_anew(Visit(speak("en"), apis, PERSON, parameters, FORM | changed))


def text_of(found: Answer) -> str:
    assert isinstance(found, View)
    more = {
        "session": PERSON, "menu": (), "here": "/", "translated": "/", "documentation": "", "form_token": "f",
        "static": str,
    }  # fmt: skip
    return re.sub(r"\s+", " ", render(found.template, speak("en"), {**more, **found.values}))


@pytest.mark.parametrize("result", ["A", "W"])
async def test_the_in_follows_an_accepted_withdrawal(result: str) -> None:
    apis = Prepared(results={"dimonaCancel": result})
    assert await anew(apis) == Next("/corrections/1/2")
    assert [(kind, key) for kind, key, _ in apis.sent] == [("dimonaCancel", "k-cancel"), ("dimonaIn", "k")]
    body = apis.sent[1][2]
    assert body["worker"] == {"ssin": "93051822361"}
    assert body["dimonaIn"]["features"] == {"jointCommissionNumber": "140", "workerType": "OTH"}


@pytest.mark.parametrize(
    ("results", "count", "reason", "can_continue"),
    [
        ({"dimonaCancel": "B"}, 1, "The withdrawal was refused", False),
        ({"dimonaCancel": None}, 1, "has no result yet", True),
        ({"dimonaCancel": "S"}, 1, "has no result yet", True),
        ({"dimonaCancel": "A", "dimonaIn": AwayError("x")}, 2, "could not be sent", True),
        ({"dimonaCancel": "A", "dimonaIn": RefusedError(403, {})}, 2, "could not be sent", True),
    ],
)
async def test_a_step_that_stops_says_where(
    results: Mapping[str, str | Exception | None], count: int, reason: str, can_continue: bool
) -> None:
    apis = Prepared(results=results)
    text = text_of(await anew(apis))
    assert len(apis.sent) == count
    assert reason in text
    assert ("Continue with the new declaration" in text) is can_continue
    assert ('name="key" value="k"' in text) is can_continue, "the form that continues has the same keys"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"confirmed": ""}, "One click sends these declarations"),
        ({"start_date": "2099-12-02"}, "One click sends these declarations"),
        ({"start_date": ""}, "Correct these fields"),
        ({"employer": "0206731645"}, "you chose another enterprise or employer"),
    ],
)
async def test_nothing_is_sent_before_the_confirmation(changed: dict[str, str], said: str) -> None:
    apis = Prepared()
    assert said in text_of(await anew(apis, **changed))
    assert apis.sent == []


async def test_a_late_in_has_its_deadline_in_the_question() -> None:
    text = text_of(await anew(Prepared(), start_date="2026-01-05"))
    assert "it was due by 5 January 2026, 23:59" in text


async def test_a_canceled_or_locked_period_has_no_form() -> None:
    for changed in ({"cancelled": True}, {"isLocked": True}):
        apis = Prepared(period=PERIOD | changed)
        parameters = {"number": 605114838201, "commission": "140", "type": "OTH"}
        with pytest.raises(LostError):
            await correct.form_anew(Visit(speak("en"), apis, PERSON, parameters))
        shown = await correct.choose(Visit(speak("en"), apis, PERSON, parameters))
        assert "This period allows no correction" in text_of(shown)
