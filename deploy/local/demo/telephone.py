"""A telephone gateway of the form bodySigned, as a foreign program: it passes SMS and calls on, both ways."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final, Self
from uuid import uuid4

import aiohttp
from aiohttp import web

_OK: Final = 200


class Telephone:
    """A running gateway. `inbox` has each SMS that went out to a phone, by its id; a repeat is taken once."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self._gateway = document["gateways"][name]
        self.inbox: dict[str, tuple[str, str]] = {}  #: id → number and text
        self.deliveries = 0  #: requests with an SMS, also repeated ones
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/messages", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._gateway["port"]).start()
        self._session = aiohttp.ClientSession(
            # The authorities that the process trusts now, as those of a local stack with TLS
            connector=aiohttp.TCPConnector(ssl=ssl.create_default_context())
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def sms(self, number: str, text: str, id_: str | None = None) -> str:
        """Pass an SMS on, and return the text of the answer."""
        answer = await self._post("sms_url", {"id": id_ or str(uuid4()), "from": number, "text": text})
        return str(answer["text"])

    async def turn(
        self, call: str, number: str, digits: str | None = None, state: str | None = None
    ) -> dict[str, Any]:
        """Pass the digits of a caller on, and return what to speak and to collect."""
        keyed = {} if digits is None else {"digits": digits}
        known = {} if state is None else {"state": state}
        return await self._post("voice_url", {"call": call, "from": number, **keyed, **known})

    async def texts_to(self, number: str, containing: str, patience: float) -> list[str]:
        """Wait up to `patience` seconds for an SMS to a phone with this text in it; return all such."""
        end = asyncio.get_running_loop().time() + patience
        while True:
            found = [text for to, text in self.inbox.values() if to == number and containing in text]
            if found or asyncio.get_running_loop().time() > end:
                return found
            await asyncio.sleep(0.05)

    async def _post(self, route: str, document: Mapping[str, str]) -> dict[str, Any]:
        body = json.dumps(document).encode()
        async with self._session.post(
            self._gateway[route], data=body, headers=self.signed(str(uuid4()), body)
        ) as answer:
            found: dict[str, Any] = await answer.json(content_type=None)
            if answer.status != _OK:
                raise RuntimeError(f"the gateway got {answer.status}: {found.get('detail')}")
            return found

    def signed(self, id_: str, body: bytes) -> dict[str, str]:
        """Return the headers of a request with this body, signed with the secret of the gateway."""
        at = str(int(time.time()))
        return {
            "Content-Type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": at,
            "webhook-signature": self._signature(id_, at, body),
        }

    def _signature(self, id_: str, at: str, body: bytes) -> str:
        key = base64.b64decode(self._gateway["secret"].removeprefix("whsec_"))
        digest = hmac.digest(key, f"{id_}.{at}.".encode() + body, hashlib.sha256)
        return f"v1,{base64.b64encode(digest).decode()}"

    async def _take(self, request: web.Request) -> web.Response:
        body, headers = await request.read(), request.headers
        expected = self._signature(headers["webhook-id"], headers["webhook-timestamp"], body)
        if headers["webhook-signature"] != expected:
            return web.Response(status=401)
        sms = json.loads(body)
        self.deliveries += 1
        self.inbox.setdefault(sms["id"], (sms["to"], sms["text"]))
        return web.Response(status=202)
