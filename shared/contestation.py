"""The messages about what may be contested, and of the letters that answer: between notifier and contact."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.domain.rights import MessageType
from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Value


class NotificationDeposited(Message):
    """notifier → contact: this is available to its addressee from now on, and can be contested until then."""

    TYPE: ClassVar[str] = f"{SERVICE}.notifications.notify.deposited"
    notification_id: UUID
    number: int  #: Dimona number of the declaration
    employer: str | None = None  #: enterprise number; None where the sender may know nothing of him
    addressee: str  #: enterprise number
    result: str  #: A, W, B or S
    ssin: str | None = None  #: of the worker, where he is identified
    available_at: datetime
    deadline: date | None = None  #: last day to contest; None on a provisional one (D30)

    @property
    def event_id(self) -> UUID:
        return derived_id("deposited", self.notification_id)


class LetterPart(Value):
    """A part of a letter: heading and text, both in fr, nl, de and en."""

    heading: dict[str, str]
    text: dict[str, str]


class LetterWritten(Message):
    """any service → notifier: a letter for somebody's e-Box, said in the languages of the country."""

    TYPE: ClassVar[str] = f"{SERVICE}.letters.notify.written"
    letter_id: UUID
    enterprise_number: str  #: whose e-Box it goes to
    message_type: MessageType
    subject: dict[str, str]  #: in fr, nl, de and en; names nobody
    status: dict[str, str]  #: the outcome in a word or two
    lead: dict[str, str]  #: the one paragraph for those who read only one
    parts: tuple[LetterPart, ...] = ()
    number: int | None = None  #: Dimona number of the declaration it is about
    data: str  #: the event that says the same to programs, as JSON text

    @property
    def event_id(self) -> UUID:
        return derived_id("letterWritten", self.letter_id)
