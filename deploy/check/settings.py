"""Compare the settings in compose, chart and units with the settings classes of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.processes import PROCESSES

_SET: Final = re.compile(r"^#?(DIMONA_[A-Z_]+)=", re.MULTILINE)
#: Not a setting of a class: it says where the secret files are.
_FOLDER: Final = "DIMONA_SECRETS_DIR"


def names(process: str) -> set[str]:
    """Return the environment variables of a process, without its secrets."""
    return {f"DIMONA_{name.upper()}" for name in PROCESSES[process].variables}


def differences(place: str, wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    """Return a line for each name that is missing in `found`, and for each that is not wanted."""
    wanted, found = set(wanted), set(found)
    missing = [f"{place} lacks {name}" for name in sorted(wanted - found)]
    return [*missing, *(f"{place} has {name}, which the code does not" for name in sorted(found - wanted))]


def compose(root: Path) -> list[str]:
    """Return how the settings in compose.yaml differ from those of the code."""
    services = yaml.safe_load((root / "deploy/compose/compose.yaml").read_text())["services"]
    lines = []
    for process in PROCESSES:
        environment = services[process]["environment"] if process in services else {}
        given = {name for name in environment if name.startswith("DIMONA_")} - {_FOLDER}
        lines += differences(f"compose.yaml, {process}:", names(process), given)
    return lines


def units(root: Path) -> list[str]:
    """Return how the settings in the environment files of the units differ from those of the code."""
    folder = root / "deploy/systemd/env"
    common = set(_SET.findall((folder / "dimona.env").read_text()))
    used = set[str]()
    lines = []
    for process in PROCESSES:
        file = folder / f"{process}.env"
        own = set(_SET.findall(file.read_text())) if file.exists() else set()
        used |= common & names(process)
        # A process does not look at the settings of others in the common file.
        lines += differences(f"{process}.env", names(process), own | common & names(process))
    return [*lines, *differences("dimona.env", used, common)]


def chart(documents: Iterable[dict[str, Any]], release: str) -> list[str]:
    """Return how the settings of rendered pods differ. A pod may leave out those with a default."""
    lines = []
    for document in documents:
        if document["kind"] != "Deployment":
            continue
        process = document["metadata"]["name"].removeprefix(f"{release}-").replace("-", "_")
        (container,) = document["spec"]["template"]["spec"]["containers"]
        given = {row["name"] for row in container["env"]} - {_FOLDER}
        fields = PROCESSES[process].settings.model_fields
        required = {
            f"DIMONA_{name.upper()}" for name in PROCESSES[process].variables if fields[name].is_required()
        }
        lines += differences(f"chart, {process}:", required | given & names(process), given)
    return lines
