"""The ops port of each service: checks and metrics; an outage of a dependency restarts no service."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.deployment import Endpoints
from deploy.local.processes import wait_until
from deploy.local.stack import Stack
from shared.topology import CONSUMING, SERVICES

pytestmark = pytest.mark.stack


def get(endpoints: Endpoints, service: str, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Return status, content type and body."""
    address = urlsplit(endpoints.ops_url(service)).netloc
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers.get_content_type(), response.read().decode()


def failing(endpoints: Endpoints, service: str) -> set[str]:
    """Return the checks of /readyz that fail; the status has to agree."""
    status, _, body = get(endpoints, service, "/readyz")
    checks: dict[str, Any] = json.loads(body)
    assert status == (200 if all(checks.values()) else 503)
    return {name for name, well in checks.items() if not well}


def failing_kinds(endpoints: Endpoints, service: str) -> set[str]:
    """Return the first words of the checks of /readyz that fail: consumer, publisher, database."""
    return {name.partition(" ")[0] for name in failing(endpoints, service)}


def pids(stack: Stack, endpoints: Endpoints) -> list[int]:
    return [stack.pid(f"{endpoints.deployment.name}.{service}") for service in SERVICES]


@pytest.mark.parametrize("service", SERVICES)
def test_a_running_service_is_live_and_ready(served: Endpoints, service: str) -> None:
    assert get(served, service, "/livez") == (200, "text/plain", "ok\n")
    assert failing(served, service) == set()
    status, kind, body = get(served, service, "/health")
    assert (status, kind, json.loads(body)) == (200, "application/json", {"status": "UP"})


@pytest.mark.parametrize("service", SERVICES)
def test_every_dependency_has_a_check(served: Endpoints, service: str) -> None:
    checks = json.loads(get(served, service, "/readyz")[2])
    assert checks.pop("database") is True
    assert any(name.startswith("consumer dimona.") for name in checks) == (service in CONSUMING)
    assert any(name.startswith("publisher ") for name in checks)


@pytest.mark.parametrize("service", SERVICES)
def test_metrics_can_be_read(served: Endpoints, service: str) -> None:
    status, kind, body = get(served, service, "/metrics")
    assert (status, kind) == (200, "text/plain")
    families = {family.name: family for family in text_string_to_metric_families(body)}
    ours = [family for name, family in families.items() if name.startswith("dimona_")]
    assert len(ours) > 25
    assert all(family.documentation for family in ours)
    assert [sample.labels for sample in families["dimona_up"].samples] == [{"service": service}]


def test_other_paths_are_404(served: Endpoints) -> None:
    for path in ("/", "/docs", "/openapi.json", "/debug", "/metrics/../etc/passwd"):
        assert get(served, "intake", path)[0] == 404
    for path in ("/metrics", "/readyz", "/livez", "/health"):
        assert get(served, "intake", path, "POST")[0] == 405


def test_a_database_that_does_not_answer_is_named(stack: Stack, served: Endpoints) -> None:
    before = pids(stack, served)
    stack.pause("postgres")
    try:
        for service in SERVICES:
            wait_until(lambda s=service: "database" in failing(served, s), 60, "503")  # type: ignore[misc]
            assert get(served, service, "/livez")[0] == 200
            assert failing(served, service) == {"database"}
            status, _, body = get(served, service, "/health")
            assert (status, json.loads(body)) == (503, {"status": "DOWN"})
    finally:
        stack.resume("postgres")
    for service in SERVICES:
        wait_until(lambda s=service: not failing(served, s), 90, f"{service} to be ready again")  # type: ignore[misc]
    assert pids(stack, served) == before


def test_a_dead_broker_is_named_and_causes_no_restart(stack: Stack, served: Endpoints) -> None:
    before = pids(stack, served)
    stack.kill("rabbitmq")
    for service in SERVICES:
        kinds = {"consumer", "publisher"} if service in CONSUMING else {"publisher"}
        # Consumers and publishers notice it one after the other, and an answer is up to a second old.
        wait_until(lambda s=service, k=kinds: failing_kinds(served, s) == k, 60, "503")  # type: ignore[misc]
        assert get(served, service, "/livez")[0] == 200
        assert json.loads(get(served, service, "/health")[2]) == {"status": "DOWN"}
    stack.ready("rabbitmq")
    for service in SERVICES:
        wait_until(lambda s=service: not failing(served, s), 90, f"{service} to be ready again")  # type: ignore[misc]
    assert pids(stack, served) == before
