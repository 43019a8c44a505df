"""The settings of the personnel file."""

from __future__ import annotations

from typing import Final

from shared.runtime.settings import Settings

#: The path of the API of the NSSO, so that its clients only change the host.
BASE: Final = "/REST/dimona/v2"


class PersonnelFileSettings(Settings):
    """The settings of the personnel file: those of all services, and the public address of the REST API."""

    rest_url: str = ""  #: public address, such as https://services.example.be/REST/dimona/v2

    @property
    def base_url(self) -> str:
        """The public address of the REST API.

        It comes from the settings and never from a request, because a client can forge the Host header.
        """
        return self.rest_url.rstrip("/") or f"{self.api_scheme}://{self.ops_host}:{self.api_port}{BASE}"
