"""A private Prometheus for a local stack: `python -m deploy.local.prometheus` watches the one in .run/."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.local import debian
from deploy.local.deployment import ROOT
from deploy.local.processes import free_port, write_private

CONFIGURATION: Final = ROOT / "deploy" / "prometheus"
_BINARY: Final = "/usr/bin/prometheus"


def prepare(folder: Path, services: Mapping[str, str], broker: str, interval: str | None = None) -> None:
    """Write the configuration and the addresses of services and broker (`host:port`) into a folder.

    `interval` replaces the intervals of 10 s.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("prometheus.yml", "objectives.yml", "alerts.yml"):
        shutil.copy(CONFIGURATION / name, folder / name)
    if interval is not None:
        file = folder / "prometheus.yml"
        file.write_text(file.read_text().replace("_interval: 10s", f"_interval: {interval}"))
    groups: dict[str, list[dict[str, Any]]] = {
        "services": [
            {"targets": [address], "labels": {"service": service}} for service, address in services.items()
        ],
        "rabbitmq": [{"targets": [broker]}],
        "alertmanager": [],
    }
    for name, group in groups.items():
        write_private(folder / "targets" / f"{name}.json", json.dumps(group))


def command(folder: Path, port: int) -> list[str]:
    """Return the command that runs Prometheus on 127.0.0.1.

    Raise `debian.Unavailable` if Prometheus is neither installed nor can be fetched.
    """
    return [
        str(debian.binary("prometheus", _BINARY)),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=1d",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
        f"--web.console.templates={CONFIGURATION / 'consoles'}",
        "--log.level=warn",
    ]


def addresses(urls: Mapping[str, str]) -> dict[str, str]:
    """Return `host:port` of each service, from the `ops` of endpoints.json."""
    return {service: urlsplit(url).netloc for service, url in urls.items()}


def _broker_port(lines: Iterable[str]) -> str:
    return next(line.partition("=")[2].strip() for line in lines if line.startswith("prometheus.tcp.port"))


def main() -> None:
    """Run Prometheus in the foreground for the stack in .run/ of this checkout.

    Exit with an error if no stack is up there.
    """
    stack = ROOT / ".run"
    try:
        endpoints = json.loads((stack / "endpoints.json").read_text())
        broker = _broker_port((stack / "rabbitmq" / "rabbitmq.conf").read_text().splitlines())
    except FileNotFoundError:
        sys.exit("error: no stack is up; `make up` first")
    folder, port = stack / "prometheus", free_port()
    prepare(folder, addresses(endpoints["ops"]), f"127.0.0.1:{broker}")
    print(f"Prometheus: http://127.0.0.1:{port}/consoles/overview.html (Ctrl-C stops it)", flush=True)
    subprocess.run(command(folder, port), check=False)


if __name__ == "__main__":
    main()
