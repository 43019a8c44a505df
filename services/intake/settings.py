"""The settings of intake: what every service has, and the address of its REST face."""

from __future__ import annotations

from shared.runtime.settings import Settings


class IntakeSettings(Settings):
    """Where clients reach `/REST/dimona/v2`, when that is not where they are heard."""

    rest_url: str = ""  #: e.g. https://services.example.be/REST/dimona/v2; empty: the address that was called
