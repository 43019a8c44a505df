"""The file that fills the directory: organizations and what they may do, as JSON.

One object of lists, all optional, so that a file may add a single employer or a whole country.
Property names are lowerCamelCase; nothing unknown is accepted.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from services.access.fields import (
    Category,
    ClientId,
    Email,
    EmployerId,
    EnterpriseNumber,
    GivenRight,
    Language,
    MandataryKind,
    MandateStatus,
    Phone,
    Quarter,
    RedirectUri,
    Row,
    Scope,
    Ssin,
    SubEntities,
)
from shared.domain.feed_fields import check_feed_fields


class Employer(Row):
    """What makes an organization an employer. Dates are inclusive; `active_until` is absent while active.

    `sub_entities` is absent for an employer that is not in the system of sub-entities;
    `daily_registration` says that he has chosen Dimona for his daily registrations.
    """

    employer_id: EmployerId
    category: Category | None = None
    active_from: date
    active_until: date | None = None
    provincial_or_local: bool = False
    secured_channel_only: bool = False
    sub_entities: SubEntities | None = None
    daily_registration: bool = False


class Organization(Row):
    """An enterprise: an employer, a mandatary, or both."""

    enterprise_number: EnterpriseNumber
    name: str = Field(min_length=1)
    language: Language
    employer: Employer | None = None
    mandatary: MandataryKind | None = None


class Mandate(Row):
    """Who lets whom act for him; quarters are inclusive, `end_quarter` is absent when open."""

    mandator: EnterpriseNumber
    mandatary: EnterpriseNumber
    application_group: str = Field(default="dimona", pattern=r"^[a-z][a-z_]*$")
    begin_quarter: Quarter
    end_quarter: Quarter | None = None
    status: MandateStatus = MandateStatus.ACTIVE


class Affiliation(Row):
    """Which approved secretariat an employer is affiliated to; dates are inclusive."""

    employer: EnterpriseNumber
    secretariat: EnterpriseNumber
    valid_from: date
    valid_until: date | None = None


class Login(Row):
    """A client lets persons log in: where its answers go, and the scopes that they may have through it."""

    redirect_uris: Annotated[tuple[RedirectUri, ...], Field(min_length=1)]
    scopes: tuple[Scope, ...] = ()


class Client(Row):
    """A technical client of an organization; `queue`: it has a reply queue.

    `scopes` are those that it may have for itself, beyond the ones that every client has.
    """

    client_id: ClientId
    organization: EnterpriseNumber
    queue: bool = True
    scopes: tuple[Scope, ...] = ()
    login: Login | None = None


class Institution(Row):
    """A subscribed institution: SHA-256 of its token (hex digits), the fields of the feed it may see."""

    institution_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    token_sha256: Annotated[str, Field(alias="tokenSha256", pattern=r"^[0-9a-f]{64}$")]
    fields: Annotated[tuple[str, ...], AfterValidator(check_feed_fields)]


class Person(Row):
    """Somebody who logs in; everywhere else he is known by `user_id` alone."""

    user_id: UUID
    ssin: Ssin
    family_name: str = Field(min_length=1)
    given_name: str = Field(min_length=1)
    language: str = Field(pattern="^(fr|nl|de|en)$")
    phone: Phone | None = None
    email: Email | None = None


class Grant(GivenRight):
    """What a person may do for an enterprise."""

    user_id: UUID
    enterprise_number: EnterpriseNumber


class Document(Row):
    """A whole file. What it names is added or changed; what it does not name stays as it is."""

    organizations: tuple[Organization, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()
    clients: tuple[Client, ...] = ()
    institutions: tuple[Institution, ...] = ()
    persons: tuple[Person, ...] = ()
    grants: tuple[Grant, ...] = ()
