"""Write blocks that several official messages have."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.files.xml.rules import Head, Reference
from services.files.xml.writing import block, day_of, filled, time_of, zone
from shared.domain.declared import DeclaredWorker
from shared.domain.identifiers import looks_provisional
from shared.messages import Person, QuotaExcess

_MOST_EXCESS: Final = 999


def head(identification: str, type_form: str, at: datetime) -> str:
    """Return the header of a form that was written at this instant; its time is Belgian."""
    return (
        zone("Identification", identification)
        + zone("FormCreationDate", day_of(at))
        + zone("FormCreationHour", time_of(at))
        + zone("AttestationStatus", 0)
        + zone("TypeForm", type_form)
    )


def ticket_reference(name: str, number: object | None) -> str:
    """Return a reference of type 1 (this form) with a number that social security assigned (origin 2)."""
    return block(name, zone("ReferenceType", 1), zone("ReferenceOrigin", 2), zone("ReferenceNbr", number))


def employer_numbers(employer_id: int | None, enterprise_number: str | None) -> str:
    """Return the zones of an employer; an empty text if one of its two numbers is missing or not allowed."""
    name = "ProvisionalNSSONbr" if looks_provisional(employer_id or 0) else "NOSSRegistrationNbr"
    numbers = zone(name, employer_id), zone("CompanyID", enterprise_number)
    return "".join(numbers) if all(numbers) else ""


def file_reference(name: str, ticket: str) -> str:
    """Return the reference of the file that a message answers."""
    return block(
        "FileReference", zone("FileName", name), zone("ReferenceOrigin", 2), zone("ReferenceNbr", ticket)
    )


def original_form(original: Head) -> str:
    """Return the header of a form as the sender wrote it, without values that are not allowed."""
    return filled(
        "HandledOriginalForm",
        zone("Identification", original.identification),
        zone("FormCreationDate", original.created_on),
        zone("FormCreationHour", original.created_at),
        zone("AttestationStatus", original.attestation_status),
        zone("TypeForm", original.type_form),
    )


def own_reference(reference: Reference) -> str:
    """Return a reference of the sender; an empty text if its type or its origin is not allowed."""
    kind = zone("ReferenceType", reference.type), zone("ReferenceOrigin", reference.origin)
    return block("Reference", *kind, zone("ReferenceNbr", reference.number)) if all(kind) else ""


def natural_person(worker: Person | DeclaredWorker) -> str:
    """Return a worker; an empty text if the message can have none of its data."""
    return filled(
        "NaturalPerson",
        zone("INSS", worker.ssin),
        zone("WorkerName", worker.family_name),
        zone("WorkerFirstName", worker.given_name),
        zone("WorkerBirthdate", worker.birth_date),
        zone("WorkerSex", worker.gender),
    )


def quota_features(excess: QuotaExcess) -> str:
    """Return the excess of a quota; an empty text for a quota that the message does not know."""
    in_hours = excess.exceeding_hours is not None
    name = "ExceedingHoursNbr" if in_hours else "ExceedingDaysNbr"
    amount = (excess.exceeding_hours if in_hours else excess.exceeding_days) or 0
    quota = zone("QuotaType", excess.quota_type)
    return block("QuotaFeatures", quota, zone(name, min(amount, _MOST_EXCESS))) if quota else ""
