"""Forward a received declaration to the next service, and count it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from services.intake.dialogue.handler import count_result
from services.intake.reception.handler.lookup import Submission
from services.intake.reception.rules import inferred_pair
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Declaration, Kind
from shared.messages import (
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationRefused,
    Message,
    Outcome,
    ReceivedDeclaration,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction


def registers_days(submission: Submission) -> bool | None:
    """Return whether the employer of a daily registration uses Dimona for daily registrations.

    Return None for the other kinds of declaration.
    """
    if submission.declaration.kind is not Kind.DAILY:
        return None
    return submission.employer is not None and submission.employer.registers_days


def next_event(
    tx: Transaction,
    declaration: ReceivedDeclaration,
    refusal: tuple[Outcome, str] | None,
    arrived_at: float,
) -> Message:
    """Count a received declaration, measure its reception, and return its event for the next service.

    Args:
        tx: The transaction of the reception.
        declaration: The declaration.
        refusal: The outcome and the answer of a refused declaration, None for an admitted one.
        arrived_at: `time.monotonic()` when it arrived.
    """
    kind, channel = declaration.declared.kind, declaration.sender.channel
    metrics.RECEIVED.labels(channel, kind).inc()
    metrics.RECEPTION.labels(channel).observe(max(time.monotonic() - arrived_at, 0.0))
    if refusal is not None:
        outcome, _ = refusal
        count_result(declaration, outcome, tx.now)
        return DeclarationRefused(declaration=declaration, outcome=outcome)
    return (DeclarationAdmitted if kind is Kind.IN else ChangeAdmitted)(declaration=declaration)


def count_inferred_pair(declaration: Declaration, anomalies: Sequence[Anomaly]) -> None:
    """Count an admitted IN if no source allows or forbids its pair of codes (rule R52).

    The codes are the joint commission and the worker type.
    """
    pair = inferred_pair(declaration)
    if pair is not None and not any(anomaly.blocks for anomaly in anomalies):
        metrics.INFERRED_PAIRS.labels(*pair).inc()
