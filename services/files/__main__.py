"""Run files: `python -m services.files`."""

from services.files.service import service
from services.files.settings import FilesSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = FilesSettings.load()
    run(service(settings), settings)
