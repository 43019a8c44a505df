"""What every message between services is: a value with a CloudEvents type and a derived id."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid5

from shared.persons import Value

SERVICE = "be.nsso.dimona.v1"
_IDS = UUID("5f0c5a2e-6d0b-5a57-9d6b-0d1b6f3b9c11")


def derived_id(*parts: object) -> UUID:
    """The id of a message, derived from what it is about: saying a thing again gives the same id."""
    return uuid5(_IDS, "/".join(str(part) for part in parts))


class Message(Value):
    """Base of the messages: a CloudEvents type, an id derived from the content, a routing key."""

    TYPE: ClassVar[str]

    @property
    def event_id(self) -> UUID:
        """The CloudEvents id; equal for equal facts."""
        raise NotImplementedError

    @property
    def routing_key(self) -> str:
        """The CloudEvents type, followed by the shard where order matters."""
        return self.TYPE
