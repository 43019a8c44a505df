"""The processes of a deployment: settings, secrets and connections, for image, compose, chart and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from services.access.settings import AccessSettings
from services.canary.settings import CanarySettings
from services.contact.settings import ContactSettings
from services.feed.settings import FeedSettings
from services.files.settings import FilesSettings
from services.identification.settings import IdentificationSettings
from services.intake.settings import IntakeSettings
from services.notifier.settings import NotifierSettings
from services.personnel_file.settings import PersonnelFileSettings
from services.portal.settings import PortalSettings
from services.provisioner.settings import ProvisionerSettings
from shared.messages import SHARDS
from shared.runtime.settings import JobSettings, ProcessSettings

#: Settings that are given as files although their type does not say so.
_FILES: Final = frozenset({"phone_gateways", "signature_authorities"})


@dataclass(frozen=True, slots=True)
class Process:
    """A service or job: its settings, and the connections that it opens."""

    name: str
    settings: type[ProcessSettings]
    api: bool = True
    calls: tuple[str, ...] = ()  #: it sends requests to the APIs of these processes
    probes: tuple[str, ...] = ()  #: it asks the public health address of these processes
    outside: bool = False  #: whether it sends requests to addresses outside the deployment
    replicas: int = 2
    most: int = 4  #: the most processes that automatic growth starts
    grows: bool = False  #: whether more processes are started while many declarations are open
    volume: str = ""  #: setting that names a folder which has to outlive the process
    simulation: bool = False  #: whether only a simulation has it

    @property
    def module(self) -> str:
        """Return the module that `python -m` runs."""
        return f"services.{self.name}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the settings that are given as files, in the order of the class."""
        return tuple(name for name in self._fields() if self._is_secret(name))

    @property
    def required(self) -> tuple[str, ...]:
        """Return the secrets without which the process does not start."""
        fields = self.settings.model_fields
        return tuple(name for name in self.secrets if fields[name].is_required())

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the settings that are given as environment variables, in the order of the class."""
        return tuple(name for name in self._fields() if not self._is_secret(name))

    @property
    def database(self) -> bool:
        """Return whether the process has connections to the database."""
        return "database_dsn" in self.required

    @property
    def broker(self) -> bool:
        """Return whether the process has connections to the broker."""
        return "amqp_url" in self.required

    @property
    def management(self) -> bool:
        """Return whether the process has connections to the management API of the broker."""
        return "management_url" in self.required

    def _fields(self) -> tuple[str, ...]:
        fields = self.settings.model_fields
        # The portal has the setting, as every service, and no account at the broker.
        return tuple(name for name in fields if name != "amqp_url" or fields[name].is_required())

    def _is_secret(self, name: str) -> bool:
        return self.settings.model_fields[name].annotation is SecretStr or name in _FILES


#: An API asks `access` for the keys of the issuer of tokens.
_KEYS: Final = ("access",)
#: The APIs of the pages of the portal.
PORTAL_APIS: Final = ("access", "intake", "notifier", "contact", "identification", "personnel_file")
#: The processes on the status page of the portal.
PORTAL_HEALTH: Final = (*PORTAL_APIS, "files", "feed")

PROCESSES: Final[Mapping[str, Process]] = {
    process.name: process
    for process in (
        Process("access", AccessSettings),
        Process("intake", IntakeSettings, calls=(*_KEYS, "personnel_file"), outside=True, grows=True),
        Process("identification", IdentificationSettings, calls=_KEYS, grows=True),
        Process("personnel_file", PersonnelFileSettings, calls=_KEYS, most=SHARDS, grows=True),
        Process("notifier", NotifierSettings, calls=_KEYS, outside=True, grows=True, volume="files_dir"),
        Process("contact", ContactSettings, calls=_KEYS),
        Process("files", FilesSettings, calls=_KEYS, replicas=1, volume="transfer_dir"),
        Process("feed", FeedSettings, calls=_KEYS),
        Process("ledger", JobSettings, api=False),
        Process("provisioner", ProvisionerSettings, api=False),
        # The portal asks the issuer at its public address.
        Process("portal", PortalSettings, calls=PORTAL_APIS, probes=PORTAL_HEALTH, outside=True),
        # The canary uses the public addresses, as payroll software does.
        Process("canary", CanarySettings, api=False, outside=True, replicas=1, most=1, simulation=True),
    )
}
#: Ports inside a container: the probes and metrics, the API, and SFTP.
OPS_PORT, API_PORT, SFTP_PORT = 8081, 8080, 2022
