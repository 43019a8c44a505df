"""Run the notifier: `python -m services.notifier`."""

from services.notifier.service import service
from services.notifier.settings import NotifierSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = NotifierSettings.load()
    run(service(settings), settings)
