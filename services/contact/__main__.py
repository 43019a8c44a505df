"""Run contact: `python -m services.contact`."""

from services.contact.service import service
from services.contact.settings import ContactSettings
from shared.runtime.service import run

if __name__ == "__main__":
    settings = ContactSettings.load()
    run(service(settings), settings)
