"""Send the final results of declarations by SMS, through the HTTP interfaces of their gateways (ADR 29)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from random import random
from typing import Final

import aiohttp

from services.intake.phones import store
from services.intake.phones.channels.gateways import FORMS, Credentials, Outgoing
from services.intake.phones.rules import texts
from services.intake.phones.store import DueResult
from services.intake.settings import Gateway
from shared.messages import Result, derived_id
from shared.redelivery import Outcome, State, judge, outcome_of
from shared.runtime import metrics
from shared.runtime.database import Pool, transaction
from shared.runtime.logs import log
from shared.runtime.sealing import Sealer

TIMEOUT: Final = aiohttp.ClientTimeout(total=10, connect=5)
_AT_ONCE: Final = 16
_IDLE_SECONDS: Final = 0.5
_ANSWER_BYTES: Final = 4096  #: most bytes of the answer that are read; they are not used


class Results:
    """The task that sends final results. Any number of processes may run, as each leases its results.

    An SMS has an id that is derived from its declaration. After a crash between sending and storing the
    outcome it is sent again with this id, so that a gateway with a check of ids sends it once.
    """

    def __init__(self, gateways: Mapping[str, Gateway], sealer: Sealer) -> None:
        self._gateways = {name: gateway for name, gateway in gateways.items() if gateway.send_url}
        self._sealer = sealer
        #: By gateway that does not answer: its failures in a row, and the end of its pause (event loop time).
        self._pauses: dict[str, tuple[int, float]] = {}

    async def run(self, pool: Pool) -> None:
        """Send results until the task is canceled. After a failure of the database, try again."""
        async with aiohttp.ClientSession(
            timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        ) as session:
            while True:
                try:
                    sent = await self.send_due(pool, session)
                except Exception as error:  # nothing is lost: the leases end, and the results stay due
                    log.info("sms_postponed", error=error)
                    sent = 0
                if not sent:
                    await asyncio.sleep(_IDLE_SECONDS)

    async def send_due(self, pool: Pool, session: aiohttp.ClientSession) -> int:
        """Try the due results once, and return how many they were."""
        now = asyncio.get_running_loop().time()
        ready = [name for name in self._gateways if self._pauses.get(name, (0, now))[1] <= now]
        due = await store.claim(pool, _AT_ONCE, ready) if ready else []
        await asyncio.gather(*(self._send(pool, session, each) for each in due))
        return len(due)

    async def _send(self, pool: Pool, session: aiohttp.ClientSession, due: DueResult) -> None:
        outcome, reason = await self._attempt(session, due)
        failures = self._pauses.get(due.gateway, (0, 0.0))[0] + 1
        async with transaction(pool) as tx:
            now = tx.now
        verdict = judge(outcome, due.recorded_at, due.attempts + 1, failures, now, random())  # noqa: S311 - jitter
        await store.store_outcome(pool, due.number, verdict, reason)
        metrics.DISPATCH_ATTEMPTS.labels("sms", outcome).inc()
        if verdict.closed_until is None:
            self._pauses.pop(due.gateway, None)
        else:
            seconds = (verdict.closed_until - now).total_seconds()
            self._pauses[due.gateway] = failures, asyncio.get_running_loop().time() + seconds
        if verdict.state is State.EXHAUSTED:
            log.error("sms_exhausted", declaration=due.number, reason=reason)

    async def _attempt(self, session: aiohttp.ClientSession, due: DueResult) -> tuple[Outcome, str | None]:
        """Send one result. Return the outcome, and the reason of a failure in our own words."""
        gateway = self._gateways[due.gateway]
        sms = Outgoing(
            str(derived_id("smsResult", due.number)),
            self._sealer.open(due.sealed_phone, str(due.number)),
            texts.sms(_text_of(due)),
            gateway.sender,
        )
        credentials = Credentials(gateway.account, gateway.secret.get_secret_value())
        headers, body = FORMS[gateway.form].request(credentials, sms, int(time.time()))
        try:
            async with session.post(
                gateway.send_url, data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.content.read(_ANSWER_BYTES)
                outcome = outcome_of(response.status)
                return outcome, None if outcome is Outcome.DELIVERED else f"HTTP {response.status}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Outcome.UNREACHABLE, type(error).__name__


def _text_of(due: DueResult) -> str:
    status = json.loads(due.answer)["declarationStatus"]
    codes = [anomaly["errorId"] for anomaly in status.get("anomalies", ())]
    return texts.result_of(due.number, Result(due.result), codes, due.language)
