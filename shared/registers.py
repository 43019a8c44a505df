"""Messages with changes of the registers of persons, careers and enterprises."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.message_base import SERVICE, Message, derived_id
from shared.persons import Career, Enterprise, RegisterEntry


class RegisterChange(Message):
    """A change of a register. The register numbers its changes; a repeated number has no effect."""

    BY: ClassVar[str | None] = "sent_by"
    ID: ClassVar[str]  #: the first part of the derived id
    sequence: int
    sent_by: str = "?"  #: account at the broker; its receiver fills it

    @property
    def event_id(self) -> UUID:
        return derived_id(self.ID, self.sequence)


class WorkerRegistered(RegisterChange):
    """person register → identification: a person is new in the register or has changed data."""

    TYPE: ClassVar[str] = f"{SERVICE}.workers.notify.registered"
    ID: ClassVar[str] = "registered"
    worker: RegisterEntry


class CareerRegistered(RegisterChange):
    """register of careers → identification: the facts of one quarter of a career."""

    TYPE: ClassVar[str] = f"{SERVICE}.careers.notify.registered"
    ID: ClassVar[str] = "careerRegistered"
    career: Career


class EnterpriseRegistered(RegisterChange):
    """register of enterprises → access: an enterprise is new in the register or has changed data."""

    TYPE: ClassVar[str] = f"{SERVICE}.enterprises.notify.registered"
    ID: ClassVar[str] = "enterpriseRegistered"
    enterprise: Enterprise
