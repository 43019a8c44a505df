"""The settings of the notifier: those of every service, and the destinations of deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from shared.runtime.settings import Settings

#: Purpose of the key that seals the secrets of webhooks.
WEBHOOKS: Final = "webhooks"


class NotifierSettings(Settings):
    """Networks that webhooks may reach besides the public Internet, and the folder of notification files."""

    #: Inside networks by enterprise number, such as {"0477472701": ["10.1.0.0/16"]}. Webhooks of that
    #: enterprise may lead there, also without TLS. Others cannot reach, and so not probe, these networks.
    webhook_trusted_networks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    files_dir: Path | None = None  #: None: no notification files
