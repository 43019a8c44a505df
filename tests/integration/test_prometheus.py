"""The real Prometheus with running services: each panel and alert uses existing series."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from deploy.grafana import stuck
from deploy.local import processes, prometheus
from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from shared.runtime import file_metrics, metrics
from shared.topology import JOBS, NOTIFY, SERVICES
from tests.foreign.events import until
from tests.integration.clients import declare, engage, integrator, unused
from tests.prove import every_kind, views
from tests.serving import serving
from tests.watching import ALERTS, Prometheus, get, promtool

pytestmark = pytest.mark.stack

CONSUMERS = 18  # two of each service; access has one; intake, notifier, files three; personnel file four
#: Series of the libraries in the processes that no panel shows, each with the reason.
OF_LIBRARIES = {
    "process_": "the panels show memory, processor time and file descriptors of these",
    "python_": "version and garbage collector explain no fault that an operator can end",
    "scrape_": "Prometheus adds them to each target; up tells whether it answers",
}


@pytest.fixture(scope="module")
def served(stack: Stack) -> Iterator[Endpoints]:
    """Serve a deployment of its own: the tests of attacks leave parked messages in the shared one."""
    with serving(stack, "prometheus", (*SERVICES, *JOBS)) as own:
        yield own


@pytest.fixture(scope="module")
def watching(
    stack: Stack, served: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """Run Prometheus with the project's configuration, reading every second."""
    folder = tmp_path_factory.mktemp("prometheus")
    with views.watched(stack, served, folder) as watching:
        assert promtool("check", "config", folder / "prometheus.yml")[0] == 0
        yield watching


@pytest.fixture(scope="module")
def busy(served: Endpoints, watching: Prometheus, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pass declarations of every kind, channel and outcome, and wait until Prometheus has their figures."""
    targets = len(SERVICES) + len(JOBS) + 2
    processes.wait_until(
        lambda: len(watching.query("up == 1")) == targets, 90, "all targets to answer", poll=0.5
    )
    every_kind.pass_declarations(served, tmp_path_factory.mktemp("demo"), watching)
    views.settled(watching)
    # The watchdog tells of the consumers every ten seconds.
    arrived = f"count(dimona_consumer_up == 1) == {CONSUMERS}"
    processes.wait_until(lambda: bool(watching.query(arrived)), 90, "the figures to arrive", poll=0.5)


def test_declarations_of_every_kind_channel_and_outcome_passed(watching: Prometheus, busy: None) -> None:
    seen = every_kind.passed(watching)
    assert every_kind.missing(seen) == []
    assert every_kind.missing({**seen, "channels": seen["channels"] - {"sms"}}) == ["channels: sms"]


def test_every_panel_rule_and_page_is_computed(watching: Prometheus, busy: None) -> None:
    """None fails, and all panels show something but those that wait for trouble."""
    assert len(list(views.expressions())) > 200
    failed, empty = views.look(watching)
    assert failed == []
    assert empty == []


def test_a_wrong_expression_is_found(
    watching: Prometheus, busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"panel: wrong": "sum by (service) (up", "panel: empty": "dimona_never_made"}
    monkeypatch.setattr(views, "expressions", lambda: iter(wrong.items()))
    failed, empty = views.look(watching)
    assert [name.partition(": {")[0] for name in failed] == ["panel: wrong"]
    assert empty == ["panel: empty"]


def test_every_series_of_a_process_is_known(watching: Prometheus, busy: None) -> None:
    """Each is a metric of this project, all of which are on panels, or on the list of libraries."""
    own = {
        value._name
        for module in (metrics, file_metrics)
        for value in vars(module).values()
        if hasattr(value, "_name")
    }
    endings = ("", "_total", "_created", "_bucket", "_count", "_sum")
    known = {f"{name}{ending}" for name in own for ending in endings} | {"up"}
    found = watching.query('group by (__name__) ({job="dimona", __name__!~"ALERTS.*"})')
    names = {row["metric"]["__name__"] for row in found}
    assert {name for name in names - known if not name.startswith(tuple(OF_LIBRARIES))} == set()
    assert "dimona_declarations_received_total" in names


#: One always fires, one counts what tests of other deployments did to the one broker, and two tell how slow
#: the machine is.
_NOISY = {"DimonaWatchdog", "DimonaDeadLettered", "DimonaSlow", "DimonaSlowly"}


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
            await declare(client, engage(served, unused(served, 1)[0]))

    asyncio.run(send())
    try:

        def found() -> list[dict[str, str]]:
            return watching.alert("DimonaConsumerMissing", served.deployment)

        processes.wait_until(lambda: bool(found()), 90, "the alert", poll=0.5)
        (labels,) = found()
        assert (labels["queue"], labels["vhost"]) == (NOTIFY.name, served.deployment.internal)
    finally:
        stack.serve(served, ("notifier",))


def test_the_depth_of_queues_counts_declarations_too(
    stack: Stack, served: Endpoints, watching: Prometheus, busy: None
) -> None:
    """The broker counts carriers of up to 256 events, so the panel shows the declarations beside them."""
    people, name = unused(served, 60), f"{served.deployment.name}.personnel_file"
    (panel,) = [panel for panel in stuck.DASHBOARD.panels if panel.title == "Queue depth"]
    vhost = f'{{vhost="{served.deployment.internal}", queue=~"dimona.personnel_file.+"}}'
    stack.unserve(name)

    async def send() -> None:
        async with integrator(served) as client:
            ids = [str(uuid4()) for _ in people]
            bodies = [client.body(engage(served, each), id_) for id_, each in zip(ids, people, strict=True)]
            await client.send(b"[" + b",".join(bodies) + b"]", None)
            try:
                await until(lambda: shown() == len(people), 90, "all declarations in the panel")
                await until(lambda: carriers() > 0, 90, "the carriers in the panel")
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
