"""The real Alertmanager with the configuration of the project: routes and inhibitions of each alert."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deploy.check import compose
from deploy.check.alerts import rules_of
from deploy.check.mistakes import MISTAKES, plant
from deploy.local import debian, processes
from deploy.local.deployment import ROOT
from tests.foreign.events import PATIENCE

CONFIGURATION = ROOT / compose.FOLDER / "alertmanager.yml"
SEVERITY = {rule["alert"]: rule["labels"]["severity"] for rule in rules_of(ROOT) if "alert" in rule}
BINARY = "/usr/bin/prometheus-alertmanager"
Alert = dict[str, str]


class Alertmanager:
    """A running Alertmanager."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, path: str, body: Any = None) -> bytes:
        """Return the body of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"http://{self._address}{path}", data, headers), timeout=10) as answer:
            return bytes(answer.read())

    def ready(self) -> bool:
        """Return whether it answers."""
        try:
            return self.ask("/-/ready") is not None
        except OSError:
            return False

    def held_back(self, *alerts: Alert, least: int = 0) -> set[str]:
        """Let alerts fire, wait until at least so many are held back, and return the names of these."""
        told = [{"labels": {"severity": SEVERITY[alert["alertname"]], **alert}} for alert in alerts]
        self.ask("/api/v2/alerts", told)
        end = time.monotonic() + PATIENCE
        while True:  # a moment passes until a cause is known to the inhibitor
            known = json.loads(self.ask("/api/v2/alerts"))
            assert len(known) == len(alerts)
            held = {one["labels"]["alertname"] for one in known if one["status"]["inhibitedBy"]}
            if len(held) >= least or time.monotonic() > end:
                break
            time.sleep(0.1)
        ended = [
            {**alert, "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2019-01-01T00:00:00Z"} for alert in told
        ]
        self.ask("/api/v2/alerts", ended)
        return held


def program() -> list[str]:
    """Return the command of Alertmanager. Skip the tests if an unpacked package cannot run.

    Debian's program reads a template at a fixed path. If the package is not installed, it gets this path in
    a mount namespace of its own.
    """
    root = debian.tree("prometheus-alertmanager", BINARY)
    if root == Path("/"):
        return [BINARY]
    space = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mount namespace; install prometheus-alertmanager")
    script = (
        "mount -t tmpfs tmpfs /usr/share && mkdir /usr/share/prometheus && "
        'cp -r "$0/usr/share/prometheus/alertmanager" /usr/share/prometheus/ && exec "$0$@"'
    )
    return [*space, "sh", "-c", script, str(root), BINARY]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """Run Debian's Alertmanager; it sends nothing, because a test ends before the first group is due."""
    folder, port = tmp_path_factory.mktemp("alertmanager"), processes.free_port()
    command = [
        *program(), f"--config.file={CONFIGURATION}", f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error",
    ]  # fmt: skip
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        running = Alertmanager(f"127.0.0.1:{port}")
        try:
            processes.wait_until(running.ready, 60, "Alertmanager to start")
            yield running
        finally:
            process.terminate()


def of(name: str, service: str = "", **labels: str) -> Alert:
    """Return the labels of an alert; without a service for one about no single service."""
    return {"alertname": name, **({"service": service} if service else {}), **labels}


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (of("DimonaTargetDown", "intake"), of("DimonaOutboxStuck", "intake")),
        (of("DimonaTargetDown", "intake"), of("DimonaRequestsFailing", "intake")),
        (of("DimonaNotReady", "notifier"), of("DimonaHeld", "notifier")),
        (of("DimonaNotReady", "notifier"), of("DimonaFiguresUnknown", "notifier")),
        (of("DimonaBrokerAlarm"), of("DimonaOutboxStuck", "contact")),
        (of("DimonaBrokerAlarm"), of("DimonaSlow", slo="answer_2s")),
        (of("DimonaConsumerMissing", "intake"), of("DimonaSlow", slo="answer_2s")),
        (of("DimonaSlow", slo="answer_2s"), of("DimonaSlowly", slo="answer_2s")),
        (of("DimonaHeld", "feed"), of("DimonaInstitutionBehind", "feed")),
    ],
)
def test_a_cause_holds_back_its_effect(alertmanager: Alertmanager, cause: Alert, effect: Alert) -> None:
    assert alertmanager.held_back(cause, effect, least=1) == {effect["alertname"]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (of("DimonaTargetDown", "intake"), of("DimonaOutboxStuck", "notifier")),
        (of("DimonaTargetDown", "intake"), of("DimonaParked")),
        (of("DimonaNotReady", "notifier"), of("DimonaLedger", "ledger")),
        (of("DimonaNotReady", "ledger"), of("DimonaDeclarationsUnaccounted", "intake")),
        (of("DimonaSlow", slo="answer_2s"), of("DimonaSlowly", slo="reception_1s")),
        (of("DimonaBrokerAlarm"), of("DimonaParked")),
        (of("DimonaLedger", "ledger"), of("DimonaUnrouted")),
    ],
)
def test_other_alerts_come(alertmanager: Alertmanager, one: Alert, other: Alert) -> None:
    assert alertmanager.held_back(one, other) == set()


def test_the_watchdog_always_comes(alertmanager: Alertmanager) -> None:
    """It tells that alerts arrive, so nothing holds it back."""
    watchdog = of("DimonaWatchdog")
    for cause in ("DimonaTargetDown", "DimonaNotReady", "DimonaBrokerAlarm", "DimonaConsumerMissing"):
        assert alertmanager.held_back(of(cause, "intake"), watchdog) == set()


def test_each_alert_goes_to_the_receiver_of_its_severity() -> None:
    assert compose.monitoring(ROOT) == []


@pytest.mark.parametrize(
    "mistake",
    [one for one in MISTAKES if one.file == "deploy/compose/alertmanager.yml"],
    ids=lambda one: str(one.new),
)
def test_a_mistake_in_routes_or_inhibitions_is_found(mistake: Any, tmp_path: Path) -> None:
    assert compose.monitoring(plant(mistake, tmp_path))
