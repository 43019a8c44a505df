"""The rejection of a command: the answer instead of a Dimona number, on every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.reception.channels.queue import Command
from services.intake.reception.store import Denial


@dataclass(frozen=True, slots=True)
class Rejection:
    """The problem of a command that is not received, and the denial to store if it was not permitted."""

    command: Command
    problem: dict[str, Any]
    denial: Denial | None = None
