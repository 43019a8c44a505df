"""The channel of files: a form of a file becomes a command to receive a declaration (ADR 28)."""

from __future__ import annotations

import hashlib
import time
from datetime import datetime
from typing import Final

from shared.domain.declared import Declaration
from shared.messages import (
    Channel,
    FormAnswered,
    FormSubmitted,
    Outcome,
    ReceivedDeclaration,
    form_of,
    to_json,
)
from shared.runtime.commands import Command

SOURCE: Final = "urn:dimona:file"


def answered(declaration: ReceivedDeclaration, outcome: Outcome) -> FormAnswered:
    """Return the result of a form as it is sent again: without its effect on the period."""
    ticket, form = form_of(declaration.sender.message_id)
    return FormAnswered(ticket=ticket, form=form, declaration=declaration, outcome=outcome)


def read(form: FormSubmitted, now: datetime) -> Command[Declaration]:
    """Return the command of a form. For lateness it counts from the reception of its file (decision D9)."""
    waited = max((now - form.received_at).total_seconds(), 0.0)
    return Command(
        form.client_id, form.message_id, SOURCE, Channel.SFTP,
        hashlib.sha256(to_json(form.declared).encode()).digest(), form.declared, None, None,
        waited=False, came=None, since=time.monotonic() - waited,
    )  # fmt: skip
