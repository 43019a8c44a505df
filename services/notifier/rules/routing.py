"""Routing: who gets the one notification of a declaration, and of what kind it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.domain.rights import MessageType
from shared.messages import Result


class NotificationKind(StrEnum):
    """The three notifications of dimona.md §3; a warning is a positive one with anomalies."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    PROVISIONAL = "provisional"


KIND_OF: Final = {
    Result.ACCEPTED: NotificationKind.POSITIVE,
    Result.WARNING: NotificationKind.POSITIVE,
    Result.REFUSED: NotificationKind.NEGATIVE,
    Result.PROVISIONAL: NotificationKind.PROVISIONAL,
}

#: What each is in an e-Box, where access is given by type of message.
TYPE_OF: Final = {
    NotificationKind.POSITIVE: MessageType.POSITIVE,
    NotificationKind.NEGATIVE: MessageType.NEGATIVE,
    NotificationKind.PROVISIONAL: MessageType.PROVISIONAL,
}


def addressee(employer: str | None, entitled: bool, secretariat: str | None, sender_organization: str) -> str:
    """The enterprise number of the one addressee (D3, D34).

    The approved secretariat of the employer's affiliation, else the employer, even when he declared
    himself. What was said without a right, or about nobody we know, is answered to its sender only (D4).
    """
    if employer is None or not entitled:
        return sender_organization
    return secretariat or employer
