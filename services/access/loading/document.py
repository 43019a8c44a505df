"""The JSON file that fills the directory.

It is one object with optional lists: a file may have a single employer, or all employers of a country.
Property names are lowerCamelCase; unknown properties are refused.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.access.authorizations.rules import Terms, faults
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


class Employer(Row):
    """Data of an employer. Dates are inclusive; `active_until` is absent while active.

    `sub_entities` is absent for an employer outside the system of sub-entities. `daily_registration` means
    that the employer has chosen Dimona for its daily registrations (rule R36).
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
    """A mandate. Quarters are inclusive; `end_quarter` is absent for a mandate without end."""

    mandator: EnterpriseNumber
    mandatary: EnterpriseNumber
    application_group: str = Field(default="dimona", pattern=r"^[a-z][a-z_]*$")
    begin_quarter: Quarter
    end_quarter: Quarter | None = None
    status: MandateStatus = MandateStatus.ACTIVE


class Affiliation(Row):
    """An affiliation to an approved secretariat. Dates are inclusive; `valid_until` is absent without end."""

    employer: EnterpriseNumber
    secretariat: EnterpriseNumber
    valid_from: date
    valid_until: date | None = None


class Login(Row):
    """Login of persons through a client: its redirect addresses, and the scopes that persons may get."""

    redirect_uris: Annotated[tuple[RedirectUri, ...], Field(min_length=1)]
    scopes: tuple[Scope, ...] = ()


class Client(Row):
    """A technical client of an organization, with or without a reply queue.

    `scopes` are the scopes that its own tokens may have beyond the default ones.
    """

    client_id: ClientId
    organization: EnterpriseNumber
    queue: bool = True
    batches: bool = False  #: whether waiting messages for its reply queue are sent together as one batch
    scopes: tuple[Scope, ...] = ()
    login: Login | None = None


class Authorization(Terms):
    """An authorization, with the user ids of the agent that granted it and of the agent that confirmed it."""

    granted_by: UUID
    confirmed_by: UUID

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if findings := faults(self):
            raise PydanticCustomError("invalid_input", "{text}", {"text": findings[0].detail})
        return self

    @model_validator(mode="after")
    def _two_agents(self) -> Self:
        if self.granted_by == self.confirmed_by:
            raise PydanticCustomError("invalid_input", "another agent confirms an authorization")
        return self


class Institution(Row):
    """An institution that may have the feed: the technical clients that read it, and its authorization.

    It gets no event without an authorization. A client needs the scope of the feed, too.
    """

    institution_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    clients: tuple[ClientId, ...] = ()
    batches: bool = False  #: whether waiting events for its queue are sent together as one batch
    authorization: Authorization | None = None


class Person(Row):
    """A person that can log in. Other tables of the directory refer to a person by `user_id`."""

    user_id: UUID
    ssin: Ssin
    family_name: str = Field(min_length=1)
    given_name: str = Field(min_length=1)
    language: str = Field(pattern="^(fr|nl|de|en)$")
    phone: Phone | None = None
    email: Email | None = None


class Grant(GivenRight):
    """A right of a person for an enterprise."""

    user_id: UUID
    enterprise_number: EnterpriseNumber


class RegisteredEnterprise(Row):
    """A row of the register of enterprises. `ended_on` is the last day of an enterprise that has ended."""

    enterprise_number: EnterpriseNumber
    name: str = Field(min_length=1)
    representatives: tuple[Ssin, ...] = ()
    ended_on: date | None = None


class Document(Row):
    """A whole file. Loading adds or changes its rows; rows of the directory that it does not name stay."""

    organizations: tuple[Organization, ...] = ()
    mandates: tuple[Mandate, ...] = ()
    affiliations: tuple[Affiliation, ...] = ()
    clients: tuple[Client, ...] = ()
    institutions: tuple[Institution, ...] = ()
    persons: tuple[Person, ...] = ()
    grants: tuple[Grant, ...] = ()
    enterprises: tuple[RegisteredEnterprise, ...] = ()
