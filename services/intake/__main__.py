"""Runs intake: `python -m services.intake`."""

from services.intake.handler import service
from shared.runtime.service import run
from shared.runtime.settings import Settings

if __name__ == "__main__":
    settings = Settings.load()
    run(service(settings), settings)
