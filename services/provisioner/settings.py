"""Settings of the provisioner: those of a job, and the address of the broker's management API."""

from __future__ import annotations

from pydantic import SecretStr

from shared.runtime.settings import JobSettings
from shared.topology import Deployment


class ProvisionerSettings(JobSettings):
    """Settings of a job, and the broker's management API with a user that may make users."""

    deployment: str = "dimona"
    management_url: SecretStr  #: http(s)://user:password@host:port

    def management(self) -> str:
        """Return the address of the management API.

        The setting is read at each call, because the password in it may have changed.
        """
        return self._read_again("management_url")

    @property
    def vhosts(self) -> Deployment:
        """Return the vhosts of this deployment at the broker."""
        return Deployment(self.deployment)
