"""Run the ledger: `python -m services.ledger`."""

from __future__ import annotations

from services.ledger.handler import Ledger
from shared.runtime.job import run_job
from shared.runtime.settings import JobSettings

if __name__ == "__main__":
    settings = JobSettings.load()
    ledger = Ledger(settings.dsn)
    run_job("ledger", settings, ledger.run(), ledger.ready)
