"""The rejection of a command: the answer instead of a Dimona number, on every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.reception.channels.queue import Command
from services.intake.reception.store import Denial


@dataclass(frozen=True, slots=True)
class Rejection:
    """The rejection of a command: the command, and the problem that its sender gets as the answer.

    `denial` is the record to store if the client was not allowed to send the command; otherwise None.
    """

    command: Command
    problem: dict[str, Any]
    denial: Denial | None = None
