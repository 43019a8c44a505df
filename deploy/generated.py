"""Write the files of deploy/ that come from the code: `python -m deploy.generated`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from deploy import consoles, objectives
from deploy.grafana import documents as dashboards
from deploy.processes import PROCESSES, Process
from deploy.schema import schema

ROOT: Final = Path(__file__).parents[1]
CHART: Final = "deploy/helm/dimona"
_NOTICE: Final = "# Written by `python -m deploy.generated` from uv.lock.\n"


def documents() -> Mapping[str, str]:
    """Return the text of each generated file by its path in the repository."""
    return {
        "deploy/image/requirements.txt": _NOTICE + _locked("--no-default-groups"),
        "deploy/image/sbom.txt": _NOTICE + _locked("--only-group", "sbom"),
        f"{CHART}/files/processes.json": _json({name: _row(each) for name, each in PROCESSES.items()}),
        f"{CHART}/files/alerts.yml": (ROOT / "deploy/prometheus/alerts.yml").read_text(),
        f"{CHART}/files/objectives.yml": objectives.text(),
        f"{CHART}/values.schema.json": _json(schema()),
        "deploy/prometheus/objectives.yml": objectives.text(),
        **{f"deploy/prometheus/consoles/{name}": text for name, text in consoles.texts().items()},
        **{f"deploy/grafana/files/{name}": text for name, text in dashboards.texts().items()},
        **{f"{CHART}/files/dashboards/{name}": text for name, text in dashboards.texts().items()},
    }


@cache
def _locked(*groups: str) -> str:
    """Return the packages of uv.lock for the given groups with their hashes, in the format of pip."""
    uv = Path(sys.executable).with_name("uv")
    command = [
        str(uv),
        "export",
        "--frozen",
        *groups,
        "--no-emit-project",
        "--no-annotate",
        "--no-header",
        "-q",
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _row(process: Process) -> dict[str, Any]:
    """Return the properties of a process that the templates of the chart read."""
    return {
        "module": process.module,
        "api": process.api,
        "database": process.database,
        "broker": process.broker,
        "management": process.management,
        "calls": list(process.calls),
        "probes": list(process.probes),
        "outside": process.outside,
        "replicas": process.replicas,
        "most": process.most,
        "grows": process.grows,
        "volume": process.volume,
        "simulation": process.simulation,
        "sftp": "sftp_port" in process.variables,
        "required": list(process.required),
        "secrets": list(process.secrets),
        "settings": list(process.variables),
    }


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    for path, text in documents().items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text)


if __name__ == "__main__":
    main()
