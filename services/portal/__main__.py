"""Run the portal: `python -m services.portal`."""

from __future__ import annotations

from services.portal.service import Portal
from services.portal.settings import PortalSettings
from shared.runtime.job import run_job

if __name__ == "__main__":
    settings = PortalSettings.load()
    portal = Portal(settings)
    run_job("portal", settings, portal.run(), portal.ready)
