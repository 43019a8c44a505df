"""What a person may do for an enterprise, and what kinds of message an e-Box holds (seeds 001 and 004)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that a person may do for an enterprise; a person has as many rows as rights."""

    REPRESENTATIVE = "legalRepresentation"  #: the responsible person: designates the principal access manager
    ACCESS = "accessManagement"  #: principal access manager: names local managers, appoints mandataries
    USERS = "userManagement"  #: local access manager: makes users, says what each may do
    DECLARE = "declare"  #: Dimona declarations
    CONSULT = "consult"  #: the personnel file
    EBOX = "ebox"  #: reads the e-Box: one row per type of message, or one for all
    EBOX_MANAGEMENT = "eboxManagement"  #: labels for all, "le tout numérique"
    CONTEST = "contest"  #: contests what was notified
    AGENT = "agent"  #: of the authority itself: works on contestations and complaints
    PRIVACY = "privacy"  #: of the authority itself: the data protection officer's list


class MessageType(StrEnum):
    """What a message in an e-Box is about; access to it is given type by type."""

    POSITIVE = "dimonaPositive"
    NEGATIVE = "dimonaNegative"
    PROVISIONAL = "dimonaProvisional"
    WORKER_CHANGED = "workerChanged"
    EMPLOYER_CHANGED = "employerChanged"
    CONTESTATION = "contestation"
    ACCESS = "access"


#: The authority itself, whose agents work on contestations and complaints: the NSSO.
AUTHORITY: Final = "0206731645"
