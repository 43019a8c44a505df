"""Check compose.yaml: its schema, each container's confinement, the configurations of its servers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.check.alerts import rules_of
from deploy.check.tools import amtool, caddy, faults, tool
from deploy.local import debian
from deploy.processes import OPS_PORT, PROCESSES
from shared.runtime.service import DRAIN_SECONDS

FOLDER: Final = "deploy/compose"
_JOBS: Final = ("migrate", "topology")
#: The profile of the processes that only a simulation has.
_SANDBOX: Final = "sandbox"
#: Rights that the images of servers need to become their own user at the start, and to use a low port.
_ADDED: Final = frozenset(
    {"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "SETGID", "SETUID", "NET_BIND_SERVICE"}
)
_LIMITS: Final = ("mem_limit", "cpus", "pids_limit")


def services(root: Path) -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml by name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((root / FOLDER / "compose.yaml").read_text())[
        "services"
    ]
    return found


def schema(root: Path) -> list[str]:
    """Return the violations of the schema of the Compose specification."""
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    return faults([*command, str(root / FOLDER / "compose.yaml")])


def confinement(root: Path) -> list[str]:
    """Return the containers that may write, gain rights or use up the host, or that have no health check."""
    return [f"{name}: {fault}" for name, row in services(root).items() for fault in _open(name, row)]


def _open(name: str, row: Mapping[str, Any]) -> list[str]:
    tests = {
        "read_only is not set": row.get("read_only") is True,
        "it keeps capabilities": row.get("cap_drop") == ["ALL"] and set(row.get("cap_add", ())) <= _ADDED,
        "it may gain rights": "no-new-privileges:true" in row.get("security_opt", ()),
        "no health check": "healthcheck" in row and (name in _JOBS or "test" in row["healthcheck"]),
        "its log has no limit": "max-size" in row.get("logging", {}).get("options", {}),
        "a password is in its environment": not any(
            name.endswith(("PASSWORD", "PASS", "KEY", "TOKEN", "DSN")) for name in row.get("environment", {})
        ),
        "its image names no release": ":" in row["image"] and not row["image"].endswith(":latest"),
        **{f"no {limit}": limit in row for limit in _LIMITS},
    }
    return [fault for fault, holds in tests.items() if not holds]


def order(root: Path) -> list[str]:
    """Return the processes that do not run as the code says, or start before the jobs have ended."""
    rows, lines = services(root), []
    for name, process in PROCESSES.items():
        row = rows.get(name)
        if row is None:
            lines.append(f"{name} is missing")
            continue
        waits = {job: condition["condition"] for job, condition in row.get("depends_on", {}).items()}
        if waits != dict.fromkeys(_JOBS, "service_completed_successfully"):
            lines.append(f"{name} does not wait for the jobs")
        if row["command"] != [process.module]:
            lines.append(f"{name} runs {row['command']}")
        if int(row["stop_grace_period"].removesuffix("s")) < 3 * DRAIN_SECONDS:
            lines.append(f"{name} is killed during its drain")
        if f"./secrets/{name}:/run/secrets/dimona:ro" not in row["volumes"]:
            lines.append(f"{name} does not have its secrets")
        nets = set(row["networks"])
        if process.api != ("edge" in nets) or (process.outside and "outside" not in nets):
            lines.append(f"{name} is in the wrong networks")
        if str(OPS_PORT) != row["environment"]["DIMONA_OPS_PORT"]:
            lines.append(f"{name} has another port for its probes")
        if process.simulation != (row.get("profiles") == [_SANDBOX]):
            lines.append(f"{name} has the wrong profiles")
    return lines


def monitoring(root: Path) -> list[str]:
    """Return the findings of promtool and amtool, and the processes that Prometheus does not read."""
    folder = root / FOLDER
    found = {
        row["labels"]["service"]: row["targets"]
        for row in json.loads((folder / "targets/services.json").read_text())
    }
    wanted = {name: [f"{name}:{OPS_PORT}"] for name, row in PROCESSES.items() if not row.simulation}
    lines = [] if found == wanted else ["targets/services.json has other processes than the code"]
    rules = root / "deploy/prometheus"
    promtool = str(debian.promtool())
    return [
        *lines,
        *faults([promtool, "check", "config", "--syntax-only", str(rules / "prometheus.yml")]),
        *faults([promtool, "check", "rules", *map(str, (rules / "objectives.yml", rules / "alerts.yml"))]),
        *faults([amtool(), "check-config", str(folder / "alertmanager.yml")]),
        *_routes(root, folder),
        *_inhibitions(root, folder),
    ]


def _routes(root: Path, folder: Path) -> list[str]:
    """Return the alerts that Alertmanager would send to another receiver than they are meant for."""
    meant = {"page": "page", "ticket": "ticket", "none": "watchdog"}
    file = f"--config.file={folder / 'alertmanager.yml'}"
    command = [amtool(), "config", "routes", "test", file]
    lines = []
    for rule in (rule for rule in rules_of(root) if "alert" in rule):
        name, severity = rule["alert"], rule["labels"]["severity"]
        labels = [f"alertname={name}", f"severity={severity}", "service=intake"]
        said = faults([*command, f"--verify.receivers={meant[severity]}", *labels])
        lines += [f"{name}: {line}" for line in said]
    return lines


def _inhibitions(root: Path, folder: Path) -> list[str]:
    """Return the names in inhibitions that no alert has: such an inhibition has no effect."""
    known = {rule["alert"] for rule in rules_of(root) if "alert" in rule}
    named = re.findall(r"\bDimona[A-Za-z]+", (folder / "alertmanager.yml").read_text())
    return [f"alertmanager.yml names {name}, which is no alert" for name in sorted({*named} - known)]


def proxy(root: Path) -> list[str]:
    """Return the findings of Caddy, and the APIs without a name at the proxy."""
    file = root / FOLDER / "Caddyfile"
    data = str(debian.cache_folder() / "caddy-data")  # for the private authority that `internal` makes
    env = {"DIMONA_DOMAIN": "dimona.example.be", "DIMONA_TLS": "internal", "XDG_DATA_HOME": data}
    text = file.read_text()
    apis = [name for name, process in PROCESSES.items() if process.api]
    missing = [f"Caddyfile has no {name}" for name in apis if f"import api {name} " not in text]
    waits = [
        f"Caddyfile has no {word}" for word in ("read_header", "dial_timeout", "idle") if word not in text
    ]
    return [
        *missing,
        *waits,
        *faults([caddy(), "validate", "--adapter", "caddyfile", "--config", str(file)], env=env),
    ]
