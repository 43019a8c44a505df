"""The personnel file's step: `settle` what intake and identification send on."""

from __future__ import annotations

from services.personnel_file.feed.api import app
from services.personnel_file.handler.settle import record
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Step
from shared.topology import SETTLE


def service(_settings: Settings) -> Service:
    """The personnel file as a service."""
    return Service("personnel_file", steps=(Step("settle", SETTLE, record),), api=app)
