"""Agents at the portal: declarations that wait for them, lists, cases, and acts with a confirmation."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from deploy.local.demo.data import DemoData
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from shared.domain.calendar import local_date
from shared.domain.places import BELGIUM
from shared.runtime.database import connect
from tests.integration.portal.test_declaring import FORM, PATIENCE
from tests.pages import Visitor
from tests.tokens import bearer
from tests.web import ask

HOSTILE: Final = '"><img src=x onerror=x>'


def tomorrow() -> str:
    return str(local_date(datetime.now(UTC)) + timedelta(days=1))


def declare_stranger(declarer: Visitor, ssin: str) -> str:
    """Declare a worker that the register does not have. Return the number, which waits for an agent."""
    declarer.get(FORM)
    declarer.submit(FORM, ssin=ssin, start_date=tomorrow())
    path = declarer.url.removeprefix(declarer.base)
    end = time.monotonic() + PATIENCE
    while "Provisional" not in declarer.page.text:
        assert time.monotonic() < end, "a provisional result"
        time.sleep(0.3)
        declarer.get(path)
    return path.rpartition("/")[2]


def cases(browser: Visitor, name: str) -> list[str]:
    """Return the addresses of the cases in a list."""
    browser.get(f"/agents/{name}")
    assert browser.answer.status == 200, browser.page.text
    return [link for link in browser.page.links if link.startswith(f"/agents/{name}/")]


def act(browser: Visitor, path: str, name: str, **typed: str) -> None:
    """Fill the form of an act on the page of a case, look at the confirmation, and confirm."""
    browser.get(path)
    browser.post(f"{path}/{name}", browser.page.form(f"{path}/{name}").fields | typed)
    assert browser.answer.status == 200, browser.page.text
    assert browser.page.title.startswith("Confirm"), browser.page.title
    form = browser.page.form(f"{path}/{name}")
    browser.post(f"{path}/{name}", form.fields | dict(form.buttons))
    assert browser.answer.status == 200, browser.page.text


async def rows(document: dict[str, Any], statement: str, *arguments: Any) -> list[Any]:
    owner = await connect(document["postgres_dsn"])
    try:
        return list(await owner.fetch(statement, *arguments))
    finally:
        await owner.close()


def shows(browser: Visitor, path: str, text: str) -> bool:
    browser.get(path)
    return text in browser.page.text


def contest(declarer: Visitor, number: str, reason: str = HOSTILE) -> None:
    """Contest the notification about a declaration, as soon as its message is in the e-Box."""
    end = time.monotonic() + PATIENCE
    while True:
        declarer.get("/ebox")
        for id_ in re.findall(r"/ebox/([0-9a-f-]{36})(?= |$)", " ".join(declarer.page.links)):
            declarer.get(f"/ebox/{id_}")
            if number in declarer.page.text:
                assert declarer.submit(f"/ebox/{id_}/contest", reason=reason).status == 200
                return
        assert time.monotonic() < end, "the message about the declaration"
        time.sleep(0.5)


def residents(data: DemoData) -> list[DemoPerson]:
    """Return the people of the register with a whole date of birth and a home in Belgium."""
    return list(filter(is_resident, data.people))


def is_resident(person: DemoPerson) -> bool:
    """Return whether a person has a whole date of birth and a home in Belgium."""
    return person.place.country == BELGIUM and not person.birth_date.endswith("00")


def declare_identity(served: Endpoints, document: dict[str, Any], worker: dict[str, Any]) -> str:
    """Declare a worker without NISS over REST, and return the Dimona number."""
    user = document["users"]["bakery.declarer"]
    token = bearer(served, user["user_id"], "scope:dimona:declaration:declarant", level=400)
    body = {
        "employer": {"enterpriseNumber": user["enterpriseNumber"]}, "worker": worker,
        "dimonaIn": {
            "startDate": tomorrow(),
            "endDate": tomorrow(),
            "features": {"jointCommissionNumber": "XXX", "workerType": "OTH"},
        },
    }  # fmt: skip
    headers = {**token, "Dimona-Organization": user["enterpriseNumber"], "Idempotency-Key": str(uuid4())}
    answer = ask(f"{document['rest_url']}/declarations", "POST", headers, body)
    assert answer.status == 201, answer.body
    return answer.headers["location"].rpartition("/")[2]
