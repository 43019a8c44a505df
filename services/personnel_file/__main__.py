"""Entry point of the personnel file: `python -m services.personnel_file`."""

from services.personnel_file.service import service
from services.personnel_file.settings import PersonnelFileSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = PersonnelFileSettings.load()
    run(service(settings), settings)
