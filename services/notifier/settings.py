"""The settings of the notifier: those of every service, and the destinations of deliveries."""

from __future__ import annotations

from pathlib import Path

from shared.runtime.settings import Settings


class NotifierSettings(Settings):
    """Networks that webhooks may reach besides the public Internet, and the folder of notification files."""

    webhook_trusted_networks: tuple[str, ...] = ()  #: e.g. 10.1.0.0/16; may be called without TLS too
    files_dir: Path | None = None  #: None: no notification files
