"""The SFTP session of an expeditor: its own folders, right names in IN, and limits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from posixpath import normpath
from typing import IO, Any, Final, NoReturn, cast

import asyncssh
from asyncssh import SFTPAttrs, SFTPServer, SSHServerChannel
from asyncssh.sftp import SFTPServerHandler

from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders, Limit
from services.files.transfer.rules import IN_FOLDER, Kind, parse_name
from shared.runtime import file_metrics

_WRITING: Final = (
    asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC | asyncssh.FXF_EXCL
)
#: Endings that client programs give to a file until it is complete.
_UNFINISHED: Final = (".filepart", ".part", ".tmp")
_HANDLES_MOST: Final = 16  #: open files of a session
_UPLOADS_MOST: Final = 4  #: files of an expeditor that are open for writing
_SMALL_BYTES: Final = 64 * 1024  #: of FS, GO and TD files
_READ_BYTES: Final = 128 * 1024  #: of one answer; a client asks again for the rest
_UNSENT_BYTES: Final = 32 * 1024 * 1024  #: of a session; clients ask for up to 16 MiB ahead

_FULL: Final = {
    Limit.BACKLOG: "Too much of yours waits for its processing: send this file later",
    Limit.OUT: "The folders of your answers are full: read and delete answers first",
}

#: asyncssh copies between two files without a pause for other sessions, so copies are not supported.
SFTPServerHandler._packet_handlers.pop(b"copy-data", None)
SFTPServerHandler._extensions = [each for each in SFTPServerHandler._extensions if each[0] != b"copy-data"]


class Home(SFTPServer):
    """The folders of the expeditor that has logged in. It can make no folder and no link."""

    def __init__(
        self,
        channel: SSHServerChannel[bytes],
        folders: Folders,
        settings: FilesSettings,
        touch: Callable[[], None],
    ) -> None:
        """Begin a session. `touch` is called at each request."""
        self._touch = touch
        self._expeditor: str = channel.get_connection().get_extra_info("username")
        self._folders, self._settings = folders, settings
        self._home = folders.home(self._expeditor)
        self._handles = 0
        self._uploads: dict[int, tuple[Path, int]] = {}  #: path and limit, by id of the file object
        super().__init__(channel, chroot=os.fsencode(self._home))

    # -- files

    def map_path(self, path: bytes) -> bytes:
        """Return the path on disk, below the folder of the expeditor; each request with a path calls it."""
        self._touch()
        return super().map_path(path)

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read a part of a file. Refuse a client that asks for more and more and takes no answer."""
        self._touch()
        if self.channel.get_write_buffer_size() > _UNSENT_BYTES:
            self._refuse("bytes", "Too many bytes were asked for and not taken")
        return cast("bytes", super().read(file_obj, offset, min(size, _READ_BYTES)))

    def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:  # noqa: ARG002 - its mode is ours
        """Open a file: to read one of its own, to write one with a right name in IN."""
        if self._handles >= _HANDLES_MOST:
            self._refuse("handles", "Too many open files")
        if not pflags & _WRITING:
            file = super().open(path, pflags, SFTPAttrs(permissions=0o600))
            self._handles += 1
            return file
        local, most = self._writable(path)
        file = super().open(path, pflags, SFTPAttrs(permissions=0o600))
        self._handles += 1
        self._folders.uploads.begin(local)
        self._uploads[id(file)] = local, most
        return file

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write data up to the limit of the file."""
        self._touch()
        _, most = self._uploads.get(id(file_obj), (None, 0))
        if offset + len(data) > most:
            self._refuse("bytes", f"The file is larger than {most} bytes")
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int), "the local file system answers at once"
        return written

    async def close(self, file_obj: object) -> None:
        """Close a file. A written file is on disk before the expeditor hears of it."""
        upload = self._uploads.pop(id(file_obj), None)
        self._handles -= 1
        try:
            if upload is not None:
                await asyncio.to_thread(os.fsync, cast("IO[bytes]", file_obj).fileno())
        finally:
            super().close(file_obj)
            if upload is not None:
                self._folders.uploads.end(upload[0])

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file in IN, to the right name of a complete file of its kind.

        Each kind has limits of its own, which were tested when the file was opened.
        """
        old, kind = self._in(oldpath)
        new, new_kind = self._in(newpath)
        if parse_name(new.name) is None:
            self._refuse("name", "This is no name of the file protocol")
        if new_kind is not kind:
            self._refuse("name", "A file cannot become one of another kind")
        if new.exists():
            self._refuse("name", "A file has this name")
        self._closed(old)
        old.rename(new)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename a file as `rename` does: it never replaces another file."""
        self.rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        """Remove a file that no session has open for writing."""
        self._closed(self._local(path))
        super().remove(path)

    def _writable(self, path: bytes) -> tuple[Path, int]:
        """Return the path of a file that may be written, and its limit in bytes."""
        local, kind = self._in(path)
        self._closed(local)
        for limit, text in _FULL.items():
            if kind is Kind.FORMS and self._expeditor in self._folders.full[limit]:
                self._refuse(limit, text)
        if self._folders.uploads.count_in(local.parent) >= _UPLOADS_MOST:
            self._refuse("handles", "Too many files are open for writing")
        return local, self._room(local, kind)

    def _room(self, path: Path, kind: Kind) -> int:
        """Return the bytes that a file may have. A full folder still takes GO and TD files."""
        limits = self._settings
        others = [entry.stat().st_size for entry in os.scandir(path.parent) if entry.name != path.name]
        if kind in (Kind.START, Kind.CANCEL):
            left, most_files = _SMALL_BYTES, 2 * limits.folder_files
        else:
            left, most_files = limits.folder_bytes - sum(others), limits.folder_files
        if len(others) >= most_files or left <= 0:
            self._refuse("folder", "The folder is full")
        return min(left, limits.file_bytes if kind is Kind.FORMS else _SMALL_BYTES)

    def _in(self, path: bytes) -> tuple[Path, Kind]:
        """Return the path and the kind of a file in IN. Refuse another folder and another name."""
        local = self._local(path)
        text = local.name
        for ending in _UNFINISHED:
            text = text.removesuffix(ending)
        name = parse_name(text)
        if local.parent != self._home / IN_FOLDER:
            self._refuse("folder", "Files can be written into the folder IN only")
        if name is None or name.sending.expeditor != self._expeditor:
            self._refuse("name", "This is no name of the file protocol for this expeditor")
        if name.sending.environment not in self._folders.environments:
            self._refuse("name", "This server is not the one of this environment")
        return local, name.kind

    def _closed(self, path: Path) -> None:
        if self._folders.uploads.is_open(path):
            self._refuse("handles", "A session writes this file")

    def _local(self, path: bytes) -> Path:
        try:
            text = path.decode()
        except UnicodeDecodeError:
            self._refuse("name", "Names have ASCII characters only")
        return self._home / normpath(f"/{text}").lstrip("/")

    def _refuse(self, reason: str, text: str) -> NoReturn:
        file_metrics.SFTP_REFUSED.labels(reason).inc()
        raise asyncssh.SFTPPermissionDenied(text)

    # -- folders and attributes

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Ignore modes and times, which client programs set after an upload."""

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Ignore modes and times."""

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """Ignore modes and times."""

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:  # noqa: ARG002
        """Refuse to make a folder."""
        self._refuse("folder", "Folders cannot be made")

    def rmdir(self, path: bytes) -> None:  # noqa: ARG002
        """Refuse to remove a folder."""
        self._refuse("folder", "Folders cannot be removed")

    def readlink(self, path: bytes) -> bytes:  # noqa: ARG002
        """Refuse to read a link: there are none."""
        self._refuse("link", "There are no links")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refuse to make a link."""
        self._refuse("link", "Links cannot be made")

    def link(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refuse to make a link."""
        self._refuse("link", "Links cannot be made")

    def statvfs(self, path: bytes) -> Any:  # noqa: ARG002
        """Refuse to tell the size of the disk."""
        raise asyncssh.SFTPOpUnsupported("not supported")

    def fstatvfs(self, file_obj: object) -> Any:  # noqa: ARG002
        """Refuse to tell the size of the disk."""
        raise asyncssh.SFTPOpUnsupported("not supported")
