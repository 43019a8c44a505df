"""The base class of the messages between services."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid5

from shared.persons import Value

SERVICE = "be.nsso.dimona.v1"
_IDS = UUID("5f0c5a2e-6d0b-5a57-9d6b-0d1b6f3b9c11")


def derived_id(*parts: object) -> UUID:
    """Return an id derived from the subject of a message, so that a repetition gets an equal id."""
    return uuid5(_IDS, "/".join(str(part) for part in parts))


class Message(Value):
    """A message: a CloudEvents type, an id derived from the content, and a routing key."""

    TYPE: ClassVar[str]

    @property
    def event_id(self) -> UUID:
        """Return the CloudEvents id; equal facts have equal ids."""
        raise NotImplementedError

    @property
    def routing_key(self) -> str:
        """Return the CloudEvents type, with a shard number where order matters."""
        return self.TYPE
