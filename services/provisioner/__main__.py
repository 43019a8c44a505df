"""Run the provisioner: `python -m services.provisioner`."""

from __future__ import annotations

from services.provisioner.handler import Provisioner
from services.provisioner.settings import ProvisionerSettings
from shared.runtime.job import run_job

if __name__ == "__main__":
    settings = ProvisionerSettings.load()
    provisioner = Provisioner(settings)
    run_job("provisioner", settings, provisioner.run(), provisioner.ready)
