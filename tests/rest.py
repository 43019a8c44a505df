"""A payroll program that speaks Dimona REST v2: gets its token with its own key, declares, polls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.local.demo.directory import CLIENTS
from tests.asgi import Answer
from tests.contracts.answers import faults
from tests.foreign.events import PATIENCE
from tests.oauth import assertion, grant, key_of, post
from tests.prove.world import World
from tests.web import ask

DECLARANT: Final = "scope:dimona:declaration:declarant"
CONSULT: Final = "scope:dimona:declaration:consult"
#: A number with the right check digits that was never given out.
UNKNOWN: Final = 600027876089
#: A token names the caller, never its rights; ten minutes is longer than any test.
_GOOD_FOR: Final = 400.0


class Rest:
    """The program of a client that is known by its role; it remembers its declarations by queue."""

    def __init__(self, world: World, role: str) -> None:
        self._world, self._role, self.client_id = world, role, CLIENTS[role]
        self.url: str = world.document["rest_url"]
        self._token, self._until = "", 0.0

    @property
    def headers(self) -> dict[str, str]:
        """Return the header with a token that is still valid."""
        if time.monotonic() > self._until:
            url = self._world.document["token_url"]
            signed = assertion(self.client_id, url, key_of(self._world.document, self.client_id))
            answer = post(url, grant(signed, scope=f"{DECLARANT} {CONSULT}"))
            assert answer.status == 200, answer.body
            self._token, self._until = answer.json()["access_token"], time.monotonic() + _GOOD_FOR
        return {"Authorization": f"Bearer {self._token}"}

    async def post(self, declaration: Mapping[str, Any] | bytes, **headers: str) -> Answer:
        """Declare; remember the number of a 201 as declared, and return the answer."""
        answer = await self._ask("POST", "/declarations", declaration, headers)
        if answer.status == 201:
            self._world[self._role].posted.add(number_in(answer))
        return answer

    async def post_batch(self, body: Mapping[str, Any] | bytes, **headers: str) -> Answer:
        """Declare several at once; remember their numbers as declared, and return the answer."""
        answer = await self._ask("POST", "/declarations/batches", body, headers)
        if answer.status == 200:
            outcomes = answer.json()["items"]
            self._world[self._role].posted |= {
                each["declarationId"] for each in outcomes if "declarationId" in each
            }
        return answer

    async def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes = b"",
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        def asked() -> Answer:
            headers = self.headers | {name.replace("_", "-"): value for name, value in (more or {}).items()}
            return call(f"{self.url}{path}", method, headers, body)

        return await asyncio.to_thread(asked)

    async def get(self, number: object) -> Answer:
        """Return the answer to a query by number."""
        return await self._ask("GET", f"/declarations/{number}")

    async def declare(self, declaration: Mapping[str, Any]) -> int:
        """Declare and return the number; fail unless the declaration is received."""
        answer = await self.post(declaration)
        assert answer.status == 201, answer.body
        return number_in(answer)

    async def answer(self, number: int, letters: str = "AWB") -> dict[str, Any]:
        """Wait for an answer with one of these results. Raise TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while True:
                told = await self.get(number)
                assert told.status in (200, 404), told.body
                # client Q33: a 200 has a result; some clients loop without a pause on a 200 without one.
                if told.status == 200 and told.json()["declarationStatus"]["result"] in letters:
                    found: dict[str, Any] = told.json()
                    return found
                await asyncio.sleep(0.1)

    async def ends(self, *declarations: Mapping[str, Any]) -> list[str]:
        """Declare back to back, and return each result: `A`, or `B 00913-355`."""
        numbers = [await self.declare(declaration) for declaration in declarations]
        return [outcome(await self.answer(number)) for number in numbers]


def call(url: str, method: str, headers: Mapping[str, str], body: Mapping[str, Any] | bytes = b"") -> Answer:
    """Return the answer of the API of declarations; fail when it is not as in the contract."""
    answer = ask(url, method, headers, body)
    assert faults("declarations", method, url, answer) == [], answer
    return answer


def kind_of(answer: Answer) -> str:
    """Return the name of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.body
    return str(answer.json()["type"].rpartition(":")[2])


def number_in(answer: Answer) -> int:
    """Return the Dimona number at the end of the address in a 201, as clients take it (client Q15)."""
    return int(urlsplit(answer.headers["location"]).path.rpartition("/")[2])


def outcome(answer: Mapping[str, Any]) -> str:
    """Return an answer as text: the result and the error ids."""
    status = answer["declarationStatus"]
    return " ".join([status["result"], *sorted(each["errorId"] for each in status.get("anomalies", ()))])
