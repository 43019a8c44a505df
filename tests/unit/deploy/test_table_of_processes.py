"""The table of processes that image, compose, chart and units are made from is that of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from deploy.check.dockerfile import parse
from deploy.local.deployment import _WITH_API
from deploy.processes import PROCESSES
from shared.messages import SHARDS
from shared.runtime.migrations import PIPELINE
from shared.topology import JOBS, JOBS_OF_SIMULATION, SERVICES

ROOT: Final = Path(__file__).parents[3]
MAINS: Final = {path.parent.name for path in ROOT.glob("services/*/__main__.py")}


def test_every_process_of_the_code_is_in_the_table() -> None:
    assert set(PROCESSES) == MAINS == {*SERVICES, *JOBS, *JOBS_OF_SIMULATION}
    assert {name for name, process in PROCESSES.items() if process.database} == set(PIPELINE)
    assert {name for name, process in PROCESSES.items() if process.simulation} == set(JOBS_OF_SIMULATION)


def test_every_setting_belongs_to_a_process_that_reads_it() -> None:
    for process in PROCESSES.values():
        fields = set(process.settings.model_fields)
        left_out = fields - {*process.secrets, *process.variables}
        assert not process.api or left_out <= {"amqp_url"}
    named = {name for each in PROCESSES.values() for name in (*each.secrets, *each.variables)}
    assert named == {name for each in PROCESSES.values() for name in each.settings.model_fields}


def test_processes_with_an_api_are_those_of_the_local_stack() -> None:
    assert {name for name, process in PROCESSES.items() if process.api} == set(_WITH_API)


def test_services_of_the_topology_have_an_account_at_the_broker() -> None:
    assert {name for name, process in PROCESSES.items() if process.broker} == set(SERVICES)
    assert [name for name, process in PROCESSES.items() if process.management] == ["provisioner"]


def test_connections_between_processes_follow_from_the_settings() -> None:
    """An API asks the issuer for its keys; other addresses are settings of their own."""
    for name, process in PROCESSES.items():
        wanted = {"access"} if process.api and name != "access" else set()
        if "personnel_file_url" in process.variables:
            wanted.add("personnel_file")
        if "portal_apis" in process.variables:
            wanted |= {"access", "intake", "notifier", "contact", "identification", "personnel_file"}
        assert set(process.calls) == wanted, name


def test_the_portal_asks_each_other_process_with_an_api_for_its_health() -> None:
    wanted = {name for name, process in PROCESSES.items() if process.api and name != "portal"}
    assert {name: set(process.probes) for name, process in PROCESSES.items() if process.probes} == {
        "portal": wanted
    }


def test_processes_that_leave_the_deployment_are_those_with_outside_addresses() -> None:
    """Gateways of phones, webhooks, and the issuer and the APIs at their public addresses."""
    reasons = {"phone_gateways", "webhook_trusted_networks", "portal_url", "canary_client_id"}
    wanted = {name for name, each in PROCESSES.items() if reasons & set(each.settings.model_fields)}
    assert {name for name, process in PROCESSES.items() if process.outside} == wanted


def test_the_personnel_file_grows_up_to_its_shards() -> None:
    assert PROCESSES["personnel_file"].most == SHARDS
    assert all(process.most >= process.replicas for process in PROCESSES.values())


@pytest.mark.parametrize("name", PROCESSES)
def test_the_image_runs_the_module_of_a_process(name: str) -> None:
    """Its entry point is `python3 -m`, so the module is the whole command."""
    entry = parse((ROOT / "deploy/image/Dockerfile").read_text())[-1].last("ENTRYPOINT")
    assert entry is not None
    assert entry.words == ("python3", "-m")
    assert PROCESSES[name].module == f"services.{name}"
    assert (ROOT / "services" / name / "__main__.py").exists()
