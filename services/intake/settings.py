"""The settings of intake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.runtime.settings import Settings

#: The path of the real API, so that clients change only the host.
BASE: Final = "/REST/dimona/v2"


class Gateway(BaseModel):
    """A telephone gateway: the form of its HTTP interface, and the shared secret (docs/phones.md)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    form: Literal["urlSigned", "bodySigned", "password"]
    secret: SecretStr
    account: str = ""  #: user name of basic authentication
    sender: str = ""  #: the number that results come from, for the form urlSigned
    send_url: str = ""  #: address that sends an SMS; without it the results of declarations are not sent


class IntakeSettings(Settings):
    """The settings of intake: those of all services, limits per organization, the address of the REST API."""

    new_workers: int = Field(default=5000, ge=1)  #: new workers that an organization may name on one day
    #: other limits, by enterprise number
    new_workers_of: Mapping[Annotated[str, Field(pattern=r"^[01]\d{9}$")], int] = Field(default_factory=dict)
    #: average per second and organization: requests, and KiB of messages (a message counts at least as one)
    organization_rate: float = Field(default=100.0, gt=0)
    organization_burst: int = Field(
        default=1000, ge=1
    )  #: the most requests or KiB of an organization at once
    personnel_file_url: str = ""  #: address of the API of the personnel file; without it: 501
    documentation: Path | None = None  #: the folder that `python -m deploy.documentation` writes
    #: by name in `/phones/{gateway}`; the secret file `dimona_phone_gateways` has them as JSON
    phone_gateways: Mapping[str, Gateway] = Field(default_factory=dict)
    rest_url: str = ""  #: public address, such as https://services.example.be/REST/dimona/v2

    @property
    def base_url(self) -> str:
        """The address of the REST API. It is not read from a request: a Host header can be forged."""
        return self.rest_url.rstrip("/") or f"{self.api_scheme}://{self.ops_host}:{self.api_port}{BASE}"

    @property
    def origin(self) -> str:
        """The address of intake without the path of the REST API."""
        return self.base_url.removesuffix(BASE)

    @property
    def documentation_url(self) -> str:
        """The address of the documentation, on the host of the REST API."""
        return f"{self.origin}/doc"

    @property
    def pages(self) -> str | None:
        """The address of the documentation, or None where it is not served."""
        return None if self.documentation is None else self.documentation_url
