"""The settings of the service contact."""

from __future__ import annotations

from shared.runtime.settings import Settings


class ContactSettings(Settings):
    """The settings of the service contact. It has only the settings that every service has."""
