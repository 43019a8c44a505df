"""Why a command is not received: what its sender is told instead of a number, on every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.intake.channels.queue import Command
from services.intake.store import Denial


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a command is not received; with what is written down, where its sender lacks a right."""

    command: Command
    problem: dict[str, Any]
    denial: Denial | None = None
