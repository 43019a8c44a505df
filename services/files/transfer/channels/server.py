"""The SFTP server: a key for each expeditor, and limits on connections of strangers and of expeditors."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, NoReturn

import asyncssh
from asyncssh import SSHKey, SSHServerChannel, SSHServerConnection

from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders
from services.files.transfer.channels.home import Home
from services.files.transfer.channels.places import Places, count_refused
from services.files.transfer.rules import is_expeditor
from shared.runtime.logs import log

LoadKeys = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]

_SWEEP_SECONDS: Final = 1.0
_SESSIONS_MOST: Final = 4  #: of a connection


class Server:
    """The SFTP server of a deployment."""

    def __init__(self, settings: FilesSettings, folders: Folders, load_keys: LoadKeys) -> None:
        """Create a server. `load_keys` returns the public keys of those expeditors that may log in."""
        self._settings, self._folders, self._load_keys = settings, folders, load_keys
        self.places: Places[_Door] = Places(settings)

    async def run(self) -> NoReturn:
        """Serve until canceled, and end idle and blocked connections. Raise OSError for a taken port."""
        asyncssh.set_log_level("ERROR")
        settings = self._settings
        listener = await asyncssh.listen(
            settings.sftp_host,
            settings.sftp_port or 0,
            server_factory=lambda: _Door(self),
            sftp_factory=self._home,
            server_host_keys=[asyncssh.import_private_key(settings.sftp_host_key.get_secret_value())],
            login_timeout=settings.sftp_login_seconds,
            keepalive_interval=settings.sftp_idle_seconds / 4,
            allow_scp=False,
            agent_forwarding=False,
            compression_algs=[],
            reuse_address=True,
        )
        log.info("sftp_listening", port=listener.get_port())
        try:
            while True:
                await asyncio.sleep(_SWEEP_SECONDS)
                self._end_idle()
                await self._end_blocked()
        finally:
            listener.close()
            for door in self.places:
                door.abort()

    def _end_idle(self) -> None:
        """End the connections without a request for too long."""
        now = asyncio.get_running_loop().time()
        for door in self.places:
            if now - door.used_at > self._settings.sftp_idle_seconds:
                count_refused("idle")
                door.abort()

    async def _end_blocked(self) -> None:
        """End connections with a key that is no longer valid. Try again later if no keys can be loaded."""
        doors = {door: door.expeditor for door in self.places if door.expeditor is not None}
        if not doors:
            return
        try:
            keys = await self._load_keys(set(doors.values()))
        except Exception as error:
            log.warning("files_postponed", part="sftp", error=error)
            return
        for door, expeditor in doors.items():
            if keys.get(expeditor) != door.key:
                count_refused("key")
                door.abort()

    def _home(self, channel: SSHServerChannel[bytes]) -> Home:
        door = channel.get_connection().get_owner()
        assert isinstance(door, _Door), "the factory makes no other owner"
        door.sessions += 1
        if door.sessions > _SESSIONS_MOST:
            count_refused("sessions")
            raise asyncssh.ConnectionLost("too many sessions")
        return Home(channel, self._folders, self._settings, door.touch)

    async def find_key(self, expeditor: str, key: SSHKey) -> str | None:
        """Return a key as it is stored, or None if it is not the key of an expeditor that may log in."""
        keys = await self._load_keys([expeditor]) if is_expeditor(expeditor) else {}
        stored = keys.get(expeditor)
        if stored is None or asyncssh.import_public_key(stored).public_data != key.public_data:
            count_refused("key")
            return None
        return stored


class _Door(asyncssh.SSHServer):
    """One connection: it admits an expeditor with its key, and nothing but SFTP."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: SSHServerConnection | None = None
        self.source = ""
        self.expeditor: str | None = None
        self.key: str | None = None  #: the stored key of the expeditor
        self.sessions = 0
        self.used_at = 0.0

    def connection_made(self, conn: SSHServerConnection) -> None:
        """Admit a connection, or end it at once if there are too many."""
        self._connection = conn
        self.source = _network(conn.get_extra_info("peername")[0])
        self.touch()
        if not self._server.places.enter(self):
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the connection."""
        self._server.places.leave(self)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002
        """Require a login for each connection."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Accept keys only: passwords are not supported by default."""
        return True

    def kbdint_auth_supported(self) -> bool:
        """Refuse dialogues."""
        return False

    async def validate_public_key(self, username: str, key: SSHKey) -> bool:
        """Return whether the key is the key of the expeditor."""
        self.key = await self._server.find_key(username, key)
        return self.key is not None

    def auth_completed(self) -> None:
        """Remember the expeditor that has logged in."""
        assert self._connection is not None, "a connection was made"
        self.expeditor = self._connection.get_extra_info("username")
        if not self._server.places.log_in(self):
            self.abort()

    def touch(self) -> None:
        """Remember that the connection is in use."""
        self.used_at = asyncio.get_running_loop().time()

    def abort(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.abort()


def _network(address: str) -> str:
    """Return an IPv4 address, or the /64 network of an IPv6 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
