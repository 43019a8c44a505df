"""A declaration that an operator discards is refused, for each kind and each state of the relation."""

from __future__ import annotations

import pytest

from services.personnel_file.settlement.rules.settle import SettlementCase, refuse_discarded
from shared.domain.declared import Declaration
from shared.messages import Result
from tests.unit.builders import PERIOD, RECEIVED, a_change, a_daily, an_in, received


@pytest.mark.parametrize(
    "declared", [an_in(), a_change("cancel", periodId=PERIOD), a_daily(0)], ids=["in", "cancel", "daily"]
)
def test_a_discarded_declaration_is_refused_without_effect(declared: Declaration) -> None:
    declaration = received(declared)
    settlement = refuse_discarded(SettlementCase(declaration, None, RECEIVED))
    assert settlement.outcome.result is Result.REFUSED
    assert [(found.code, found.path) for found in settlement.outcome.anomalies] == [
        ("90059-163", declared.kind.block)
    ]
    assert settlement.outcome.period_id == (declaration.number if declared.dimona_in else None)
    assert settlement.events == ()
