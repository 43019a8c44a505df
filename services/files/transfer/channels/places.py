"""Places for connections of the SFTP server: few for strangers, and a part for known addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

from services.files.settings import FilesSettings
from shared.runtime import file_metrics

#: Part of the places for connections without a login from addresses without an earlier login.
_STRANGERS_PART: Final = 0.75
_KNOWN_MOST: Final = 1024  #: addresses of logins to remember


class Guest(Protocol):
    """A connection, with its network address; after its login it has an expeditor."""

    source: str
    expeditor: str | None

    def abort(self) -> None:
        """End the connection."""
        ...


G = TypeVar("G", bound=Guest)


class Places(Generic[G]):
    """The open connections, the oldest first, and the addresses of the last logins."""

    def __init__(self, settings: FilesSettings) -> None:
        self._settings = settings
        self._open: dict[G, None] = {}
        self._known: dict[str, None] = {}  #: the address of the last login is the last one

    def __iter__(self) -> Iterator[G]:
        """Iterate over the open connections. They may end meanwhile."""
        return iter(tuple(self._open))

    def enter(self, guest: G) -> bool:
        """Give a place to a new connection, which has no login yet. Return whether it got one.

        If the places for it are taken, a connection without a login is ended for it: one of its address, or
        the oldest one of the address with the most such connections, of strangers first.
        """
        limits = self._settings
        mine = [each for each in self._open if each.expeditor is None and each.source == guest.source]
        if len(mine) >= limits.sftp_connections_per_source:
            self._end(mine[0], "source")
        else:
            strangers = [each for each in self._open if self._is_stranger(each)]
            part = limits.sftp_connections * _STRANGERS_PART
            crowded = self._is_stranger(guest) and len(strangers) >= part
            if crowded or len(self._open) >= limits.sftp_connections:
                candidates = strangers or [each for each in self._open if each.expeditor is None]
                if not candidates:
                    count_refused("full")
                    return False
                of_source = Counter(each.source for each in candidates)
                self._end(max(candidates, key=lambda each: of_source[each.source]), "full")
        self._open[guest] = None
        file_metrics.SFTP_CONNECTIONS.set(len(self._open))
        return True

    def log_in(self, guest: G) -> bool:
        """Remember the address of an expeditor that has logged in.

        Return False if the expeditor has more connections than it may.
        """
        mine = sum(each.expeditor == guest.expeditor for each in self._open)
        if mine > self._settings.sftp_connections_per_expeditor:
            count_refused("expeditor")
            return False
        self._known.pop(guest.source, None)
        self._known[guest.source] = None
        if len(self._known) > _KNOWN_MOST:
            del self._known[next(iter(self._known))]
        return True

    def leave(self, guest: G) -> None:
        """Free the place of a connection, if it has one."""
        self._open.pop(guest, None)
        file_metrics.SFTP_CONNECTIONS.set(len(self._open))

    def _is_stranger(self, guest: Guest) -> bool:
        return guest.expeditor is None and guest.source not in self._known

    def _end(self, guest: G, reason: str) -> None:
        self.leave(guest)
        count_refused(reason)
        guest.abort()


def count_refused(reason: str) -> None:
    """Count a request or connection that was refused or ended."""
    file_metrics.SFTP_REFUSED.labels(reason).inc()
