"""Write the change of a number or of person data for an employer (IDFLUX).

The justification codes are 90 to 93.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.files.xml.blocks import employer_numbers, head, ticket_reference
from services.files.xml.writing import block, document, zone
from shared.domain.identifiers import looks_provisional
from shared.persons import Person

#: Annex 40: a NISS was replaced, or other data of a person changed.
OF_WORKER: Final = frozenset({90, 91})
#: Annex 40: an employer number was replaced, because of its language or a double use.
OF_EMPLOYER: Final = frozenset({92, 93})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """The earlier values of the data of a worker that changed; None for the others."""

    ssin: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    birth_date: str | None = None
    gender: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that social security made.

    Attributes:
        code: The justification code, 90 to 93.
        effective_on: The first day on which the new data are valid.
        employer_id: The NSSO number of the employer that is notified. The message has no provisional numbers.
        enterprise_number: Its enterprise number, 10 digits.
        valid: The data in force: the worker, or the employer number for codes 92 and 93.
        outdated: The earlier data of the worker, or the earlier employer number.
    """

    code: int
    effective_on: date
    employer_id: int
    enterprise_number: str
    valid: Person | int
    outdated: Outdated | int


def idflux(change: Change, reference: str, at: datetime) -> bytes:
    """Return the message about a change.

    Args:
        change: The change.
        reference: The number of the message, at most 20 characters.
        at: The instant of writing.

    Raises:
        ValueError: The official message cannot carry the change: another code, or a provisional number.
    """
    numbers = [
        change.employer_id,
        *(each for each in (change.valid, change.outdated) if isinstance(each, int)),
    ]
    expected = OF_EMPLOYER if isinstance(change.valid, int) else OF_WORKER
    if change.code not in expected or any(map(looks_provisional, numbers)):
        raise ValueError("IDFLUX cannot carry this change")
    information = block(
        "IdfluxInformation",
        zone("JustificationCode", change.code),
        zone("EffectiveStartingDate", change.effective_on),
        block("EmployerId", employer_numbers(change.employer_id, change.enterprise_number)),
        block("ValidSituation", _valid(change.valid)),
        block("OutdatedSituation", _outdated(change.outdated)),
    )
    form = block("Form", head("IDFLUX", "SU", at), ticket_reference("Reference", reference), information)
    return document("IDFLUX", "IDFLUX_20231", form)


def _valid(valid: Person | int) -> str:
    if isinstance(valid, int):
        return zone("NOSSRegistrationNbr", valid)
    outdated = Outdated(
        ssin=valid.ssin,
        family_name=valid.family_name,
        given_name=valid.given_name or valid.family_name,
        birth_date=valid.birth_date,
        gender=valid.gender or _gender_in(valid.ssin),
    )
    return _outdated(outdated)


def _outdated(data: Outdated | int) -> str:
    if isinstance(data, int):
        return zone("NOSSRegistrationNbr", data)
    return (
        zone("INSS", data.ssin)
        + zone("WorkerName", data.family_name)
        + zone("WorkerFirstName", data.given_name)
        + zone("WorkerBirthdate", data.birth_date)
        + zone("WorkerSex", data.gender)
    )


def _gender_in(ssin: str) -> int:
    """Return the gender in a NISS: 1 if its sequence number is odd, else 2. The message always has one."""
    return 1 if int(ssin[6:9]) % 2 else 2
