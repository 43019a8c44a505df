"""The real Prometheus watches running services: each panel and each alert asks for something that exists."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from deploy.grafana import overview
from deploy.local import debian, processes, prometheus
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, NOTIFY, SERVICES, Deployment
from tests.integration.clients import declare, engage, integrator, result

pytestmark = pytest.mark.stack

CONSUMERS = 12  # two of each service; access has one, and the notifier has three
#: Panels that show something as soon as declarations have come and gone; the others wait for trouble.
ALIVE = {
    "Broken promises", "Unaccounted declarations", "Provisional results pending",
    "Parked or unrouted messages",
    "Consumers",
    "Received per minute", "Final results per minute", "Refused share", "Time to the result",
    "Time of one batch, p95", "Queue depth", "Held batches", "Oldest outbox row", "Oldest delivery",
    "Recipients that wait", "Oldest identification", "Turned away", "Failed requests", "Anomalies per minute",
}  # fmt: skip
EXPRESSIONS = {
    f"{panel.title}: {legend}": (panel.title, expression)
    for panel in overview.PANELS
    for legend, expression in panel.lines.items()
}
ALERTS = {
    rule["alert"]: rule["expr"]
    for group in yaml.safe_load((prometheus.CONFIGURATION / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}


def promtool(
    *arguments: str | Path, cwd: Path = prometheus.CONFIGURATION, stdin: str = ""
) -> tuple[int, str]:
    """Return the exit code and the output of promtool."""
    done = subprocess.run(
        [debian.promtool(), *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def get(address: str, path: str) -> str:
    """Return the body of an answer with status 200."""
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
    assert response.status == 200, body
    return body


class Prometheus:
    """A running Prometheus, asked over its API."""

    def __init__(self, address: str) -> None:
        self._address = address

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector of an expression; an error of any kind fails."""
        answer = json.loads(get(self._address, f"/api/v1/query?{urlencode({'query': expression})}"))
        assert answer["status"] == "success", answer
        assert not answer.get("warnings"), answer
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def alert(self, name: str, deployment: Deployment) -> list[dict[str, str]]:
        """What an alert is about, here or in no vhost; other deployments of the broker may have stopped."""
        vhosts = (deployment.internal, deployment.public, None)
        found = [one["metric"] for one in self.query(ALERTS[name])]
        return [labels for labels in found if labels.get("vhost") in vhosts]

    def ready(self) -> bool:
        try:
            return "ready" in get(self._address, "/-/ready").lower()
        except (OSError, AssertionError):
            return False


@pytest.fixture(scope="module")
def watching(
    stack: Stack, served: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Prometheus with the project's configuration, looking every second."""
    folder, port = tmp_path_factory.mktemp("prometheus"), processes.free_port()
    services = prometheus.addresses({name: served.ops_url(name) for name in (*SERVICES, *JOBS)})
    prometheus.prepare(folder, services, f"127.0.0.1:{stack.rabbitmq.prometheus}", interval="1s")
    assert promtool("check", "config", folder / "prometheus.yml")[0] == 0
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(prometheus.command(folder, port), cwd=folder, stdout=log, stderr=log) as process,
    ):
        watching = Prometheus(f"127.0.0.1:{port}")
        try:
            processes.wait_until(watching.ready, 20, "Prometheus to start")
            yield watching
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def busy(served: Endpoints, watching: Prometheus) -> None:
    """A few declarations of every fate have been sent, and Prometheus has seen it."""
    targets = len(SERVICES) + len(JOBS) + 2
    processes.wait_until(
        lambda: len(watching.query("up == 1")) == targets, 20, "all targets to answer", poll=0.5
    )

    async def send(people: Sequence[DemoPerson], unknown: DemoPerson) -> None:
        async with integrator(served) as client:
            ended = await declare(
                client,
                *(engage(served, person) for person in people[:8]),
                engage(served, people[8], -3),
                engage(served, {"ssin": f"{people[9].ssin[:9]}00"}),
                {"dimonaIn": {}},
            )
            assert sorted(result(event) for event in ended[:-1]) == ["A"] * 8 + ["B", "W"]
            stranger = client.command(engage(served, unknown.identity()))
            await client.send(stranger)
            assert await client.until(lambda: len(client.replies(stranger)) >= 2, 20)

    def keys() -> None:
        get(served.api_url("access").removeprefix("http://"), "/jwks")

    keys()
    asyncio.run(send(served.data.people[:10], served.data.strangers[0]))
    # Rates need figures that grew between two looks; the watchdog tells of the consumers every ten seconds.
    completed = "sum(dimona_declarations_completed_total) > 0"
    processes.wait_until(lambda: bool(watching.query(completed)), 20, "the first figures", poll=0.5)
    keys()
    asyncio.run(send(served.data.people[10:20], served.data.strangers[1]))
    arrived = (
        "sum(rate(dimona_declarations_completed_total[1m])) > 0"
        f" and on () count(dimona_consumer_up == 1) == {CONSUMERS}"
    )
    processes.wait_until(lambda: bool(watching.query(arrived)), 30, "the figures to arrive", poll=0.5)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_panel_has_something_to_show(watching: Prometheus, busy: None, name: str) -> None:
    panel, expression = EXPRESSIONS[name]
    found = watching.query(expression)
    assert found or panel not in ALIVE


def test_every_panel_is_asked() -> None:
    assert {panel for panel, _ in EXPRESSIONS.values()} == {panel.title for panel in overview.PANELS} >= ALIVE


@pytest.mark.parametrize("name", overview.ANNOTATIONS)
def test_an_annotation_can_be_asked(watching: Prometheus, name: str) -> None:
    watching.query(overview.ANNOTATIONS[name])


#: One always fires; the other counts what tests of other deployments did to the one broker.
_NOISY = {"DimonaWatchdog", "DimonaDeadLettered"}


@pytest.mark.parametrize("name", sorted(ALERTS.keys() - _NOISY))
def test_no_alert_while_all_is_well(watching: Prometheus, served: Endpoints, busy: None, name: str) -> None:
    assert watching.alert(name, served.deployment) == []


def test_every_series_that_is_asked_for_exists(watching: Prometheus, busy: None) -> None:
    """An alert that names no existing metric is silent for ever: each one has samples, well or not."""
    for metric in (
        "dimona_declarations_unaccounted",
        "dimona_outbox_oldest_age_seconds",
        "dimona_gauges_age_seconds",
        "dimona_ledger_broken",
        "dimona_ledger_last_look_seconds",
        "rabbitmq_global_messages_dead_lettered_expired_total",
        "rabbitmq_global_messages_dead_lettered_maxlen_total",
        "rabbitmq_global_messages_dead_lettered_rejected_total",
        "rabbitmq_global_messages_dead_lettered_delivery_limit_total",
        "dimona_set_aside_messages",
        "dimona_http_requests_total",
        "dimona_consumer_up",
        'rabbitmq_detailed_queue_messages{queue=~"dimona[.].+"}',
        'rabbitmq_detailed_queue_consumers{queue=~"dimona[.].+"}',
    ):
        assert watching.query(metric), metric


@pytest.mark.parametrize("service", [*SERVICES, *JOBS])
def test_the_metrics_are_well_formed(served: Endpoints, service: str) -> None:
    body = get(prometheus.addresses({service: served.ops_url(service)})[service], "/metrics")
    assert promtool("check", "metrics", stdin=body) == (0, "")
    assert promtool("check", "metrics", stdin="# TYPE camelCase counter\ncamelCase 1\n")[0] != 0


def test_a_queue_that_nobody_reads_is_seen(
    stack: Stack, served: Endpoints, watching: Prometheus, busy: None
) -> None:
    name = f"{served.deployment.name}.notifier"
    stack.unserve(name)

    async def send() -> None:
        async with integrator(served) as client:
            await declare(client, engage(served, served.data.people[20]))

    asyncio.run(send())
    try:

        def found() -> list[dict[str, str]]:
            return watching.alert("DimonaConsumerMissing", served.deployment)

        processes.wait_until(lambda: bool(found()), 20, "the alert", poll=0.5)
        (labels,) = found()
        assert (labels["queue"], labels["vhost"]) == (NOTIFY.name, served.deployment.internal)
    finally:
        stack.serve(served, ("notifier",))


def test_the_rules_pass_their_tests() -> None:
    assert promtool("check", "rules", "alerts.yml")[0] == 0
    code, said = promtool("test", "rules", "alerts_test.yml")
    assert code == 0, said


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        ("unaccounted > 0", "unaccounted > 1"),
        ("oldest_age_seconds > 60", "oldest_age_seconds > 6000"),
        ("gauges_age_seconds > 60", "gauges_age_seconds > 6000"),
        ("set_aside_messages > 0", "set_aside_messages > 9"),
        ("[5m])) > 0.05", "[5m])) > 0.5"),
        ("ledger_broken > 0", "ledger_broken > 1"),
        ("look_seconds) > 60", "look_seconds) > 6000"),
        ("expr: up == 0", "expr: up == 2"),
        ('absent(up{job="dimona", service="notifier"})', 'absent(up{job="none"}) == 2'),
        ('[.]parked"}) > 0', '[.]parked"}) > 9'),
        ('queue="dimona.unrouted"', 'queue="none"'),
        ("dead_lettered_expired_total", "dead_lettered_none_total"),
        ('status=~"5.."', 'status=~"4.."'),
        ("consumer_up == 0", "consumer_up == 2"),
        ("queue_consumers == 0", "queue_consumers == 1"),
        ('queue!~"dimona[.](.+[.]parked|unrouted)"', 'queue!~"none"'),
    ],
)
def test_a_mistake_in_a_rule_is_found(tmp_path: Path, rule: str, mistake: str) -> None:
    rules = (prometheus.CONFIGURATION / "alerts.yml").read_text()
    assert rule in rules
    (tmp_path / "alerts.yml").write_text(rules.replace(rule, mistake))
    (tmp_path / "alerts_test.yml").write_text((prometheus.CONFIGURATION / "alerts_test.yml").read_text())
    assert promtool("test", "rules", "alerts_test.yml", cwd=tmp_path)[0] != 0


def test_every_alert_says_what_to_do() -> None:
    assert len(ALERTS) == 16
    document = yaml.safe_load((prometheus.CONFIGURATION / "alerts.yml").read_text())
    for rule in document["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "ticket", "none")
        assert {"summary", "description", "runbook_url"} == rule["annotations"].keys()
        assert len(rule["annotations"]["description"].split()) > 20
