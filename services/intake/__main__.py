"""Run intake: `python -m services.intake`."""

from services.intake.service import service
from services.intake.settings import IntakeSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = IntakeSettings.load()
    run(service(settings), settings)
