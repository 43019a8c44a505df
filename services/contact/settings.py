"""The settings of the service contact."""

from __future__ import annotations

from shared.runtime.settings import Settings


class ContactSettings(Settings):
    """The settings of the service contact: those that every service has, and no more."""
