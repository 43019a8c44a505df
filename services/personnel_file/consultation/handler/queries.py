"""Answer the searches that clients send by queue."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, Final

from services.personnel_file.consultation import store
from services.personnel_file.consultation.channels import queue as channel
from services.personnel_file.consultation.channels.queue import Command
from services.personnel_file.consultation.handler import CONSULT, LONGEST, REFUSED, WorkerCode, search
from services.personnel_file.consultation.store import Look
from shared.messages import Delivery
from shared.problems import problem
from shared.runtime import authorization, metrics
from shared.runtime.api import ProblemError
from shared.runtime.authorization import Operation, RefusedError, Work
from shared.runtime.database import OvertimeError, Transaction, within_time
from shared.runtime.rate import TokenBuckets
from shared.runtime.security_log import SecurityEvent, store_event
from shared.runtime.tokens import Caller
from shared.topology import reply_queue

#: Most searches of one client per second on average, and at once. A search costs about ten times as much as
#: the reception of a declaration. Further searches are refused, so that other clients need not wait for them.
RATE: Final = 50.0
BURST: Final = 200
#: Tokens for a second of searching, as a multiple of the rate: one client gets a quarter of the time.
_SHARE: Final = 4
_LATER_SECONDS: Final = 60
_NAME: Final = "queryPeriods"
_OPERATION: Final = Operation(CONSULT, 0, clients=True, text=REFUSED)


class Queries:
    """The handler of searches by queue, which limits the rate of each client."""

    def __init__(self, base: str, worker_code: WorkerCode, rate: float = RATE, burst: int = BURST) -> None:
        self._base, self._worker_code = base, worker_code
        self._rate, self._buckets = rate, TokenBuckets(rate, burst)

    async def answer(self, tx: Transaction, commands: Sequence[Command]) -> Sequence[Delivery]:
        """Return a reply to each query: a page, or a problem."""
        tx.begun_at = tx.begun_at or await store.load_instant(tx)
        return [await self._reply(tx, command) for command in commands]

    async def _reply(self, tx: Transaction, command: Command) -> Delivery:
        if command.data is None:
            assert command.problem is not None, "a command without data has a problem"
            return channel.problem(command, tx.now, command.problem)
        if (seconds := self._buckets.take(command.client_id)) > 0.0:
            return channel.problem(command, tx.now, _too_many("rate", max(1, math.ceil(seconds))))
        if await store.is_behind(tx, reply_queue(command.client_id)):
            return channel.problem(command, tx.now, _too_many("waiting", _LATER_SECONDS))
        began = time.monotonic()
        try:
            async with within_time(tx, LONGEST):
                return await self._page(tx, command)
        except OvertimeError:
            detail = "The search takes too long. Name an employer, or fewer periods"
            return channel.problem(command, tx.now, problem("serviceUnavailable", detail))
        except ProblemError as error:
            return channel.problem(command, tx.now, error.body)
        except RefusedError as error:
            await store_refusal(tx, _NAME, command.client_id, error)
            return channel.problem(command, tx.now, problem("missingPermission", str(error)))
        finally:
            self._buckets.spend(command.client_id, int((time.monotonic() - began) * self._rate * _SHARE))

    async def _page(self, tx: Transaction, command: Command) -> Delivery:
        assert command.data is not None, "only a readable query is searched"
        caller = Caller(command.client_id, command.client_id, frozenset(), 0)
        actor = await authorization.actor(tx, caller, _OPERATION, None)
        data = command.data
        seen = await search(
            Work(tx, actor, []), _NAME, data.query(), data.criteria.employer_id, counted=data.total,
            path=("data", "criteria"), worker_code=self._worker_code,
        )  # fmt: skip
        return channel.reply(command, tx.now, seen.found, seen.count, self._base)


def _too_many(reason: str, seconds: int) -> dict[str, Any]:
    metrics.LIMITED.labels(reason).inc()
    return problem("tooManyRequests", "Too many searches from this client", retryAfterSec=seconds)


async def store_refusal(tx: Transaction, operation: str, client_id: str, error: RefusedError) -> None:
    """Store the audit row and the security event of a refused search of a technical client."""
    employer = next(iter(error.organizations), None)
    await store.store_look(tx, Look(operation, client_id, employer=employer, refused=str(error)))
    await store_event(tx.connection, SecurityEvent("refusal", "refused", client_id, client_id, operation))
