"""Check the Dockerfile: its style with hadolint, and the promises of the image."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deploy.check.dockerfile import Stage, context, parse
from deploy.check.tools import faults, tool

FILE: Final = "deploy/image/Dockerfile"
#: Files that may be in the context beside the code.
_FOLDERS: Final = ("shared/", "services/", "deploy/", "LICENSE")


def style(root: Path) -> list[str]:
    """Return the findings of hadolint."""
    return faults([tool("hadolint"), "--failure-threshold", "style", str(root / FILE)])


def promises(root: Path) -> list[str]:
    """Return how the image breaks a promise: no root, locked packages, a bill of materials."""
    stages = parse((root / FILE).read_text())
    return [*_runs(stages[-1]), *_locks(stages), *_sends(root)]


def _runs(last: Stage) -> list[str]:
    found = []
    user = last.last("USER")
    if user is None or not user.rest.split(":")[0].isdigit() or user.rest.startswith("0"):
        found.append("the last USER is no number other than 0")
    entry, given = last.last("ENTRYPOINT"), last.last("CMD")
    if entry is None or entry.words != ("python3", "-m") or given is None:
        found.append("ENTRYPOINT is not python3 -m, to which the command adds the module")
    if any(step.keyword == "RUN" and "pip" in step.rest for step in last.steps):
        found.append("the last stage installs packages itself")
    if not any(step.keyword == "COPY" and "sbom.cdx.json" in step.rest for step in last.steps):
        found.append("the image has no bill of materials")
    return found


def _locks(stages: list[Stage]) -> list[str]:
    steps = [step.rest for stage in stages for step in stage.steps if step.keyword == "RUN"]
    parts = [part for step in steps for part in step.split("&&") if "pip install" in part]
    wanted = ("--require-hashes", "--only-binary :all:", "--no-deps")
    found = [f"pip install without {word}" for part in parts for word in wanted if word not in part]
    pinned = [stage.base for stage in stages if ":" in stage.base and stage.base.endswith(":latest")]
    return [*found, *(f"{base} names no release" for base in pinned)]


def _sends(root: Path) -> list[str]:
    return [f"{path} is in the context" for path in context(root) if not path.startswith(_FOLDERS)]
