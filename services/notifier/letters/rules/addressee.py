"""The addressee of a notification, and the enterprises that a letter names."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.contacts import EmployerKind


@dataclass(frozen=True, slots=True)
class Party:
    """An enterprise that a letter is about or goes to, as the directory has it."""

    enterprise_number: str
    name: str | None  #: None if the directory does not have the enterprise
    language: str
    kind: EmployerKind


def addressee(employer: str | None, entitled: bool, secretariat: str | None, sender_organization: str) -> str:
    """Return the enterprise number of the one addressee of a notification (decisions D3, D34).

    The addressee is the approved secretariat to which the employer is affiliated, even for a declaration that
    the employer sent. Without affiliation it is the employer. If the sender has no right for the employer
    (`entitled` is False) or the employer is unknown (None), only the sender gets it (decision D4).
    """
    if employer is None or not entitled:
        return sender_organization
    return secretariat or employer
