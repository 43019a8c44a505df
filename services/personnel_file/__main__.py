"""Entry point of the personnel file: `python -m services.personnel_file`."""

from services.personnel_file.service import service
from shared.runtime.service import run
from shared.runtime.settings import Settings

if __name__ == "__main__":
    settings = Settings.load()
    run(service(settings), settings)
