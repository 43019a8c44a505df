"""A real Prometheus with the rules of this project, beside a stack of the tests."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import yaml

from deploy.local import debian, processes, prometheus
from shared.topology import Deployment

#: The expression of each alert.
ALERTS: Final[Mapping[str, str]] = {
    rule["alert"]: rule["expr"]
    for group in yaml.safe_load((prometheus.CONFIGURATION / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}


def get(address: str, path: str) -> str:
    """Return the body of an answer with status 200."""
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
    assert response.status == 200, body
    return body


def promtool(
    *arguments: str | Path, cwd: Path = prometheus.CONFIGURATION, stdin: str = ""
) -> tuple[int, str]:
    """Return the exit code and the output of promtool."""
    done = subprocess.run(
        [debian.promtool(), *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


class Prometheus:
    """A running Prometheus, asked over its API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def _asked(self, path: str) -> Any:
        answer = json.loads(get(self._address, path))
        assert answer["status"] == "success", answer
        assert not answer.get("warnings"), answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the vector of an expression. Fail on an error of any kind."""
        found: list[dict[str, Any]] = self._asked(f"/api/v1/query?{urlencode({'query': expression})}")[
            "result"
        ]
        return found

    def url(self, page: str) -> str:
        """Return the address of a page of /consoles."""
        return f"http://{self._address}/consoles/{page}"

    def page(self, name: str) -> str:
        """Return a page of /consoles. Fail on an error of any of its expressions."""
        return get(self._address, f"/consoles/{name}")

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire, the watchdog excepted."""
        alerts = self._asked("/api/v1/alerts")["alerts"]
        names = {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}
        return names - {"DimonaWatchdog"}

    def alert(self, name: str, deployment: Deployment) -> list[dict[str, str]]:
        """Return the labels of an alert in a deployment or outside of all; others may have stopped."""
        vhosts = (deployment.internal, deployment.public, None)
        found = [one["metric"] for one in self.query(ALERTS[name])]
        return [labels for labels in found if labels.get("vhost") in vhosts]

    def ready(self) -> bool:
        """Return whether Prometheus answers."""
        try:
            return "ready" in get(self._address, "/-/ready").lower()
        except (OSError, AssertionError):
            return False


@contextmanager
def running_prometheus(
    folder: Path, services: Mapping[str, str], broker: str, interval: str | None = None
) -> Iterator[Prometheus]:
    """Run Prometheus with the configuration of the project inside the context.

    Args:
        folder: Its configuration, data and log.
        services: The address of the ops port (`host:port`) by service.
        broker: The address of the metrics of RabbitMQ.
        interval: Takes the place of the ten seconds between two looks.
    """
    port = processes.free_port()
    prometheus.prepare(folder, services, broker, interval)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(prometheus.command(folder, port), cwd=folder, stdout=log, stderr=log) as process,
    ):
        watching = Prometheus(f"127.0.0.1:{port}")
        try:
            processes.wait_until(watching.ready, 60, "Prometheus to start")
            yield watching
        finally:
            process.terminate()
