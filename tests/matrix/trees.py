"""Trees of Debian releases with packages installed in them, and commands that run inside.

A tree is a folder of the user's cache: made once, then kept. A command runs in namespaces of mounts and
processes of its own, so that nothing stays mounted and no process outlives it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.check.base import base_tree
from deploy.local import debian

PLACE: Final = "/srv/dimona"  #: the checkout in a tree
_CACHE_OF_UV: Final = "var/cache/uv"
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_ENVIRONMENT: Final = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "UV_CACHE_DIR": f"/{_CACHE_OF_UV}",
    "UV_LINK_MODE": "copy",
}
_ENTER: Final = """\
set -e
tree=$1; cache=$2; shift 2
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount --bind "$cache" "$tree/var/cache/uv"
exec chroot "$tree" "$@"
"""
#: No server is started by the installation of its package, and PostgreSQL makes no cluster.
_QUIET: Final = {
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
    "etc/postgresql-common/createcluster.conf": "create_main_cluster = false\n",
}
#: A mirror may be weeks behind. The signatures of its lists are verified all the same.
_INSTALL: Final = """\
apt-get -q -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false update
apt-get -q -y -o Dpkg::Options::=--force-confold install --no-install-recommends "$@"
apt-get clean
"""


class TreeError(RuntimeError):
    """The error for a command in a tree that failed; the text has the end of its output."""


def tree(release: str, packages: Sequence[str]) -> Path:
    """Return the tree of a release with packages; make it, or install those that it lacks.

    Raise `debian.Unavailable` without the rights of root or without a base, TreeError if apt fails.
    """
    base = base_tree(f"debian:{release}-slim")
    place = base.with_name(f"{release}-matrix")
    if not place.exists():
        unfinished = place.with_name(f"{place.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(unfinished)], check=True)
        unfinished.rename(place)
    missing = [name for name in packages if not (place / f"var/lib/dpkg/info/{name}.list").exists()]
    if missing:
        for name, text in _QUIET.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
            (place / name).chmod(0o755)
        print(f"installing {', '.join(missing)} in the tree of {release} …", flush=True)  # noqa: T201
        run(place, ["/bin/sh", "-ec", _INSTALL, "sh", *missing], seconds=900)
    return place


def run(
    place: Path,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    seconds: float,
    log: Path | None = None,
) -> str:
    """Run a command in a tree, and return its output. Raise TreeError if it fails or takes too long.

    Args:
        place: The tree.
        command: The program, as a path in the tree, and its arguments.
        environment: Variables beside those that every command gets.
        seconds: The time after which the command and its children are ended.
        log: A file that gets the output while the command runs.
    """
    shutil.copy("/etc/resolv.conf", place / "etc/resolv.conf")
    (place / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (place / _CERTIFICATES.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_CERTIFICATES, place / _CERTIFICATES.relative_to("/"))
    (place / _CACHE_OF_UV).mkdir(parents=True, exist_ok=True)
    cache = debian.cache_folder().with_name("uv")
    cache.mkdir(exist_ok=True)
    whole = [
        "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
        "/bin/sh", "-c", _ENTER, "sh", str(place), str(cache), *command,
    ]  # fmt: skip
    proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    given = _ENVIRONMENT | proxies | dict(environment or {})
    try:
        with (log or Path(os.devnull)).open("w+") as file:
            output = file if log else subprocess.PIPE
            done = subprocess.run(
                whole, env=given, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                text=True, check=False, timeout=seconds,
            )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise TreeError(f"{command[0]} took longer than {seconds:.0f} s") from error
    said = log.read_text() if log else done.stdout
    if done.returncode != 0:
        raise TreeError(said[-1500:].strip())
    return said


def copy_checkout(root: Path, place: Path) -> None:
    """Copy the files of a checkout that Git knows or would add into a tree; keep an earlier `.venv` there.

    The copy is a repository without commits, because some tests list its files.
    """
    target = place / PLACE.lstrip("/")
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.name != ".venv":
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    subprocess.run(["git", "init", "-q", str(target)], check=True)
