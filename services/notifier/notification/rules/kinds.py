"""The kinds of notification, and their types of message in an e-Box."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.domain.rights import MessageType
from shared.messages import Result


class NotificationKind(StrEnum):
    """The three kinds of notification. Acceptance with warnings (W) gives a positive notification."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    PROVISIONAL = "provisional"


KIND_OF: Final = {
    Result.ACCEPTED: NotificationKind.POSITIVE,
    Result.WARNING: NotificationKind.POSITIVE,
    Result.REFUSED: NotificationKind.NEGATIVE,
    Result.PROVISIONAL: NotificationKind.PROVISIONAL,
}

#: The type of message in an e-Box for each kind of notification. Rights to read are given by type.
TYPE_OF: Final = {
    NotificationKind.POSITIVE: MessageType.POSITIVE,
    NotificationKind.NEGATIVE: MessageType.NEGATIVE,
    NotificationKind.PROVISIONAL: MessageType.PROVISIONAL,
}
