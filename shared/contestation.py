"""Messages between notifier and contact: notifications that may be contested, and letters for the e-Box."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.domain.rights import MessageType
from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Value


class NotificationDeposited(Message):
    """notifier → contact: a notification is in the e-Box of its addressee and may be contested."""

    TYPE: ClassVar[str] = f"{SERVICE}.notifications.notify.deposited"
    notification_id: UUID
    number: int  #: Dimona number of the declaration
    employer: str | None = None  #: enterprise number; None where the sender may not know the employer
    addressee: str  #: enterprise number
    result: str  #: A, W, B or S
    ssin: str | None = None  #: of the identified worker
    available_at: datetime
    deadline: date | None = None  #: last day to contest; None if provisional (decision D30)

    @property
    def event_id(self) -> UUID:
        return derived_id("deposited", self.notification_id)


class LetterPart(Value):
    """A part of a letter: heading and text, each in fr, nl, de and en."""

    heading: dict[str, str]
    text: dict[str, str]


class LetterWritten(Message):
    """contact → notifier: a letter for an e-Box, in French, Dutch, German and English."""

    TYPE: ClassVar[str] = f"{SERVICE}.letters.notify.written"
    letter_id: UUID
    enterprise_number: str  #: the owner of the e-Box
    message_type: MessageType
    subject: dict[str, str]  #: in fr, nl, de and en; contains no name of a person
    status: dict[str, str]  #: the outcome in a word or two
    lead: dict[str, str]  #: the paragraph that summarizes the letter
    parts: tuple[LetterPart, ...] = ()
    number: int | None = None  #: Dimona number of the declaration it is about
    data: str  #: the event with the same content for programs, as JSON text

    @property
    def event_id(self) -> UUID:
        return derived_id("letterWritten", self.letter_id)
