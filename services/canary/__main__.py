"""Run the canary: `python -m services.canary`."""

from __future__ import annotations

from services.canary.handler import Canary
from services.canary.settings import CanarySettings
from shared.runtime.job import run_job

if __name__ == "__main__":
    settings = CanarySettings.load()
    canary = Canary(settings)
    run_job("canary", settings, canary.run(), canary.ready)
