"""The settings of the service contact."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.runtime.settings import Settings


class ContactSettings(Settings):
    """The settings of the service contact, beside those of every service."""

    #: first day of a rule → days for which an inquiry may be covert (ADR 36); without a rule, none is
    cover_rules: dict[date, int] = Field(default_factory=dict)
