"""The settings of intake."""

from __future__ import annotations

from shared.runtime.settings import Settings


class IntakeSettings(Settings):
    """The settings of every service, and the public address of the REST API."""

    rest_url: str = ""  #: e.g. https://services.example.be/REST/dimona/v2; empty: the address of the request
