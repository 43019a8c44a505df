"""The personnel file's steps: `settle` what is declared; `mutate` what registers and agents change."""

from __future__ import annotations

from typing import Any

from services.personnel_file.feed.api import app
from services.personnel_file.handler.settle import record
from services.personnel_file.mutation.handler import mutate
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Step
from shared.topology import MUTATE, SETTLE


def service(_settings: Settings) -> Service:
    """The personnel file as a service."""
    steps: tuple[Step[Any], ...] = (
        Step("settle", SETTLE, record),
        Step("mutate", (MUTATE,), mutate),
    )
    return Service("personnel_file", steps=steps, api=app)
