"""Twenty persons use the portal at a time while declarations pass, for `make bench-portal`."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from deploy.local.deployment import Endpoints
from tests.bench.load import Address, Declarations, Integrator, Run
from tests.oauth import FORM
from tests.pages import Visitor
from tests.portal import forget_attempts

PERSONS: Final = 20
RATE: Final = 50.0  #: declarations per second
SECONDS: Final = 60.0
_READING: Final = 5.0  #: seconds for which a person reads a page, on average; half of it at least
_USERS: Final = ("bakery.declarer", "secretariat.clerk")
#: Employers of the load; the first ones are those of the persons too.
_EMPLOYERS: Final = 3


@dataclass(slots=True)
class Person:
    """A browser with a session: its address, its cookies, its pages, and the times of the answers in ms."""

    base: str
    source: str
    cookie: str
    search: str  #: form of a search in the personnel file
    relation: str
    random: Random
    milliseconds: list[float] = field(default_factory=list)

    def browse(self, until: float) -> None:
        """Read page after page until an instant of `time.monotonic`. Fail on another status than 200."""
        time.sleep(self.random.uniform(0, _READING))
        paths = ("/today", "/personnel", "", self.relation, "/ebox", "/declare/in/XXX/OTH", "/spreadsheet")
        place = (self.source, 0)
        with closing(http.client.HTTPConnection(self.base, timeout=30, source_address=place)) as connection:
            for path in cycle(paths):
                began = time.monotonic()
                if began >= until:
                    return
                if path:
                    connection.request("GET", path, headers={"Cookie": self.cookie})
                else:
                    connection.request("POST", "/personnel", self.search, {"Cookie": self.cookie, **FORM})
                response = connection.getresponse()
                response.read()
                took = time.monotonic() - began
                assert response.status == 200, (path, response.status)
                self.milliseconds.append(took * 1000)
                time.sleep(self.random.uniform(0.5, 1.5) * _READING)


async def measure(endpoints: Endpoints) -> dict[str, Any]:
    """Return the times in milliseconds of pages, and of the declarations that passed beside them."""
    document = endpoints.document()
    async with Integrator(_address(document)) as integrator:
        await integrator.flood(_declarations(document, 1), 200)  # warm up
        persons = await _log_in(endpoints)
        until = time.monotonic() + SECONDS
        threads = [threading.Thread(target=person.browse, args=(until,)) for person in persons]
        for thread in threads:
            thread.start()
        run = await integrator.steady(_declarations(document, 60), RATE, SECONDS)
        for thread in threads:
            await asyncio.to_thread(thread.join)
    return _figures([each for person in persons for each in person.milliseconds], run)


def _figures(times: list[float], run: Run) -> dict[str, Any]:
    assert len(times) > PERSONS * SECONDS / _READING / 2, "all persons opened pages to the end"
    return {
        "persons": PERSONS,
        "reading_s": _READING,
        "pages": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
        "declarations_per_s": RATE,
        "declarations_p50_ms": run.latency_ms(0.5),
        "declarations_p99_ms": run.latency_ms(0.99),
    }


async def _log_in(endpoints: Endpoints) -> list[Person]:
    """Log persons in; the code of an authenticator may count again, so that a person has many sessions."""
    document, persons = endpoints.document(), []
    for number, name in enumerate(islice(cycle(_USERS), PERSONS), 2):
        await forget_attempts(endpoints.superuser_dsn)
        persons.append(await asyncio.to_thread(_logged_in, document, name, f"127.0.0.{number}"))
    return persons


def _logged_in(document: Mapping[str, Any], name: str, source: str) -> Person:
    visitor = Visitor(document)
    assert visitor.log_in(name).status == 200
    assert visitor.get("/personnel").status == 200
    form = visitor.page.form("/personnel").fields
    search = urlencode({**form, "status_OPEN": "yes"})
    assert visitor.post("/personnel", {**form, "level": "relation"}).status == 200
    relations = [link for link in visitor.page.links if link.startswith("/relations/")]
    cookie = "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())
    base = urlsplit(visitor.base).netloc
    return Person(base, source, cookie, search, relations[0] if relations else "/today", Random(source))


def _address(document: Mapping[str, Any]) -> Address:
    integrators = document["integrators"]
    client = max(integrators, key=lambda id_: len(integrators[id_]["employers"]))
    entry = integrators[client]
    return Address(entry["amqp_url"], client, entry["reply_queue"])


def _declarations(document: Mapping[str, Any], ahead: int) -> Declarations:
    """Return INs of days from so many days ahead on."""
    integrators = document["integrators"].values()
    employers = max((entry["employers"] for entry in integrators), key=len)[:_EMPLOYERS]
    return Declarations(employers, document["workers"], date.today() + timedelta(ahead))  # noqa: DTZ011
