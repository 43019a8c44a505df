"""The settings of contact."""

from __future__ import annotations

from shared.runtime.settings import Settings


class ContactSettings(Settings):
    """The settings of every service; contact has no others."""
