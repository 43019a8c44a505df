"""Lateness is judged by the start of our own outage (decision D9), and the list stores it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from deploy.local.stack import Stack
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.messages import (
    ChangeAdmitted,
    DeclarationSettled,
    EmployerNumbers,
    IdentificationEnded,
    Result,
    derived_id,
)
from shared.runtime.database import Transaction, open_pool
from shared.topology import Deployment
from tests.unit.builders import ENTERPRISE, NSSO, RECEIVED, WORKER, a_change, an_in, received

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="function")]


def engaged(sequence: int, start: str, *, outage: timedelta) -> IdentificationEnded:
    """Return an IN that was taken from the queue after an outage of ours."""
    declaration = received(an_in(startDate=start, endDate=start), sequence).model_copy(
        update={
            "late_after": RECEIVED - outage,
            "employer": EmployerNumbers(enterprise_number=ENTERPRISE, employer_id=NSSO),
            "order_key": str(derived_id(sequence)),
        }
    )
    return IdentificationEnded(declaration=declaration, worker=WORKER)


async def test_our_outage_makes_no_declaration_late(stack: Stack) -> None:
    """Received on the 20th after two days of outage: a start on the 19th is in time, one on the 17th late."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("late"), "late")
    outage = timedelta(days=2)
    batch: list[SettleRequest] = [
        engaged(1, "2026-02-19", outage=outage),
        engaged(2, "2026-02-17", outage=outage),
        engaged(3, "2026-02-16", outage=timedelta()),
    ]
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        async with pool.acquire() as connection, connection.transaction():
            await settle_declarations(Transaction(connection, RECEIVED), batch)
        rows = await pool.fetch("SELECT * FROM late ORDER BY declaration_id")
        by_outage, by_reception = rows
        assert by_outage["late_after"] == RECEIVED - outage
        assert by_outage["received_at"] == by_reception["late_after"] == RECEIVED
        assert by_outage["late_seconds"] == 10 * 3_600  # since midnight in Brussels, on the 18th
        assert by_reception["late_seconds"] == (3 * 24 + 10) * 3_600
        for statement in ("UPDATE late SET late_seconds = 1", "DELETE FROM late"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement)


async def test_a_late_declaration_is_settled_on_a_saturday(stack: Stack) -> None:
    """Due on a Friday and received on the Saturday: zero working days late, and no failure (rule R2)."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("saturday"), "saturday")
    begun = engaged(1, "2026-02-10", outage=timedelta())
    begun = begun.model_copy(
        update={
            "declaration": begun.declaration.model_copy(update={"declared": an_in(startDate="2026-02-10")})
        }
    )
    saturday = RECEIVED + timedelta(days=8)
    left = received(a_change("out", periodId=begun.declaration.number, endDate="2026-02-26"), 2).model_copy(
        update={"received_at": saturday, "late_after": saturday, "order_key": "key"}
    )
    async with await open_pool(endpoints.dsns["personnel_file"], "personnel_file") as pool:
        async with pool.acquire() as connection, connection.transaction():
            await settle_declarations(Transaction(connection, RECEIVED), [begun])
            effects = await settle_declarations(
                Transaction(connection, saturday), [ChangeAdmitted(declaration=left)]
            )
        row = await pool.fetchrow("SELECT * FROM late WHERE declaration_id = $1", left.number)
    assert saturday.weekday() == 5
    assert row is not None
    assert (row["rule"], row["late_working_days"]) == ("R2", 0)
    (settled,) = (effect for effect in effects if isinstance(effect, DeclarationSettled))
    assert settled.outcome.result == Result.ACCEPTED
