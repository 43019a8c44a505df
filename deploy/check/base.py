"""The tree of a Debian release, made by debootstrap: the content of the image `debian:<release>-slim`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from deploy.local import debian

MIRROR: Final = "http://deb.debian.org/debian"
_SCRIPT: Final = "/usr/sbin/debootstrap"
_NEWEST: Final = "sid"  #: its script makes releases that are newer than this debootstrap
_KEYS: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def release_of(image: str) -> str:
    """Return the release of `debian:<release>-slim`. Raise `Unavailable` for another image."""
    name, _, tag = image.partition(":")
    if name != "debian" or not tag.endswith("-slim"):
        raise debian.Unavailable(f"only images debian:<release>-slim can be made here, not {image}")
    return tag.removesuffix("-slim")


def base_tree(image: str) -> Path:
    """Return a folder of the cache with the tree of an image; it is made once per machine.

    Raise `Unavailable` without the rights of root, or if debootstrap fails.
    """
    release = release_of(image)
    tree = debian.cache_folder() / "trees" / release
    if tree.exists():
        return tree
    if os.geteuid() != 0:
        raise debian.Unavailable("the steps of the image need the rights of root (chroot)")
    tools = debian.tree("debootstrap", _SCRIPT)
    print(f"making the tree of {image} with debootstrap (once per machine) …", flush=True)
    unfinished = tree.with_name(f"{release}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    # In a mount namespace of its own, so that no /proc stays mounted in the tree.
    scripts = tools / "usr/share/debootstrap/scripts"
    script = release if (scripts / release).exists() else _NEWEST
    command = [
        "unshare", "--mount", "--propagation", "private",
        str(tools / _SCRIPT.lstrip("/")), "--variant=minbase", f"--keyring={_KEYS}", release,
        str(unfinished), MIRROR, str(scripts / script),
    ]  # fmt: skip
    environment = {**os.environ, "DEBOOTSTRAP_DIR": str(tools / "usr/share/debootstrap")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise debian.Unavailable(f"debootstrap {release}: {(done.stdout + done.stderr)[-800:]}")
    unfinished.rename(tree)
    return tree
