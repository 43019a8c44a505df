"""Files for outside readers, written below a folder without following links.

A reader may own its folder and make links there. So each folder on the way is opened without following a
link, drafts lie in a folder of our own, and a file gets its name only when it is complete and on the disk.
The folders must lie in one file system.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from stat import S_ISREG
from typing import Final, TypeVar

T = TypeVar("T")

_DRAFTS: Final = ".drafts"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DRAFT: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_EXISTING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


async def in_thread(function: Callable[[], T]) -> T:
    """Run a blocking function in a new thread and return its result. The thread ends with the function."""
    with ThreadPoolExecutor(1) as executor:
        return await asyncio.get_running_loop().run_in_executor(executor, function)


def write_once(root: Path, folders: Sequence[str], name: str, content: bytes) -> str:
    """Write a file completely or not at all, and flush it to disk.

    A file with equal content stays as it is. If the name belongs to a file with other content, or to a link
    or folder, a digest of the content is added to the name.

    Args:
        root: The folder of all files; the operator may make it a link.
        folders: The names of the folders below the root, one inside another. Missing folders are made.
        name: The name of the file.
        content: The content.

    Returns:
        The path of the file below the root.

    Raises:
        OSError: The file cannot be written, for example because a folder is a link.
    """
    root.mkdir(mode=0o750, parents=True, exist_ok=True)
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _opened(top, [_DRAFTS], 0o700) as drafts, _opened(top, folders, 0o750) as folder:
            final = _write(drafts, folder, name, content)
    finally:
        os.close(top)
    return str(PurePath(*folders, final))


def delete(root: Path, files: Iterable[str]) -> None:
    """Delete files by their paths below the root, as `write_once` returns them.

    Files, and the root, may be missing. Raise OSError if a file cannot be deleted, for example because a
    folder on the way is a link.
    """
    try:
        top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        for file in files:
            *folders, name = PurePath(file).parts
            with suppress(FileNotFoundError), _opened(top, folders, 0o750) as folder:
                os.unlink(name, dir_fd=folder)
    finally:
        os.close(top)


@contextmanager
def _opened(top: int, folders: Sequence[str], mode: int) -> Iterator[int]:
    """Open a folder below `top` without following links, and yield its descriptor.

    `folders` are the names on the way to it. Missing folders are made with the permissions `mode`.
    """
    current = os.dup(top)
    try:
        for name in folders:
            with suppress(FileExistsError):
                os.mkdir(name, mode, dir_fd=current)
            following = os.open(name, _FOLDER, dir_fd=current)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _write(drafts: int, folder: int, name: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:16]
    stem, dot, suffix = name.rpartition(".")
    for final in (name, f"{stem}.{digest}{dot}{suffix}"):
        if _holds(folder, final, content):
            return final
        draft = f"{digest}.{os.getpid()}.{final}"
        _write_draft(drafts, draft, content)
        try:
            os.link(draft, final, src_dir_fd=drafts, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            continue
        finally:
            os.unlink(draft, dir_fd=drafts)
        os.fsync(folder)
        return final
    raise FileExistsError("the name has another content")


def _holds(folder: int, name: str, content: bytes) -> bool:
    """Return whether a regular file with this name has this content."""
    try:
        existing = os.open(name, _EXISTING, dir_fd=folder)
    except OSError:  # missing, or a link
        return False
    with os.fdopen(existing, "rb") as file:
        status = os.fstat(file.fileno())
        return S_ISREG(status.st_mode) and status.st_size == len(content) and file.read() == content


def _write_draft(drafts: int, name: str, content: bytes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=drafts)  # left by a process that was killed
    with os.fdopen(os.open(name, _DRAFT, 0o640, dir_fd=drafts), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o640)
