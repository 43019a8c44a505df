"""The real Prometheus with running services: each panel and alert uses existing series."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from deploy.grafana import overview
from deploy.grafana.panels import PANELS
from deploy.local import debian, processes, prometheus
from deploy.local.demo.people import DemoPerson
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.topology import JOBS, NOTIFY, SERVICES
from tests.foreign.events import until
from tests.integration.clients import declare, engage, integrator, result
from tests.serving import serving
from tests.watching import ALERTS, Prometheus, get, running_prometheus

pytestmark = pytest.mark.stack

CONSUMERS = 18  # two of each service; access has one; intake, notifier, files three; personnel file four
#: Panels that show something as soon as declarations have come and gone; the others wait for trouble.
ALIVE = {
    "Broken promises", "Unaccounted declarations", "Provisional results pending",
    "Parked or unrouted messages",
    "Consumers",
    "Received per minute", "Final results per minute", "Refused share", "Time to the result",
    "Time of one batch, p95", "Queue depth", "Held batches", "Oldest outbox row", "Oldest delivery",
    "Recipients that wait", "Days with partitions", "Removal of rows", "Clocks", "Searches of the register",
    "Oldest identification", "Failed requests", "Anomalies per minute", "Files of expeditors",
}  # fmt: skip
EXPRESSIONS = {
    f"{panel.title}: {legend}": (panel.title, expression)
    for panel in PANELS
    for legend, expression in panel.lines.items()
}


def promtool(
    *arguments: str | Path, cwd: Path = prometheus.CONFIGURATION, stdin: str = ""
) -> tuple[int, str]:
    """Return the exit code and the output of promtool."""
    done = subprocess.run(
        [debian.promtool(), *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def served(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own: the tests of attacks leave parked messages in the shared one."""
    with serving(stack, "prometheus", (*SERVICES, *JOBS)) as own:
        yield own


@pytest.fixture(scope="module")
def watching(
    stack: Stack, served: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Run Prometheus with the project's configuration, scraping every second."""
    services = prometheus.addresses({name: served.ops_url(name) for name in (*SERVICES, *JOBS)})
    folder = tmp_path_factory.mktemp("prometheus")
    broker = f"127.0.0.1:{stack.rabbitmq.prometheus}"
    with running_prometheus(folder, services, broker, interval="1s") as watching:
        assert promtool("check", "config", folder / "prometheus.yml")[0] == 0
        yield watching


@pytest.fixture(scope="module")
def busy(served: Endpoints, watching: Prometheus) -> None:
    """Send a few declarations of every result, and wait until Prometheus has their figures."""
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
            stranger = await client.declare(engage(served, unknown.identity()))
            await until(lambda: len(client.answered(stranger)) >= 2, 20, "the provisional result")

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
def test_a_panel_shows_data(watching: Prometheus, busy: None, name: str) -> None:
    panel, expression = EXPRESSIONS[name]
    found = watching.query(expression)
    assert found or panel not in ALIVE


def test_every_panel_is_tested() -> None:
    assert {panel for panel, _ in EXPRESSIONS.values()} == {panel.title for panel in PANELS} >= ALIVE


@pytest.mark.parametrize("name", overview.ANNOTATIONS)
def test_the_query_of_an_annotation_is_valid(watching: Prometheus, name: str) -> None:
    watching.query(overview.ANNOTATIONS[name])


#: One always fires; the other counts what tests of other deployments did to the one broker.
_NOISY = {"DimonaWatchdog", "DimonaDeadLettered"}


@pytest.mark.parametrize("name", sorted(ALERTS.keys() - _NOISY))
def test_no_alert_fires_in_normal_operation(
    watching: Prometheus, served: Endpoints, busy: None, name: str
) -> None:
    assert watching.alert(name, served.deployment) == []


def test_every_series_of_an_alert_exists(watching: Prometheus, busy: None) -> None:
    """An alert that names a series that never exists never fires."""
    for metric in (
        "dimona_declarations_unaccounted",
        "dimona_outbox_oldest_age_seconds",
        "dimona_delivery_oldest_overdue_seconds",
        "dimona_gauges_age_seconds",
        "dimona_ledger_broken",
        "dimona_ledger_last_look_timestamp_seconds",
        "rabbitmq_global_messages_dead_lettered_expired_total",
        "rabbitmq_global_messages_dead_lettered_maxlen_total",
        "rabbitmq_global_messages_dead_lettered_rejected_total",
        "rabbitmq_global_messages_dead_lettered_delivery_limit_total",
        "dimona_set_aside_messages",
        "dimona_up",
        "dimona_organization_day_most",
        "dimona_workers_denied_total",
        "dimona_consumer_hold_seconds",
        "dimona_clock_offset_seconds",
        "rabbitmq_alarms_memory_used_watermark",
        "rabbitmq_alarms_free_disk_space_watermark",
        "dimona_partitions_until_timestamp_seconds",
        "dimona_http_requests_total",
        "dimona_consumer_up",
        "dimona_file_unacknowledged_oldest_seconds",
        "dimona_file_start_oldest_seconds",
        "dimona_file_folders_read_timestamp_seconds",
        "dimona_file_expeditors_full",
        'rabbitmq_detailed_queue_messages{queue=~"dimona[.].+"}',
        'rabbitmq_detailed_queue_consumers{queue=~"dimona[.].+"}',
    ):
        assert watching.query(metric), metric


@pytest.mark.parametrize("service", [*SERVICES, *JOBS])
def test_the_metrics_are_well_formed(served: Endpoints, service: str) -> None:
    body = get(prometheus.addresses({service: served.ops_url(service)})[service], "/metrics")
    assert promtool("check", "metrics", stdin=body) == (0, "")
    assert promtool("check", "metrics", stdin="# TYPE camelCase counter\ncamelCase 1\n")[0] != 0


def test_a_queue_without_consumer_raises_its_alert(
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


def test_the_depth_of_queues_counts_declarations_too(
    stack: Stack, served: Endpoints, watching: Prometheus, busy: None
) -> None:
    """The broker counts carriers of up to 256 events, so the panel shows the declarations beside them."""
    people, name = served.data.people[30:90], f"{served.deployment.name}.personnel_file"
    (panel,) = [panel for panel in PANELS if panel.title == "Queue depth"]
    vhost = f'{{vhost="{served.deployment.internal}", queue=~"dimona.personnel_file.+"}}'
    stack.unserve(name)

    async def send() -> None:
        async with integrator(served) as client:
            ids = [str(uuid4()) for _ in people]
            bodies = [client.body(engage(served, each), id_) for id_, each in zip(ids, people, strict=True)]
            await client.send(b"[" + b",".join(bodies) + b"]", None)
            try:
                await until(lambda: shown() == len(people), 30, "all declarations in the panel")
                await until(lambda: carriers() > 0, 30, "the carriers in the panel")
                assert carriers() < len(people) / 2
            finally:
                stack.serve(served, ("personnel_file",))
            await client.ends(ids)

    def total(expression: str) -> float:
        return sum(float(row["value"][1]) for row in watching.query(expression))

    def shown() -> float:
        return total(panel.lines["declarations not final"])

    def carriers() -> float:
        return total(f"sum(rabbitmq_detailed_queue_messages{vhost})")

    asyncio.run(send())


def test_the_rules_pass_their_tests() -> None:
    assert promtool("check", "rules", "alerts.yml")[0] == 0
    code, said = promtool("test", "rules", "alerts_test.yml")
    assert code == 0, said


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        ("unaccounted > 0", "unaccounted > 1"),
        ("oldest_age_seconds > 60", "oldest_age_seconds > 6000"),
        ("oldest_overdue_seconds > 600", "oldest_overdue_seconds > 60000"),
        ("gauges_age_seconds > 60", "gauges_age_seconds > 6000"),
        ("file_unacknowledged_oldest_seconds) > 300", "file_unacknowledged_oldest_seconds) > 30000"),
        ("file_start_oldest_seconds) > 3600", "file_start_oldest_seconds) > 360000"),
        ("file_expeditors_full) > 0", "file_expeditors_full) > 9"),
        ("set_aside_messages > 0", "set_aside_messages > 9"),
        ("< 31 * 86400", "< 3 * 86400"),
        ('contact"}) > 6 * 3600', 'contact"}) > 60 * 3600'),
        ("[5m])) > 0.05", "[5m])) > 0.5"),
        ("ledger_broken > 0", "ledger_broken > 1"),
        ("look_timestamp_seconds) > 60", "look_timestamp_seconds) > 6000"),
        ("expr: up == 0", "expr: up == 2"),
        ('absent(up{job="dimona", service="notifier"})', 'absent(up{job="none"}) == 2'),
        ('[.]parked"}) > 0', '[.]parked"}) > 9'),
        ('queue=~"dimona[.](unrouted|unidentified)"', 'queue="none"'),
        ('queue="dimona.expired"', 'queue="none"'),
        ("dead_lettered_expired_total", "dead_lettered_none_total"),
        ('status=~"5.."', 'status=~"4.."'),
        ('quick_cancels"} > 200', 'quick_cancels"} > 20000'),
        ('contradictions"} > 100', 'contradictions"} > 10000'),
        ('outcome="no_login"}[10m])) > 5', 'outcome="no_login"}[10m])) > 500'),
        ("workers_denied_total[10m]", "workers_denied_none[10m]"),
        ("dimona_up == 0", "dimona_up == 2"),
        ("hold_seconds > 30", "hold_seconds > 300"),
        ("memory_used_watermark == 1", "memory_used_watermark == 2"),
        ("offset_seconds) > 5", "offset_seconds) > 5000"),
        ("consumer_up == 0", "consumer_up == 2"),
        ("queue_consumers == 0", "queue_consumers == 1"),
        ('queue!~"dimona[.]([a-z_]+[.]parked|unrouted|unidentified|expired)"', 'queue!~"none"'),
    ],
)
def test_a_mistake_in_a_rule_is_found(tmp_path: Path, rule: str, mistake: str) -> None:
    """The tests of the changed alerts find it; promtool runs these only, because all take seconds."""
    rules = (prometheus.CONFIGURATION / "alerts.yml").read_text()
    assert rule in rules
    wrong = rules.replace(rule, mistake)
    changed = expressions(wrong).items() - expressions(rules).items()
    tests = yaml.safe_load((prometheus.CONFIGURATION / "alerts_test.yml").read_text())
    names = {name for name, _ in changed}
    tests["tests"] = [
        test for test in tests["tests"] if names & {each["alertname"] for each in test["alert_rule_test"]}
    ]
    assert tests["tests"]
    (tmp_path / "alerts.yml").write_text(wrong)
    (tmp_path / "alerts_test.yml").write_text(yaml.safe_dump(tests))
    assert promtool("test", "rules", "alerts_test.yml", cwd=tmp_path)[0] != 0


def expressions(rules: str) -> dict[str, str]:
    """Return the expression of each alert in a file of rules."""
    return {rule["alert"]: rule["expr"] for rule in yaml.safe_load(rules)["groups"][0]["rules"]}


def test_every_alert_describes_the_remedy() -> None:
    assert len(ALERTS) == 35
    document = yaml.safe_load((prometheus.CONFIGURATION / "alerts.yml").read_text())
    for rule in document["groups"][0]["rules"]:
        assert rule["labels"]["severity"] in ("page", "ticket", "none")
        assert {"summary", "description", "runbook_url"} == rule["annotations"].keys()
        assert len(rule["annotations"]["description"].split()) > 20
