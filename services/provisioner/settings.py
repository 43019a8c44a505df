"""Settings of the provisioner."""

from __future__ import annotations

from pydantic import SecretStr

from shared.runtime.settings import JobSettings
from shared.topology import Deployment


class ProvisionerSettings(JobSettings):
    """The settings of a job, and the management API of the broker, with the right to make users."""

    deployment: str = "dimona"
    management_url: SecretStr  #: http(s)://user:password@host:port

    def management(self) -> str:
        """Return the address of the management API, read again: its password may have been rotated."""
        return self._read_again("management_url")

    @property
    def vhosts(self) -> Deployment:
        """The vhosts of this deployment."""
        return Deployment(self.deployment)
