"""Versions of relations after a restore of the database (ADR 38)."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.personnel_file.settlement.store import Restore
from shared.messages import ChangeAdmitted, IdentificationEnded
from tests.unit.builders import ENTERPRISE, NISS, RECEIVED, WORKER, a_change, an_in, received
from tests.unit.services.personnel_file.settlement.files import File

KEY = (ENTERPRISE, NISS)
RESTORED = Restore(RECEIVED + timedelta(hours=1), 1005)
LATER = RESTORED.at + timedelta(seconds=1)


def engaged(restore: Restore | None, received_at: datetime = RECEIVED) -> tuple[File, int]:
    """Return a file after a restore with the relation of one IN, and the number of its period."""
    file = File(restore=restore)
    admitted = received(an_in()).model_copy(update={"received_at": received_at})
    file.settle(IdentificationEnded(declaration=admitted, worker=WORKER))
    file.cut()
    return file, admitted.number


def version_after(file: File, change: str, period: int, sequence: int, received_at: datetime) -> int:
    """Settle a change of the period in a batch of its own, and return the version that it gives."""
    admitted = received(a_change(change, periodId=period), sequence)
    file.settle(ChangeAdmitted(declaration=admitted.model_copy(update={"received_at": received_at})))
    file.cut()
    return file.relations[KEY][0].version


def test_a_change_received_after_a_restore_has_a_version_above_all_of_before() -> None:
    file, period = engaged(RESTORED)
    assert file.relations[KEY][0].version == 1
    assert version_after(file, "out", period, 2, LATER) == RESTORED.least_version + 1
    assert version_after(file, "cancel", period, 3, LATER) == RESTORED.least_version + 2


def test_a_change_received_before_a_restore_has_the_version_that_it_had() -> None:
    file, period = engaged(RESTORED)
    assert version_after(file, "out", period, 2, RESTORED.at) == 2


def test_a_new_relation_begins_with_version_1() -> None:
    file, _ = engaged(RESTORED, LATER)
    assert file.relations[KEY][0].version == 1


def test_versions_are_without_gaps_when_there_was_no_restore() -> None:
    file, period = engaged(None)
    assert version_after(file, "out", period, 2, LATER) == 2
