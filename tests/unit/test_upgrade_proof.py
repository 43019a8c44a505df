"""Control: `make prove-upgrade` measures gaps, and replaces every process in an order that fits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local import supervisor
from deploy.local.supervisor import Process
from shared.topology import JOBS, QUEUES, SERVICES
from tests.prove.upgrade.fleet import NEW_SETTINGS, ORDER, Fleet
from tests.prove.upgrade.gaps import Gaps
from tests.prove.upgrade.play import Figures
from tests.prove.upgrade.statements import broken, find


def gaps(*notes: tuple[float, int, int]) -> Gaps:
    """Return a measurement of one phase with notes: instant, final declarations, open declarations."""
    found = Gaps()
    found.begin("all", 0.0)
    for at, finals, open_ in notes:
        found.note(at, sent=0, finals=finals, open_=open_)
    return found


def test_a_gap_is_the_time_without_a_final_reply_while_declarations_are_open() -> None:
    assert gaps((0, 0, 1), (1, 0, 1), (3, 1, 1), (4, 0, 1)).longest == 3


def test_time_without_open_declarations_is_no_gap() -> None:
    assert gaps((0, 0, 1), (1, 1, 0), (9, 0, 0), (20, 0, 1), (22, 1, 0)).longest == 2


def test_a_gap_at_the_end_counts() -> None:
    assert gaps((0, 0, 5), (10, 0, 5)).longest == 10


def test_a_gap_over_the_end_of_a_phase_counts_in_both() -> None:
    found = gaps((0, 0, 1), (4, 0, 1))
    found.begin("next", 5)
    found.note(6, sent=2, finals=1, open_=0)
    found.end(7)
    assert [(phase.name, phase.longest_gap, phase.ended) for phase in found.phases] == [
        ("all", 4, 5),
        ("next", 6, 7),
    ]
    assert (found.phases[1].sent, found.phases[1].finals) == (2, 1)


def test_every_process_has_its_place_in_the_order() -> None:
    assert sorted(ORDER) == sorted((*SERVICES, *JOBS))


def test_a_consumer_is_replaced_before_the_service_that_sends_to_it() -> None:
    """Intake also reads results, so only the direction of a new declaration gives an order."""
    path = ["notifier", "personnel_file", "identification", "intake"]
    assert [service for service in ORDER if service in path] == path
    assert set(path) <= {queue.service for queue in QUEUES}


def test_new_settings_are_those_that_the_stack_would_give() -> None:
    rows = {
        name: Process(name, [], {"DIMONA_OPS_PORT": f"1{n}", "DIMONA_API_PORT": f"2{n}"})
        for n, name in enumerate(SERVICES)
    }
    rows["portal"] = Process("portal", [], {"DIMONA_PORTAL_APIS": '{"intake": "http://127.0.0.1:1"}'})
    given = NEW_SETTINGS["portal"](rows)
    port = rows["identification"].env["DIMONA_API_PORT"]
    assert json.loads(given["DIMONA_PORTAL_APIS"])["identification"] == f"http://127.0.0.1:{port}"
    assert json.loads(given["DIMONA_PORTAL_HEALTH"]).keys() == set(SERVICES)


def test_a_killed_and_a_dead_process_are_seen(tmp_path: Path) -> None:
    supervisor.write(tmp_path, [Process(name, []) for name in ORDER])
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "supervisor.log").write_text(
        "10:00:00 intake did not stop within 25 s and is killed\n10:00:01 feed ended with 1; again in 0.2 s\n"
    )
    fleet = Fleet(tmp_path)
    assert (len(fleet.killed()), len(fleet.died())) == (1, 1)


def test_a_stack_without_a_process_of_the_new_release_is_refused(tmp_path: Path) -> None:
    supervisor.write(tmp_path, [Process(name, []) for name in ORDER if name != "portal"])
    with pytest.raises(RuntimeError, match="has no portal"):
        Fleet(tmp_path)


def test_a_statement_that_the_new_schema_refuses_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "services" / "feed"
    folder.mkdir(parents=True)
    text = 'A = "SELECT 1"\nB = """\nWITH a AS (SELECT 2) SELECT FROM a"""\nC = "select"\n'
    (folder / "store.py").write_text(f'"""Update nothing."""\n{text}')
    (folder / "token.py").write_text('D = "SELECT token FROM institutions"\n')
    found = sorted(find(tmp_path), key=lambda each: each.place)
    places = ["services/feed/store.py:2", "services/feed/store.py:3", "services/feed/token.py:1"]
    assert [(each.service, each.place) for each in found] == [("feed", place) for place in places]
    assert broken(set(found), {found[0]}) == (places[2:], places[1:2])
    assert broken(set(found), set(found)) == ([], [])


def test_one_fault_fails_the_proof() -> None:
    good = Figures("a", "b", 50, declarations=1)
    assert good.passed
    faults: dict[str, Any] = {
        "lost": 1, "doubled": 1, "parked": 1, "killed": ["x"], "died": ["x"], "broken": ["x"],
        "declarations": 0,
    }  # fmt: skip
    for name, value in faults.items():
        assert not replace(good, **{name: value}).passed
