"""The settings of contact: what every service has."""

from __future__ import annotations

from shared.runtime.settings import Settings


class ContactSettings(Settings):
    """Contact needs no more than every service does."""
