"""Forms of files on the real database of intake: received once, and answered (ADR 28)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from deploy.local.deployment import Endpoints
from services.intake.reception.handler.forms import FormReception
from shared.domain.declared import Declaration
from shared.messages import (
    Channel,
    DeclarationAdmitted,
    DeclarationRefused,
    FormAnswered,
    FormSubmitted,
    Result,
    form_of,
)
from shared.runtime.database import Transaction
from tests.integration.receiving import OTHER, engage, reception

pytestmark = pytest.mark.stack

TICKET = "3800000000001"


def form(
    endpoints: Endpoints, tx: Transaction, number: int, document: dict[str, Any], client: str | None = None
) -> FormSubmitted:
    """Return a form of a file that was received an hour ago."""
    return FormSubmitted(
        client_id=client or endpoints.data.client_of("provider").client_id,
        ticket=TICKET,
        form=number,
        declared=Declaration.model_validate(document),
        received_at=tx.now - timedelta(hours=1),
    )


async def test_a_form_is_received_once(endpoints: Endpoints, tx: Transaction) -> None:
    """It is not late because it waited for other forms of its file (decision D9)."""
    step = FormReception(reception().receive_requests)
    one = form(endpoints, tx, 7, engage(endpoints, "orchard", OTHER))
    (admitted,) = await step.receive(tx, [one])
    assert isinstance(admitted, DeclarationAdmitted)
    declaration = admitted.declaration
    assert declaration.sender.channel is Channel.SFTP
    assert form_of(declaration.sender.message_id) == (TICKET, 7)
    assert declaration.received_at == tx.now
    assert abs(declaration.late_after - one.received_at) < timedelta(seconds=5)
    assert await step.receive(tx, [one]) == [], "the inbox has forgotten it: its identity has not"
    assert await tx.connection.fetchval("SELECT count(*) FROM declarations") == 1


async def test_a_form_that_intake_refuses_is_answered_at_once(endpoints: Endpoints, tx: Transaction) -> None:
    step = FormReception(reception().receive_requests)
    one = form(endpoints, tx, 1, {"dimonaCancel": {"periodId": 1}})
    answered, refused = await step.receive(tx, [one])
    assert isinstance(refused, DeclarationRefused)
    assert isinstance(answered, FormAnswered)
    assert (answered.ticket, answered.form, answered.is_final) == (TICKET, 1, True)
    assert answered.declaration == refused.declaration
    assert answered.outcome is not None
    assert answered.outcome.result is Result.REFUSED


async def test_a_form_that_is_submitted_again_is_answered_again(
    endpoints: Endpoints, tx: Transaction
) -> None:
    """A restored database may have lost its answer. One without a result gets none yet."""
    step = FormReception(reception().receive_requests)
    refused = form(endpoints, tx, 1, {"dimonaCancel": {"periodId": 1}})
    open_ = form(endpoints, tx, 2, engage(endpoints, "orchard", OTHER))
    first = [each for each in await step.receive(tx, [refused, open_]) if isinstance(each, FormAnswered)]
    again = [each.model_copy(update={"again_at": tx.now}) for each in (refused, open_)]
    assert again[0].event_id != refused.event_id, "the inbox must not drop it"
    (answered,) = await step.receive(tx, again)
    assert isinstance(answered, FormAnswered)
    assert [answered.event_id] == [each.event_id for each in first]
    assert answered.outcome == first[0].outcome
    assert answered.declaration is not None
    assert first[0].declaration is not None
    assert answered.declaration.number == first[0].declaration.number
    assert answered.declaration.declared == refused.declared


async def test_the_answer_to_a_lost_form_comes_once(endpoints: Endpoints, tx: Transaction) -> None:
    step = FormReception(reception().receive_requests)
    lost = form(endpoints, tx, 1, {"dimonaCancel": {"periodId": 1}})
    effects = await step.receive(tx, [lost.model_copy(update={"again_at": tx.now})])
    assert sum(isinstance(each, FormAnswered) for each in effects) == 1


async def test_a_form_without_mandate_gets_a_number_and_b(endpoints: Endpoints, tx: Transaction) -> None:
    """As on the queue (decision D4)."""
    step = FormReception(reception().receive_requests)
    answered, _ = await step.receive(tx, [form(endpoints, tx, 1, engage(endpoints, "bakery", OTHER))])
    assert isinstance(answered, FormAnswered)
    assert answered.declaration is not None
    assert [found.code for found in answered.declaration.anomalies] == ["90256-155"]


async def test_a_form_of_an_unknown_client_is_a_problem(endpoints: Endpoints, tx: Transaction) -> None:
    step = FormReception(reception().receive_requests)
    one = form(endpoints, tx, 2, engage(endpoints, "orchard", OTHER), "stranger")
    (answered,) = await step.receive(tx, [one])
    assert isinstance(answered, FormAnswered)
    assert (answered.declaration, answered.problem) == (
        None,
        "This client is not registered here, or an operator has blocked it",
    )
    assert await tx.connection.fetchval("SELECT count(*) FROM declarations") == 0
