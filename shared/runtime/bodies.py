"""Limits on the memory that request bodies take, for a whole API and for each client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from shared.runtime import metrics
from shared.runtime.errors import OurError

MOST: Final = 16 * 1024 * 1024
MOST_OF_ONE: Final = 4 * 1024 * 1024
#: Part of the room that requests without a token can take together; the rest is for those with a token.
STRANGERS_PART: Final = 0.5


class BodiesFullError(OurError):
    """The error for a body without room in memory. `own` is True if the client has reached its own limit."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("no room for the body")
        self.own = own


class Bodies:
    """The room in memory for the bodies of all requests of one API."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._held: Counter[str] = Counter()
        self._of_strangers = 0

    @contextmanager
    def holding(self, client: str, size: int, *, stranger: bool = False) -> Iterator[None]:
        """Reserve room for a body while the block runs. Raise BodiesFullError when there is no room.

        Args:
            client: The client, or the source of a request without a token.
            size: The size of the body in bytes.
            stranger: Whether the operation needs no token. Such requests may use only a part of the room.
        """
        if self._held[client] + size > self._most_of_one:
            raise BodiesFullError(own=True)
        full = stranger and self._of_strangers + size > self._most * STRANGERS_PART
        if full or self._held.total() + size > self._most:
            raise BodiesFullError(own=False)
        self._change(client, size, stranger=stranger)
        try:
            yield
        finally:
            self._change(client, -size, stranger=stranger)

    def _change(self, client: str, size: int, *, stranger: bool) -> None:
        self._of_strangers += size if stranger else 0
        self._held[client] += size
        self._held += Counter()  # drops the clients without a body
        metrics.BODY_BYTES.inc(size)
