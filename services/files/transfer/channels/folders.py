"""Folders on disk, for expeditors and for files in work.

home/<expeditor>/IN, OUT, …   the view of an expeditor over SFTP
taken/<name>                  files that were taken out of an IN folder
spool/<ticket>                files with a ticket, until their forms are submitted
unfinished/<name>             answers that are being written, and uploads that are not committed
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Final, Self

from services.files.transfer.channels.uploads import Uploads
from services.files.transfer.rules import (
    IN_FOLDER,
    OUT_FOLDERS,
    Environment,
    FileName,
    Kind,
    Sending,
    parse_name,
)
from shared.topology import Deployment

CHUNK_BYTES: Final = 256 * 1024


class Limit(StrEnum):
    """Limits of an expeditor. At each of them it may upload no further file."""

    BACKLOG = "backlog"  #: its files in work
    OUT = "out"  #: its answers in OUT


_BLOCK_BYTES: Final = 4096  #: of a disk


@dataclass(slots=True)
class Incoming:
    """The files of one sending in a folder IN: its GO and TD files, and the paths of its FI and FS files."""

    waits_since: float = inf  #: the modification time of the GO file, in seconds since 1970; without it ∞
    commands: dict[Kind, FileName] = field(default_factory=dict)
    files: dict[Kind, list[Path]] = field(default_factory=lambda: {Kind.FORMS: [], Kind.SIGNATURE: []})


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a deployment."""

    root: Path
    environments: Collection[Environment]  #: environments of the deployment
    uploads: Uploads
    full: dict[Limit, frozenset[str]]  #: the expeditors that have reached a limit

    @classmethod
    def of(cls, root: Path, deployment: Deployment) -> Folders:
        """Return the folders of a deployment. `make` makes them."""
        tests = (Environment.TEST, Environment.SIMULATION)
        environments = tests if deployment.is_simulation else (Environment.PRODUCTION,)
        return cls(root, environments, Uploads(), dict.fromkeys(Limit, frozenset()))

    @property
    def first_environment(self) -> Environment:
        """Return the environment of files that answer no file of an expeditor."""
        return next(iter(self.environments))

    def make(self) -> Self:
        """Make the folders that are missing, and return this object."""
        for folder in (self._taken, self._spool, self._unfinished):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    @property
    def _taken(self) -> Path:
        return self.root / "taken"

    @property
    def _spool(self) -> Path:
        return self.root / "spool"

    @property
    def _unfinished(self) -> Path:
        return self.root / "unfinished"

    def home(self, expeditor: str) -> Path:
        """Make the folders of an expeditor, if necessary, and return the folder that contains them."""
        home = self.root / "home" / expeditor
        for folder in (IN_FOLDER, *(OUT_FOLDERS[each] for each in self.environments)):
            (home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    def spooled(self, ticket: str) -> Path:
        """Return the path of a file with a ticket."""
        return self._spool / ticket

    # -- IN

    def path_in(self, expeditor: str, name: str) -> Path:
        """Return the path of a file in the folder IN of an expeditor."""
        return self.root / "home" / expeditor / IN_FOLDER / name

    def scan(self, expeditor: str) -> dict[Sending, Incoming]:
        """Return the sendings in IN, in the order of their names. Call it in a thread.

        Names that are no names of the protocol are skipped: such a file is not complete yet.
        """
        found: dict[Sending, Incoming] = {}
        for path, stat in _entries(self.home(expeditor) / IN_FOLDER):
            if (name := parse_name(path.name)) is None:
                continue
            incoming = found.setdefault(name.sending, Incoming())
            if name.kind in incoming.files:
                incoming.files[name.kind].append(path)
                continue
            incoming.commands[name.kind] = name
            if name.kind is Kind.START:
                incoming.waits_since = stat.st_mtime
        order = sorted(found, key=lambda sending: (sending.created_on, sending.serial, sending.number))
        return {sending: found[sending] for sending in order}

    def is_complete(self, command: FileName) -> bool:
        """Return whether no session writes a GO or TD file."""
        return not self.uploads.is_open(self.path_in(command.sending.expeditor, command.text))

    def begin(self, command: FileName, incoming: Incoming) -> bool:
        """Take a GO file out of IN. Return False if a file of its sending is missing, open or in work.

        This also holds for a file that was removed or opened after the scan.
        """
        start = self.path_in(command.sending.expeditor, command.text)
        files = incoming.files[Kind.FORMS]
        signed = not any(map(self.uploads.is_open, incoming.files[Kind.SIGNATURE]))
        ready = files and signed and start.exists() and all(map(self._can_be_taken, files))
        if ready:
            start.replace(self._taken / command.text)
        return bool(ready)

    def _can_be_taken(self, path: Path) -> bool:
        return path.exists() and not self.uploads.is_open(path) and not self._target(path).exists()

    def take_sending(self, command: FileName, incoming: Incoming) -> None:
        """Take the FS and then the FI files of a sending out of IN, after its GO file."""
        for path in (*incoming.files[Kind.SIGNATURE], *incoming.files[Kind.FORMS]):
            if path.exists() and not self._target(path).exists():
                path.rename(self._target(path))
        (self._taken / command.text).unlink()

    def drop_sending(self, command: FileName, incoming: Incoming) -> None:
        """Delete the files of a sending in IN, its GO file, and last the TD file that names it."""
        for files in incoming.files.values():
            for path in files:
                path.unlink(missing_ok=True)
        td = self.path_in(command.sending.expeditor, command.text)
        td.with_name(f"{Kind.START}{command.text[2:]}").unlink(missing_ok=True)
        td.unlink(missing_ok=True)

    def _target(self, path: Path) -> Path:
        return self._taken / path.name

    # -- in work

    def taken(self) -> list[FileName]:
        """Return the files that were taken and have no ticket yet, GO files first."""
        names = [name for path in self._taken.iterdir() if (name := parse_name(path.name))]
        return sorted(names, key=lambda name: name.text, reverse=True)

    def content_of(self, name: FileName) -> Path:
        """Return the path of a file that was taken."""
        return self._taken / name.text

    def signature_of(self, name: FileName) -> bytes | None:
        """Return the content of the FS file of an FI file that was taken; None if it was not sent."""
        try:
            return (self._taken / f"{Kind.SIGNATURE}{name.text[2:]}").read_bytes()
        except FileNotFoundError:
            return None

    def drop_signatures(self) -> None:
        """Delete taken FS files without a taken FI file."""
        for path in self._taken.glob(f"{Kind.SIGNATURE}.*"):
            if not path.with_name(f"{Kind.FORMS}{path.name[2:]}").exists():
                path.unlink(missing_ok=True)

    def spool(self, name: FileName, ticket: str) -> None:
        """Move a file that was taken to its ticket."""
        self.content_of(name).rename(self.spooled(ticket))

    def drop(self, name: FileName) -> None:
        """Delete a file that was taken."""
        self.content_of(name).unlink()

    def tickets(self) -> set[str]:
        """Return the tickets of the files in the spool."""
        return {path.name for path in self._spool.iterdir()}

    def is_spooled(self, ticket: str) -> bool:
        """Return whether the content of a file with a ticket is here."""
        return self.spooled(ticket).exists()

    def unspool(self, ticket: str) -> None:
        """Delete the content of a file with a ticket."""
        self.spooled(ticket).unlink(missing_ok=True)

    def keep(self, ticket: str, content: bytes) -> None:
        """Write the content of an uploaded file to disk. It is not in work before `promote`."""
        with (self._unfinished / ticket).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def promote(self, ticket: str) -> None:
        """Put an uploaded file into work, after its row is committed; do nothing if it is there already."""
        with suppress(FileNotFoundError):
            (self._unfinished / ticket).rename(self.spooled(ticket))

    def forget(self, ticket: str) -> None:
        """Delete the content of an uploaded file that repeats an earlier one."""
        (self._unfinished / ticket).unlink(missing_ok=True)

    # -- OUT

    def write_answer(self, folder: Path, name: str, chunks: Iterator[bytes]) -> None:
        """Write a file into a folder under a temporary name of ours, and rename it when it is complete.

        An empty GO file follows, as a sign for the expeditor that the file is complete.
        """
        unfinished = self._unfinished / f"{folder.parent.name}.{name}"
        with unfinished.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(folder / name)
        (folder / name.replace("FO.", "GO.", 1)).touch()

    def size_of_answers(self, expeditor: str) -> int:
        """Return the bytes on disk of the answers that an expeditor has not removed. Call it in a thread.

        A file takes at least one block, so that a limit of bytes also limits the number of files.
        """
        home = self.home(expeditor)
        folders = [home / OUT_FOLDERS[each] for each in self.environments]
        return sum(max(stat.st_size, _BLOCK_BYTES) for folder in folders for _, stat in _entries(folder))

    def is_removed(self, expeditor: str, folder: str, name: str) -> bool:
        """Return whether an answer has left its folder; False without a folder. Call it in a thread."""
        place = self.root / "home" / expeditor / folder
        return place.is_dir() and not (place / name).exists()

    def delete_answers(self, seconds: float) -> int:
        """Delete answers that no expeditor has removed for this time. Return their number."""
        names = [OUT_FOLDERS[each] for each in self.environments]
        old = [path for name in names for path in _older(self.root.glob(f"home/*/{name}"), seconds)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def find_unfinished(self, seconds: float) -> list[Path]:
        """Return the files in `unfinished`, and those in IN without a right name, that did not grow for long.

        Call it in a thread. `seconds` is the time since their last byte.
        """
        partial = _older(self.root.glob(f"home/*/{IN_FOLDER}"), seconds)
        return [
            *_older([self._unfinished], seconds),
            *(path for path in partial if parse_name(path.name) is None),
        ]


def _older(folders: Iterable[Path], seconds: float) -> Iterator[Path]:
    """Yield the files in folders with a last modification before this time."""
    oldest = time.time() - seconds
    for folder in folders:
        yield from (path for path, stat in _entries(folder) if stat.st_mtime < oldest)


def _entries(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files in a folder, without those that are removed meanwhile."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                yield Path(entry.path), entry.stat()


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield the content of a file."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def digest(path: Path) -> tuple[bytes, int]:
    """Return the SHA-256 of a file, and its size in bytes. Call it in a thread."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest(), file.tell()
