"""The settings of the service notifier: those of every service, trusted networks, and a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field

from shared.runtime.settings import Settings

#: Purpose of the key that seals the secrets of webhooks.
WEBHOOKS: Final = "webhooks"


class NotifierSettings(Settings):
    """The settings of the service notifier: networks that webhooks may reach, and the folder for files."""

    #: Internal networks by enterprise number, such as {"0477472701": ["10.1.0.0/16"]}. The webhook of this
    #: enterprise may lead into them, also without TLS. The webhook of another enterprise may not.
    webhook_trusted_networks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    files_dir: Path | None = None  #: folder of notification files and print jobs; None: no files
