"""The addressee of a notification, and the enterprises that a letter names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EmployerKind(StrEnum):
    """The kind of an employer. It decides which service of the authority answers its questions."""

    PRIVATE = "private"
    PROVINCIAL_OR_LOCAL = "provincialOrLocal"


@dataclass(frozen=True, slots=True)
class Party:
    """An enterprise that a letter is about or goes to, as the directory has it."""

    enterprise_number: str
    name: str | None  #: None: unknown to the directory
    language: str
    kind: EmployerKind


def addressee(employer: str | None, entitled: bool, secretariat: str | None, sender_organization: str) -> str:
    """Return the enterprise number of the one addressee of a notification (decisions D3, D34).

    The addressee is the approved secretariat of the employer's affiliation, else the employer, even for the
    employer's own declaration. A declaration without a right, or about an unknown employer, is answered to
    its sender only (decision D4).
    """
    if employer is None or not entitled:
        return sender_organization
    return secretariat or employer
