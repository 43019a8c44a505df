"""The answers to a result: replies on the queue, answers to forms, none on the other channels."""

from __future__ import annotations

import pytest

from services.intake.dialogue import channels as replies
from shared.messages import (
    Channel,
    DeclarationProvisional,
    DeclarationSettled,
    Delivery,
    FormAnswered,
    Outcome,
    Result,
)
from tests.unit.builders import RECEIVED, an_in, received


@pytest.mark.parametrize("channel", Channel)
def test_a_rest_declaration_gets_no_reply_on_the_queue(channel: Channel) -> None:
    """One table has the channels with replies (decision D3), another one those with answers at all."""
    declaration = received(an_in())
    sender = declaration.sender.model_copy(update={"channel": channel, "message_id": "380000000001A#7"})
    declaration = declaration.model_copy(update={"sender": sender})
    provisional = DeclarationProvisional(
        declaration=declaration, outcome=Outcome(result=Result.PROVISIONAL, decided_at=RECEIVED)
    )
    settled = DeclarationSettled(
        declaration=declaration, outcome=Outcome(result=Result.ACCEPTED, decided_at=RECEIVED)
    )
    told = [
        *replies.reception_of(declaration, RECEIVED),
        *replies.result_of(provisional, RECEIVED, "{}"),
        *replies.result_of(settled, RECEIVED, "{}"),
    ]
    if channel is Channel.SFTP:
        assert told == [
            FormAnswered(ticket="380000000001A", form=7, declaration=declaration, outcome=one.outcome)
            for one in (provisional, settled)
        ]
        return
    wanted = [replies.RECEIVED, replies.INTERMEDIATE, replies.FINAL] if channel is Channel.QUEUE else []
    assert [one.type for one in told if isinstance(one, Delivery)] == wanted
