"""The terms of an authorization, the countries that need a guarantee, and the status of a version. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field

from services.access.fields import Flag, Row, Text
from services.access.finding import Finding
from shared.domain.feed_fields import check_feed_fields, check_feed_kinds

#: Members of the European Economic Area by ISO 3166-1 code: those of the European Union, and Norway, Iceland
#: and Liechtenstein. The table `access.eea_country` has equal rows.
EEA: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT",
        "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip


class RecipientClass(StrEnum):
    """The recipients of personal data, by section 6 of the declaration of the office on such data."""

    SOCIAL_SECURITY = "social_security"  #: institutions of the network of social security
    PUBLIC_BODY = "public_body"  #: public bodies, for their legal tasks
    JUDICIAL = "judicial"  #: courts, prosecutors and police, in an inquiry or a dispute
    PARTNER = "partner"  #: partners of the office, such as its hosting, lawyers and bailiffs
    AUTHORIZED_THIRD_PARTY = "authorized_third_party"  #: others with an authorization, in specific cases
    DELIBERATED_THIRD_PARTY = "deliberated_third_party"  #: others with a deliberation for this purpose


class Status(StrEnum):
    """Status of a version at an instant; only the version in force gives events."""

    PROPOSED = "proposed"  #: a second agent has not confirmed it
    WITHDRAWN = "withdrawn"  #: ended before its confirmation
    FUTURE = "future"
    IN_FORCE = "inForce"
    REPLACED = "replaced"  #: a later version counts instead
    EXPIRED = "expired"
    ENDED = "ended"
    NO_GUARANTEE = "noGuarantee"  #: for a country outside the EEA, without a guarantee


class Terms(Row):
    """The content of a version of an authorization.

    `fields` and `kinds` are those of the feed; without `kinds` all events are sent that the fields allow.
    `all_workers` allows events of workers without a file at the institution, and has a basis of its own.
    """

    recipient_class: RecipientClass
    legal_basis: Text  #: a law, or the number of a deliberation
    purpose: Text
    fields: Annotated[tuple[str, ...], AfterValidator(check_feed_fields)]
    kinds: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(check_feed_kinds)] | None = None
    all_workers: Flag = False
    all_workers_basis: Text | None = None
    begins_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    guarantee: Text | None = None  #: for a country outside the EEA
    contact: Text


@dataclass(frozen=True, slots=True)
class Version:
    """The values of a stored version that decide its status."""

    country: str
    guarantee: str | None
    confirmed_at: datetime | None
    valid_from: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    replaced_at: datetime | None  #: begin of the next confirmed version of the institution


def faults(terms: Terms) -> list[Finding]:
    """Return the contradictions in the terms of an authorization."""
    found = []
    if terms.expires_at is not None and terms.expires_at <= terms.begins_at:
        found.append(Finding("invalid_period", ("expiresAt",), "The expiry is not after the begin"))
    if terms.all_workers != (terms.all_workers_basis is not None):
        found.append(
            Finding(
                "invalid_input", ("allWorkersBasis",), "Give the legal basis of allWorkers, and only of that"
            )
        )
    if needs_guarantee(terms.country) and terms.guarantee is None:
        found.append(
            Finding("required_input", ("guarantee",), "A country outside the EEA needs a guarantee: name it")
        )
    return found


def needs_guarantee(country: str) -> bool:
    """Return whether data may go to this country only with a guarantee for the private life of persons."""
    return country not in EEA


def status_of(version: Version, at: datetime) -> Status:
    """Return the status of a version at an instant.

    The view `access.institution_authorizations` decides in the database by equal rules.
    """
    if version.confirmed_at is None or version.valid_from is None:
        return Status.PROPOSED if version.ended_at is None else Status.WITHDRAWN
    ends = (
        (version.ended_at, Status.ENDED),
        (version.expires_at, Status.EXPIRED),
        (version.replaced_at, Status.REPLACED),
    )
    past = [(end, status) for end, status in ends if end is not None and end <= at]
    if past:
        return min(past)[1]
    if at < version.valid_from:
        return Status.FUTURE
    if needs_guarantee(version.country) and version.guarantee is None:
        return Status.NO_GUARANTEE
    return Status.IN_FORCE
