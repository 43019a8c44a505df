"""Reject commands of senders without the right to declare, or beyond the daily limit on new workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.intake.probing.rules import seconds_until_tomorrow
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.lookup import Submission
from services.intake.reception.store import Denial
from shared.domain.anomalies import Anomaly
from shared.domain.declared import Kind
from shared.messages import Channel
from shared.problems import problem
from shared.runtime import metrics

#: The channels that answer an IN without a mandate with a problem. On other channels the IN gets a number and
#: the result B (decision D4).
_DENYING: Final = frozenset({Channel.REST, Channel.WEB})
#: Anomalies of an IN for an employer of another organization, or for one that is not in the directory.
#: Both get one answer, so that the sender does not learn which employers exist (ADR 22).
_NOT_OURS: Final = frozenset({"90256-155", "00011-235", "00948-235", "00014-235", "90256-151"})


def not_registered(command: Command) -> Rejection:
    """Return the rejection of a command of a client that is not in the directory, or is blocked there."""
    denial = Denial(command.client_id, None, None, "not_registered")
    detail = "This client is not registered here, or an operator has blocked it"
    return Rejection(command, problem("missingPermission", detail), denial)


def no_mandate(submission: Submission, anomalies: Sequence[Anomaly]) -> Rejection | None:
    """Return the rejection of an IN for which the sender has no mandate, or None.

    An IN for an employer that the directory does not have gets an equal rejection. The result is None for
    other kinds of declaration, and on channels where the IN gets the result B instead.
    """
    command, employer = submission.command, submission.employer
    if command.channel not in _DENYING or submission.declaration.kind is not Kind.IN:
        return None
    if all(anomaly.code not in _NOT_OURS for anomaly in anomalies):
        return None
    number = employer.enterprise_number if employer is not None else None
    denial = Denial(command.client_id, submission.organization, number, "no_mandate")
    detail = "Your organization has no mandate for this employer, or there is no such employer"
    return Rejection(command, problem("missingPermission", detail), denial)


def too_many_workers(submission: Submission, now: datetime) -> Rejection:
    """Return the rejection of an IN beyond the daily limit on new workers of its organization."""
    number = submission.employer.enterprise_number if submission.employer is not None else None
    denial = Denial(submission.command.client_id, submission.organization, number, "too_many_workers")
    detail = (
        "Your organization has named as many new workers today as it may. Send the declaration tomorrow "
        "under a new id, or ask for a higher bound"
    )
    seconds = seconds_until_tomorrow(now)
    return Rejection(submission.command, problem("tooManyRequests", detail, retryAfterSec=seconds), denial)


def denials_of(rejections: Sequence[Rejection]) -> list[Denial]:
    """Return the denials of the rejections that have one, and count them by reason."""
    denials = [rejection.denial for rejection in rejections if rejection.denial is not None]
    for denial in denials:
        metrics.MANDATE_DENIALS.labels(denial.reason).inc()
    return denials
