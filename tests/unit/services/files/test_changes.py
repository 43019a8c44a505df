"""Changed situations that an IDFLUX file can carry."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.files.handling.handler.changes import change_of
from services.files.xml.idflux import Outdated
from shared.messages import SituationChanged
from tests.unit.builders import WORKER

SITUATION = SituationChanged(
    subject=UUID(int=1), enterprise_number="0400767772", employer_id=175110801, justification_code=90,
    effective_on=date(2026, 1, 1), worker=WORKER, outdated_ssin="93051800084",
)  # fmt: skip


def test_a_replaced_number_of_a_worker_is_carried() -> None:
    change = change_of(SITUATION)
    assert change is not None
    assert (change.code, change.valid, change.outdated) == (90, WORKER, Outdated(ssin="93051800084"))


@pytest.mark.parametrize(
    "changes",
    [{"justification_code": None, "worker": None}, {"employer_id": 5000000120}],
    ids=["a definitive number", "a provisional number"],
)
def test_numbers_of_employers_are_not_carried(changes: dict[str, Any]) -> None:
    assert change_of(SITUATION.model_copy(update=changes)) is None
