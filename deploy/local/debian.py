"""Programs of Debian packages, unpacked in the user's cache when the package is not installed.

Nothing is ever installed: packages are downloaded (`apt-get download`, with lists refreshed in a private
folder when the machine has none) and unpacked (`dpkg -x`). An ordinary user may do all of it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: Beginnings of the names of dependencies that are always fetched. Shared libraries (`lib…`) are fetched only
#: if they are not installed.
_FAMILIES: Final = ("erlang-", "rabbitmq-", "espeak-", "chromium-")
#: Folders of libraries. PulseAudio, which espeak-ng is linked with, has one of its own.
_LIBRARIES: Final = ("usr/lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/pulseaudio")
_PROMTOOL: Final = "/usr/bin/promtool"


class Unavailable(RuntimeError):
    """The error for a program that is neither installed nor can be fetched; the text names the remedy."""


def cache_folder() -> Path:
    """Return the folder of unpacked packages. Raise `Unavailable` when it cannot be written."""
    base = os.environ.get("XDG_CACHE_HOME") or str(
        Path(os.environ.get("HOME") or "~").expanduser() / ".cache"
    )
    folder = Path(base) / "dimona"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        raise Unavailable(f"cannot write {folder}: set XDG_CACHE_HOME to a folder you may write to")
    return folder


def tree(package: str, path: str) -> Path:
    """Return the root folder under which `path` (as in `dpkg -L`, "/usr/bin/x") of a package exists.

    The root is "/" if the package is installed, else a folder of the cache. If the package is in neither
    place, it is downloaded into the cache. Raise `Unavailable` if this fails, or if the package does not
    contain the path.
    """
    if _installed(package) and Path(path).exists():
        return Path("/")
    folder = cache_folder() / "debian" / f"{_release()}-{platform.machine()}"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        root = folder / package
        if not root.exists():
            _fetch(package, root)
    if not (root / path.lstrip("/")).exists():
        raise Unavailable(f"the package {package} has no {path}; {_advice(package)}")
    return root


def binary(package: str, path_in_package: str) -> Path:
    """Return the path of a program of a package: `binary("prometheus", "/usr/bin/prometheus")`.

    Download the package if it is not installed. Raise `Unavailable` if this fails.
    """
    return tree(package, path_in_package) / path_in_package.lstrip("/")


def promtool() -> Path:
    """Return the path of the program promtool.

    Up to Debian 12 it is part of the package prometheus; since Debian 13 it has a package of its own. Raise
    `Unavailable` if promtool is neither installed nor can be fetched.
    """
    try:
        return binary("prometheus", _PROMTOOL)
    except Unavailable:
        return binary("promtool", _PROMTOOL)


def library_path(root: Path) -> str:
    """Return the LD_LIBRARY_PATH for programs of `root`: the folders with libraries that are unpacked there.

    Return an empty text if `root` is "/".
    """
    if root == Path("/"):
        return ""
    folders = {folder for pattern in _LIBRARIES for folder in root.glob(pattern)}
    return ":".join(sorted(map(str, folders)))


def _release() -> str:
    """Return the code name of the Debian release, or "unknown". Each release has a folder in the cache."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "unknown")
    except OSError:
        return "unknown"


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip() == "installed"


def _advice(package: str) -> str:
    return f"as root, run: apt-get update && apt-get install -y --no-install-recommends {package}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(package: str, root: Path) -> None:
    """Download a package and its dependencies, and unpack all of them as `root`, completely or not at all.

    Raise `Unavailable` if apt or dpkg is missing or fails.
    """
    for tool in ("apt-get", "apt-cache", "dpkg"):
        if shutil.which(tool) is None:
            raise Unavailable(
                f"{package} is missing, and so is {tool} to fetch it: install {package} by hand"
            )
    print(f"fetching {package} from the Debian mirror (once per machine) …", flush=True)
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=f"{package}.") as work:
        apt = _Apt(Path(work))
        unpacked = Path(work) / "root"
        try:
            for deb in apt.download(package):
                command = ["dpkg", "-x", str(deb), str(unpacked)]
                subprocess.run(command, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout or "").strip().splitlines()[-3:]
            raise Unavailable("\n".join([*said, f"cannot fetch {package}; {_advice(package)}"])) from error
        _relocate(unpacked, root)
        unpacked.chmod(0o755)
        unpacked.rename(root)


def _relocate(unpacked: Path, root: Path) -> None:
    """Replace the root folder of Erlang, an absolute path in its start scripts, by one under `root`."""
    for script in (*unpacked.glob("usr/lib/erlang/bin/*"), *unpacked.glob("usr/lib/erlang/erts-*/bin/*")):
        if script.is_file() and not script.is_symlink():
            old = script.read_bytes()
            if old.startswith(b"#!"):
                script.write_bytes(old.replace(b"=/usr/lib/erlang", f"={root}/usr/lib/erlang".encode()))


def _wanted(dependency: str) -> bool:
    if dependency.startswith(_FAMILIES):
        return True
    return dependency.startswith("lib") and not dependency.startswith("libjs-") and not _installed(dependency)


class _Apt:
    """A runner of apt commands, with lists and cache in a private folder."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._lists = Path("/var/lib/apt/lists")

    def download(self, package: str) -> list[Path]:
        """Download a package with its dependencies, and return the .deb files.

        If this fails, refresh the lists of packages and try once more. Raise CalledProcessError if
        the second try fails too.
        """
        try:
            return self._download(package)
        except subprocess.CalledProcessError:
            self._refresh()
            return self._download(package)

    def _refresh(self) -> None:
        self._lists = self._work / "lists"
        (self._lists / "partial").mkdir(parents=True)
        # A source of a third party may be out of reach; the download afterwards decides.
        self._run("apt-get", "-q", "update", check=False)

    def _download(self, package: str) -> list[Path]:
        folder = self._work / "debs"
        folder.mkdir(exist_ok=True)
        self._run("apt-get", "-q", "download", *self._closure(package), cwd=folder)
        return sorted(folder.glob("*.deb"))

    def _closure(self, package: str) -> list[str]:
        found: set[str] = set()
        todo = {package}
        while todo:
            found |= todo
            todo = {name for name in self._depends(sorted(todo)) - found if _wanted(name)}
        return sorted(found)

    def _depends(self, packages: list[str]) -> set[str]:
        lines = self._run("apt-cache", "depends", "--important", *packages).splitlines()
        names = {line.partition(":")[2].strip() for line in lines if "Depends:" in line}
        return {name for name in names if not name.startswith("<")}

    def _run(self, *command: str, check: bool = True, cwd: Path | None = None) -> str:
        cache = self._work / "cache"
        (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        options = {
            "Dir::State::lists": self._lists,
            "Dir::Cache": cache,
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": 2,
            "Acquire::http::Timeout": 30,
        }
        arguments = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        environment = {**os.environ, "LC_ALL": "C"}
        done = subprocess.run(
            [command[0], *arguments, *command[1:]],
            check=check, cwd=cwd, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout
