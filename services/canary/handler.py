"""The rounds of the canary: one IN and its CANCEL every minute, one round at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from typing import Final

from services.canary.channels import Sandbox, UnexpectedError, client
from services.canary.rules import Step, a_cancel, an_in, is_accepted
from services.canary.settings import CanarySettings
from shared.domain.calendar import local_date
from shared.runtime import metrics
from shared.runtime.logs import log

SECONDS: Final = 60.0  #: from the begin of a round to that of the next
PATIENCE: Final = 50.0  #: the longest round
#: Seconds before each question for a result; the last one is repeated.
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.0)
_STAGES: Final = ("reception", "final")


@dataclass(slots=True)
class _Round:
    """A round: its present step, and the seconds that its IN took."""

    step: Step = Step.LOGIN
    reception: float = nan
    final: float = nan


class Canary:
    """The job that declares in the sandbox, and sets the metrics of its rounds.

    A round begins with a reset, which deletes the declarations of the rounds before, also of failed ones.
    `patience` is the number of seconds after which a round has failed.
    """

    def __init__(self, settings: CanarySettings, patience: float = PATIENCE) -> None:
        self._settings, self._patience = settings, patience
        for step in Step:
            metrics.CANARY_FAILURES.labels(step)

    async def ready(self) -> dict[str, bool]:
        """Return no dependency: a sandbox that fails is in the metrics, and the process itself works."""
        return {}

    async def run(self) -> None:
        """Play a round every minute until canceled."""
        while True:
            began = time.monotonic()
            await self.play()
            await asyncio.sleep(max(0.0, began + SECONDS - time.monotonic()))

    async def play(self) -> bool:
        """Play one round and set its metrics; return whether it succeeded."""
        played = _Round()
        try:
            async with asyncio.timeout(self._patience), client(self._settings) as http:
                await self._play(Sandbox(self._settings, http), played)
        except Exception as error:
            metrics.CANARY_FAILURES.labels(played.step).inc()
            log.warning("canary_failed", step=played.step, error=error)
            succeeded = False
        else:
            succeeded = True
        for stage, seconds in zip(_STAGES, (played.reception, played.final), strict=True):
            metrics.CANARY_SECONDS.labels(stage).set(seconds)
        if succeeded:
            metrics.CANARY_SUCCESS.set_to_current_time()
        return succeeded

    async def _play(self, sandbox: Sandbox, played: _Round) -> None:
        await sandbox.log_in()
        played.step = Step.RESET
        await sandbox.reset()
        played.step, began = Step.IN, time.monotonic()
        today = local_date(datetime.now(UTC))
        declaration = an_in(self._settings.canary_employer, self._settings.canary_worker, today)
        number = await sandbox.declare(declaration)
        played.reception, played.step = time.monotonic() - began, Step.IN_RESULT
        await _accepted(sandbox, number)
        played.final, played.step = time.monotonic() - began, Step.CANCEL
        cancel = await sandbox.declare(a_cancel(number))
        played.step = Step.CANCEL_RESULT
        await _accepted(sandbox, cancel)


async def _accepted(sandbox: Sandbox, number: int) -> None:
    """Wait for the final result of a declaration. Raise UnexpectedError if it is refused."""
    pauses = iter(_PAUSES)
    while True:
        await asyncio.sleep(next(pauses, _PAUSES[-1]))
        answer = await sandbox.result(number)
        accepted = None if answer is None else is_accepted(answer)
        if accepted is False:
            raise UnexpectedError("the declaration is refused")
        if accepted:
            return
