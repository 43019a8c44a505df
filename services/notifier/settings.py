"""The settings of the notifier: what every service has, and where deliveries may go."""

from __future__ import annotations

from pathlib import Path

from shared.runtime.settings import Settings


class NotifierSettings(Settings):
    """Where webhooks may lead besides the public Internet, and where notification files are written."""

    webhook_trusted_networks: tuple[str, ...] = ()  #: e.g. 10.1.0.0/16: called without TLS too
    files_dir: Path | None = None  #: None: no notification files
