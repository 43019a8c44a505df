"""The official codes of the channels: zone 00737 of the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.messages import Channel

#: The files of an expeditor come over sFTP (14); there is no FTP (0).
CHANNEL_CODES: Final[Mapping[Channel, int]] = {
    Channel.WEB: 3,
    Channel.QUEUE: 6,
    Channel.MQ: 6,
    Channel.OPEN_WEB: 10,
    Channel.SMS: 11,
    Channel.VOICE: 12,
    Channel.REST: 13,
    Channel.SFTP: 14,
}
