"""Rights of a person for an enterprise, and types of e-Box messages."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """A right of a person for an enterprise; each is a row of the directory."""

    REPRESENTATIVE = "legalRepresentation"  #: legal representative: designates the principal access manager
    ACCESS = "accessManagement"  #: principal access manager: names local managers, appoints mandataries
    USERS = "userManagement"  #: local access manager: creates users and gives them rights
    DECLARE = "declare"  #: Dimona declarations
    CONSULT = "consult"  #: the personnel file
    EBOX = "ebox"  #: reading the e-Box: one row per type of message, or one for all
    EBOX_MANAGEMENT = "eboxManagement"  #: labels for all users, digital-only delivery
    CONTEST = "contest"  #: contestation of notifications
    AGENT = "agent"  #: of the authority: works on contestations and complaints
    PRIVACY = "privacy"  #: of the authority: the list of the data protection officer


class MessageType(StrEnum):
    """The subject of an e-Box message; access is granted per type."""

    POSITIVE = "dimonaPositive"
    NEGATIVE = "dimonaNegative"
    PROVISIONAL = "dimonaProvisional"
    WORKER_CHANGED = "workerChanged"
    EMPLOYER_CHANGED = "employerChanged"
    CONTESTATION = "contestation"
    ACCESS = "access"


#: The NSSO, the authority with agents for contestations and complaints.
AUTHORITY: Final = "0206731645"
