"""OpenSSH's own client `sftp`, of the Debian package openssh-client."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from deploy.local import debian

PACKAGE = "openssh-client"


def program() -> Path:
    """Return the root folder of the package. Skip the test, with the reason, if it cannot be had."""
    try:
        return debian.tree(PACKAGE, "/usr/bin/sftp")
    except debian.Unavailable as error:
        pytest.skip(f"no client to test with: {error}")


def sftp(
    port: int, user: str, key: Path, commands: Sequence[str], *, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a batch of commands; the first failure ends it with an exit code above 0.

    Args:
        port: The port of the server at 127.0.0.1.
        user: The name for the login.
        key: The file of the private key.
        commands: Commands, such as `put /tmp/file IN/name`. A dash before a command ignores its failure.
        seconds: The longest time for all commands.
    """
    root = program()
    options = {
        "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "IdentitiesOnly": "yes",
        "IdentityAgent": "none", "PasswordAuthentication": "no", "LogLevel": "ERROR",
    }  # fmt: skip
    argv = [
        str(root / "usr/bin/sftp"), "-S", str(root / "usr/bin/ssh"), "-F", "/dev/null", "-b", "-",
        "-P", str(port), "-i", str(key),
        *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
        f"{user}@127.0.0.1",
    ]  # fmt: skip
    return subprocess.run(
        argv, input="\n".join(commands) + "\n", capture_output=True, text=True, check=False, timeout=seconds,
        env={"LD_LIBRARY_PATH": debian.library_path(root), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
