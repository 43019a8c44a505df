"""Messages with changes of the registers of persons, careers and enterprises."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Career, Enterprise, RegisterEntry


class WorkerRegistered(Message):
    """person register → identification: a person is new in the register or has changed data."""

    TYPE: ClassVar[str] = f"{SERVICE}.workers.notify.registered"
    worker: RegisterEntry
    #: the register's own number of this change; a repeat of the same number has no effect
    sequence: int

    @property
    def event_id(self) -> UUID:
        return derived_id("registered", self.sequence)


class CareerRegistered(Message):
    """register of careers → identification: the facts of one quarter of a career."""

    TYPE: ClassVar[str] = f"{SERVICE}.careers.notify.registered"
    career: Career
    #: the register's own number of this change; a repeat of the same number has no effect
    sequence: int

    @property
    def event_id(self) -> UUID:
        return derived_id("careerRegistered", self.sequence)


class EnterpriseRegistered(Message):
    """register of enterprises → access: an enterprise is new in the register or has changed data."""

    TYPE: ClassVar[str] = f"{SERVICE}.enterprises.notify.registered"
    enterprise: Enterprise
    #: the register's own number of this change; a repeat of the same number has no effect
    sequence: int

    @property
    def event_id(self) -> UUID:
        return derived_id("enterpriseRegistered", self.sequence)
