"""Carry out the steps of a Dockerfile in trees of files, without a container engine.

Each stage gets a copy of its base. RUN is executed in it with chroot, COPY copies, and ENV, WORKDIR and USER
have their effect. The certificates of this machine are there during RUN only, for a mirror behind a proxy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.check.base import base_tree
from deploy.check.dockerfile import Instruction, Stage, context, parse

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_LENT: Final = "replay-certificates.pem"
_SECONDS: Final = 900.0  #: for one RUN
_RUN: Final = """\
mount -t proc proc "$1/proc" && exec chroot "$1" /bin/sh -c 'cd "$1" && eval "$2"' sh "$2" "$3"
"""


class ReplayError(RuntimeError):
    """The error for a step that failed; the text has the step and the end of its output."""


@dataclass(frozen=True, slots=True)
class Image:
    """A finished stage: its tree, and how a process runs in it."""

    tree: Path
    environment: Mapping[str, str]
    folder: str
    user: str
    entrypoint: tuple[str, ...]


@dataclass(slots=True)
class _Building:
    tree: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    folder: str = "/"
    user: str = "0"

    def inside(self, path: str) -> Path:
        return self.tree / str(Path(self.folder, path)).lstrip("/")


def replay(root: Path, work: Path) -> Image:
    """Carry out deploy/image/Dockerfile of a checkout below `work`, and return the image of its last stage.

    Raise ReplayError for a failed step, `Unavailable` without the base image or without the rights of root.
    """
    files = context(root)
    stages = parse((root / "deploy/image/Dockerfile").read_text())
    done: dict[str, _Building] = {}
    for number, stage in enumerate(stages):
        before = done.get(stage.base)
        building = _Building(work / f"stage{number}")
        if before is not None:
            building.environment, building.folder = dict(before.environment), before.folder
        _copy_tree(base_tree(stage.base) if before is None else before.tree, building.tree)
        for step in stage.steps:
            _STEPS[step.keyword](_Replay(building, done, files), step)
        done[stage.name] = building
    last = stages[-1]
    return Image(building.tree, building.environment, building.folder, building.user, _entry(last))


def _entry(stage: Stage) -> tuple[str, ...]:
    step = stage.last("ENTRYPOINT")
    return step.words if step else ()


def _copy_tree(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


@dataclass(frozen=True, slots=True)
class _Replay:
    building: _Building
    done: Mapping[str, _Building]
    files: Mapping[str, Path]

    def run(self, step: Instruction) -> None:
        building = self.building
        lent, resolver = building.tree / "run" / _LENT, building.tree / "etc/resolv.conf"
        lent.parent.mkdir(exist_ok=True)
        shutil.copy(_CERTIFICATES, lent)
        shutil.copy("/etc/resolv.conf", resolver)
        environment = {
            **building.environment,
            "PIP_CERT": f"/run/{_LENT}",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        environment |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        command = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", _RUN, "sh"]
        command += [str(building.tree), building.folder, step.rest]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        lent.unlink()
        resolver.unlink()
        if done.returncode != 0:
            raise ReplayError(f"RUN {step.rest[:200]}\n{(done.stdout + done.stderr)[-1500:]}")

    def copy(self, step: Instruction) -> None:
        *options, source, target = step.words
        stage = next((word.partition("=")[2] for word in options if word.startswith("--from=")), None)
        place = self.building.inside(target)
        if stage is not None:
            found = self.done[stage].tree / source.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            _copy_tree(found, place)
            return
        chosen = {path: file for path, file in self.files.items() if f"{path}/".startswith(f"{source}/")}
        if not chosen:
            raise ReplayError(f"COPY {step.rest}: the context has no such file")
        for path, file in chosen.items():
            name = file.name if path == source else path.removeprefix(f"{source}/")
            whole = place / name if path != source or target.endswith("/") else place
            whole.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, whole)

    def set_environment(self, step: Instruction) -> None:
        self.building.environment |= Stage("", "", (step,)).environment()

    def change_folder(self, step: Instruction) -> None:
        self.building.folder = step.rest
        self.building.inside("").mkdir(parents=True, exist_ok=True)

    def change_user(self, step: Instruction) -> None:
        self.building.user = step.rest

    def describe(self, _step: Instruction) -> None:
        """Change nothing: the instruction describes how the image is used."""


_STEPS: Final = {
    "RUN": _Replay.run,
    "COPY": _Replay.copy,
    "ENV": _Replay.set_environment,
    "WORKDIR": _Replay.change_folder,
    "USER": _Replay.change_user,
    **dict.fromkeys(("EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"), _Replay.describe),
}
