"""Check the units: their syntax and exposure with systemd-analyze, their users, and the target."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.check.tools import faults
from deploy.local import debian
from deploy.processes import PROCESSES
from shared.runtime.service import DRAIN_SECONDS

FOLDER: Final = "deploy/systemd"
_ANALYZE: Final = "/usr/bin/systemd-analyze"
_UNITS: Final = "usr/lib/systemd/system"
#: The largest exposure of a unit, on the scale of systemd-analyze from 0 (none) to 100.
_EXPOSURE: Final = 15
_JOBS: Final = ("dimona-migrate.service", "dimona-topology.service")
_PROGRAM: Final = "opt/dimona/venv/bin/python3"


def _names() -> tuple[str, ...]:
    return (*(f"dimona@{name}.service" for name in PROCESSES), *_JOBS)


@contextmanager
def _installed(root: Path) -> Iterator[tuple[Path, list[str], dict[str, str]]]:
    """Install the units in a root folder of their own; yield it with the program and its environment."""
    tree = debian.tree("systemd", _ANALYZE)
    with tempfile.TemporaryDirectory(prefix="dimona-units.") as work:
        place = Path(work)
        shutil.copytree(tree / _UNITS, place / _UNITS, symlinks=True, ignore_dangling_symlinks=True)
        shutil.copytree(
            root / FOLDER, place / "etc/systemd/system", ignore=shutil.ignore_patterns("*.conf", "env")
        )
        for folder in (root / FOLDER).glob("*.d"):
            shutil.copytree(folder, place / "etc/systemd/system" / folder.name, dirs_exist_ok=True)
        program = place / _PROGRAM
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        libraries = (
            f"{debian.library_path(tree)}:{tree}/usr/lib/x86_64-linux-gnu/systemd:{tree}/usr/lib/systemd"
        )
        env = {} if tree == Path("/") else {"LD_LIBRARY_PATH": libraries}
        yield place, [str(tree / _ANALYZE.lstrip("/")), f"--root={place}", "--man=no"], env


def syntax(root: Path) -> list[str]:
    """Return the findings of `systemd-analyze verify` for the target, the jobs and each process."""
    with _installed(root) as (_, command, env):
        return faults([*command, "--recursive-errors=no", "verify", "dimona.target", *_names()], env=env)


def exposure(root: Path) -> list[str]:
    """Return the units that `systemd-analyze security` finds less confined than allowed."""
    with _installed(root) as (_, command, env):
        options = ["--offline=true", f"--threshold={_EXPOSURE}", "security"]
        return [
            f"{name}: {line}"
            for name in (_names()[0], *_JOBS)
            for line in faults([*command, *options, name], env=env)[-1:]
        ]


def processes(root: Path) -> list[str]:
    """Return the processes without unit, user or folder, and whether a drain would be cut off."""
    folder = root / FOLDER
    target = (folder / "dimona.target").read_text()
    users = set(re.findall(r"^u (\S+)", (folder / "sysusers.conf").read_text(), re.MULTILINE))
    folders = set(re.findall(r"^Z (\S+) \S+ (\S+)", (folder / "tmpfiles.conf").read_text(), re.MULTILINE))
    wanted = {*PROCESSES, "owner"}
    named = set(re.split(r"[\s=]", target))
    in_sandbox = {f"dimona@{name}.service" for name, process in PROCESSES.items() if process.simulation}
    lines = [f"the target does not want {name}" for name in _names() if name not in named | in_sandbox]
    lines += [f"no user dimona-{name}" for name in sorted(wanted) if f"dimona-{name}" not in users]
    lines += [
        f"the secrets of {name} are not given to its user"
        for name in sorted(wanted)
        if (f"/etc/dimona/secrets/{name}", f"dimona-{name}") not in folders
    ]
    service = (folder / "dimona@.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", service, re.MULTILINE)
    if stop is None or int(stop[1]) < 3 * DRAIN_SECONDS:
        lines.append("a service is killed during its drain")
    for name, process in PROCESSES.items():
        if process.volume and not (folder / f"dimona@{name}.service.d/folder.conf").exists():
            lines.append(f"{name} has no folder for {process.volume}")
    return lines
