"""Run processes from the tree of an image as a container engine would, and play the demonstration on them.

A process gets a mount namespace of its own with a read-only root, `/run/secrets`, its volumes and a `/tmp` in
memory. It runs as the user of the image, without capabilities, and cannot gain any.
"""

from __future__ import annotations

import http.client
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

from deploy.check.replay import Image
from deploy.local.demo.__main__ import played
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from deploy.local.supervisor import Process
from deploy.processes import PROCESSES

_SECRETS: Final = "/run/secrets"
_PROBES: Final = ("/livez", "/readyz", "/health", "/metrics")
#: Mounts the tree read-only, then each pair SOURCE=TARGET in it, and becomes the process.
_SCRIPT: Final = """\
set -e
tree=$1; user=$2; folder=$3; shift 3
mount --bind "$tree" "$tree"
mount -o remount,bind,ro "$tree"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$tree/tmp"
mount -t proc proc "$tree/proc"
while [ "$1" != -- ]; do
    mount --bind "${1%%=*}" "$tree${1#*=}"
    shift
done
shift
exec /usr/sbin/chroot "$tree" /usr/bin/setpriv --reuid "$user" --regid "$user" --clear-groups \\
    --bounding-set=-all --inh-caps=-all --no-new-privs /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"
"""


def command(image: Image, mounts: Mapping[Path, str], *arguments: str) -> list[str]:
    """Return the command that runs the entry point of an image with arguments.

    `mounts` has for each folder of this machine its place in the container.
    """
    for place in mounts.values():
        (image.tree / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
    pairs = [f"{source}={place}" for source, place in mounts.items()]
    user = image.user.partition(":")[0]
    return [
        "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", _SCRIPT, "sh",
        str(image.tree), user, image.folder, *pairs, "--", *image.entrypoint, *arguments,
    ]  # fmt: skip


def run(image: Image, mounts: Mapping[Path, str], environment: Mapping[str, str], *arguments: str) -> str:
    """Run a job of an image to its end, and return its output. Raise RuntimeError if it fails."""
    done = subprocess.run(
        command(image, mounts, *arguments), env={**image.environment, **environment},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {(done.stdout + done.stderr)[-800:]}")
    return done.stdout


def play(image: Image, folder: Path) -> Iterator[str]:
    """Run all services and jobs of an image beside two local servers, and play the demonstration.

    Yield a line for each thing shown. Raise RuntimeError if one fails.
    """
    stack = Stack(folder / "stack", services=())
    stack.start()
    try:
        endpoints = stack.endpoints
        yield _migrated(image, endpoints, folder)
        names = [name for name, process in PROCESSES.items() if not process.simulation]
        for name in names:
            stack.add(_process(image, endpoints, name, folder), _answers(endpoints, name))
        for name in names:
            stack.ready(name, 60)
            yield f"{name}: {', '.join(_PROBES)} answer; {_confinement(stack.pid(name))}"
        yield f"the demonstration on the processes of the image: {_demonstrated(stack.folder)}"
    finally:
        stack.stop()


def _demonstrated(folder: Path) -> str:
    """Play the demonstration on a stack, and return its last line. Raise RuntimeError if it went wrong."""
    said = io.StringIO()
    with redirect_stdout(said):
        well = played(folder / "endpoints.json")
    if not well:
        raise RuntimeError(said.getvalue()[-3000:])
    return said.getvalue().strip().splitlines()[-1]


def _migrated(image: Image, endpoints: Endpoints, folder: Path) -> str:
    secrets = folder / "secrets" / "owner"
    secrets.mkdir(parents=True)
    (secrets / "dimona_database_dsn").write_text(endpoints.postgres_dsn)
    _give(secrets, image)
    said = run(image, {secrets: _SECRETS}, {}, "services.cli.main", "migrate")
    return f"job migrate: {said.strip()}"


def _process(image: Image, endpoints: Endpoints, name: str, folder: Path) -> Process:
    secrets = folder / "secrets" / name
    shutil.copytree(endpoints.secrets / name, secrets)
    _give(secrets, image)
    mounts = {secrets: _SECRETS}
    environment = {**image.environment, **_local(endpoints.environment(name))}
    if volume := PROCESSES[name].volume:
        place = Path(environment[f"DIMONA_{volume.upper()}"])
        place.mkdir(parents=True, exist_ok=True)
        _give(place, image)
        mounts[place] = str(place)
    return Process(name, command(image, mounts, PROCESSES[name].module), environment)


def _local(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process of the local stack that are not those of the image."""
    of_image = ("PATH", "DIMONA_SECRETS_DIR", "DIMONA_DOCUMENTATION")
    kept = {name: value for name, value in environment.items() if name not in of_image}
    return {**kept, "DIMONA_OPS_HOST": "127.0.0.1"}


def _give(folder: Path, image: Image) -> None:
    """Give a folder and all in it to the user of the image."""
    user, _, group = image.user.partition(":")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, int(user), int(group))


def _answers(endpoints: Endpoints, name: str) -> _Probe:
    return _Probe(endpoints.ports[name].ops)


class _Probe:
    """The probes of a process: a call returns whether each of them answers with 200."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self) -> bool:
        return all(self._status(path) == 200 for path in _PROBES)

    def _status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def _confinement(pid: int) -> str:
    """Return how a process is confined. Raise RuntimeError if it could change its root or gain rights."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
    root = next(fields[3] for fields in reversed(mounts) if fields[1] == "/")
    user = status["Uid"].split()[0]
    if user == "0" or int(status["CapEff"], 16) or status["NoNewPrivs"] != "1":
        raise RuntimeError(f"process {pid} runs as {user} with capabilities {status['CapEff']}")
    if "ro" not in root.split(","):
        raise RuntimeError(f"the root of process {pid} is not read-only")
    return f"user {user}, no capabilities, read-only root"
