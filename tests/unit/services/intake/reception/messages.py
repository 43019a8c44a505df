"""Messages as the broker delivers them to the queue channel."""

from __future__ import annotations

from shared.runtime.incoming import Incoming


def incoming(body: bytes, message_id: str | None = "m-1", stamp: object = None) -> Incoming:
    """Return a message of the client `client`."""
    return Incoming("dimona.intake.declarations", body, "", message_id, "client", 0, stamp, 1, 0)
