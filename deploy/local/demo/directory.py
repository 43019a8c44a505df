"""The invented organizations of the demo, and the mandates between them.

Each organization plays one part in the demonstration; its role names the part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from deploy.local.demo.numbers import (
    make_employer_id,
    make_enterprise_number,
    make_provisional_employer_id,
)
from shared.domain.calendar import quarter
from shared.domain.rights import AUTHORITY

_SINCE: Final = date(2015, 1, 1)
_MANDATED_FROM: Final = "2023Q1"
_AFFILIATED_FROM: Final = date(2023, 1, 1)


def last_quarter(today: date) -> str:
    """Return the quarter before that of a day: 2025Q4 on any day of 2026Q1."""
    first_month = (today.month - 1) // 3 * 3 + 1
    return quarter(today.replace(month=first_month, day=1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Employer:
    """The facts about an organization as employer; dates are inclusive. `active_until`: None while active."""

    employer_id: int
    active_from: date = _SINCE
    active_until: date | None = None
    provincial_or_local: bool = False
    secured_channel_only: bool = False
    sub_entities: tuple[str, ...] | None = None
    daily_registration: bool = False

    def active_on(self, day: date) -> bool:
        """Return whether the employer is active on a day."""
        return self.active_from <= day and (self.active_until is None or day <= self.active_until)


@dataclass(frozen=True, slots=True)
class Organization:
    """An enterprise: employer, mandatary (`approved_secretariat`, `service_provider`), or both."""

    role: str
    enterprise_number: str
    name: str
    language: str
    employer: Employer | None = None
    mandatary: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the enterprise in the form of the file that services/access loads."""
        row: dict[str, Any] = {
            "enterpriseNumber": self.enterprise_number,
            "name": self.name,
            "language": self.language,
        }
        if self.employer is not None:
            row["employer"] = {
                "employerId": self.employer.employer_id,
                "activeFrom": self.employer.active_from.isoformat(),
                "provincialOrLocal": self.employer.provincial_or_local,
                "securedChannelOnly": self.employer.secured_channel_only,
                "dailyRegistration": self.employer.daily_registration,
            }
            if self.employer.sub_entities is not None:
                row["employer"]["subEntities"] = list(self.employer.sub_entities)
            if self.employer.active_until is not None:
                row["employer"]["activeUntil"] = self.employer.active_until.isoformat()
        if self.mandatary is not None:
            row["mandatary"] = self.mandatary
        return row


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate; begin and end quarter are included, and `end_quarter` is None if it has no end."""

    mandator: str
    mandatary: str
    application_group: str = "dimona"
    begin_quarter: str = _MANDATED_FROM
    end_quarter: str | None = None
    status: str = "active"

    def covers(self, application_group: str, quarter: str) -> bool:
        """Return whether the mandatary may act in this group of applications in this quarter."""
        return (
            self.status == "active"
            and self.application_group == application_group
            and self.begin_quarter <= quarter <= (self.end_quarter or quarter)
        )

    def document(self) -> dict[str, Any]:
        """Return the mandate in the form of the file that services/access loads."""
        row: dict[str, Any] = {
            "mandator": self.mandator,
            "mandatary": self.mandatary,
            "applicationGroup": self.application_group,
            "beginQuarter": self.begin_quarter,
            "status": self.status,
        }
        return row if self.end_quarter is None else {**row, "endQuarter": self.end_quarter}


@dataclass(frozen=True, slots=True)
class Affiliation:
    """An affiliation to an approved secretariat, without an end."""

    employer: str
    secretariat: str
    valid_from: date = _AFFILIATED_FROM

    def document(self) -> dict[str, Any]:
        """Return the affiliation in the form of the file that services/access loads."""
        return {
            "employer": self.employer,
            "secretariat": self.secretariat,
            "validFrom": self.valid_from.isoformat(),
        }


def _employer(sequence: int, role: str, name: str, language: str, **employer: Any) -> Organization:
    employer.setdefault("employer_id", make_employer_id(sequence * 137))
    return Organization(role, make_enterprise_number(sequence * 1013), name, language, Employer(**employer))


ORGANIZATIONS: Final[tuple[Organization, ...]] = (
    # Declares and is notified for itself; registers the days of its flexi-workers.
    _employer(1, "bakery", "Boulangerie Les Trois Épis", "fr", daily_registration=True),
    # Declared for by the secretariat, to which they are affiliated.
    _employer(2, "brewery", "Brouwerij De Korenaar", "nl"),
    _employer(3, "garage", "Garage du Viaduc", "fr"),
    _employer(4, "joinery", "Tischlerei Wesertal", "de"),
    # Declares for itself with its own program; its affiliation sends the notifications to the secretariat.
    _employer(5, "nursery", "Kinderopvang Het Nest", "nl"),
    # Declared for by a service provider: a mandate, no affiliation.
    _employer(6, "hotel", "Hôtel de la Citadelle", "fr"),
    # Has a provisional NSSO number; it too has the service provider declare.
    _employer(7, "orchard", "Fruitbedrijf Haspengoud", "nl", employer_id=make_provisional_employer_id(77)),
    # No mandate names this employer.
    _employer(8, "studio", "Atelier Lumière Grise", "fr"),
    # Its mandate to the secretariat ran out at the end of the last quarter.
    _employer(9, "printer", "Drukkerij Inktvis", "nl"),
    # No longer active, though its mandate was never closed.
    _employer(10, "mill", "Meunerie du Vieux Pont", "fr", active_until=date(2024, 6, 30)),
    # A local authority; its mandate to the service provider waits for a signature.
    _employer(11, "municipality", "Gemeente Vierbeke", "nl", provincial_or_local=True),
    # A public service: each IN names one of its sub-entities, and comes through a secured channel.
    _employer(
        12, "agency", "Agence fédérale des Marées", "fr",
        secured_channel_only=True, sub_entities=("0100", "0200"),
    ),
    Organization(
        "secretariat",
        make_enterprise_number(31_415),
        "Sociaal Secretariaat Vlierhof",
        "nl",
        Employer(make_employer_id(4_321)),
        mandatary="approved_secretariat",
    ),
    Organization(
        "provider",
        make_enterprise_number(27_182),
        "Paie & Conseil Services",
        "fr",
        Employer(make_employer_id(5_432)),
        mandatary="service_provider",
    ),
    # The authority itself: its agents work on contestations and complaints.
    Organization("authority", AUTHORITY, "Office national de sécurité sociale", "fr"),
)  # fmt: skip
_NUMBERS: Final = {organization.role: organization.enterprise_number for organization in ORGANIZATIONS}

#: Client ids of the form that the enrolment of the real system gives, by the role of their organization.
CLIENTS: Final = {
    "bakery": "self_service_chaman_1_k7q2vx9m4t",
    "secretariat": "self_service_chaman_2_b3n8rw5y1h",
    "provider": "self_service_chaman_3_z6d0fj2p8c",
    "nursery": "self_service_chaman_4_m1x7ga5s3e",
}

#: Scopes of some programs, by role, beside those for declaring and consulting that every program has.
SCOPES: Final = {"secretariat": tuple(f"scope:dimona:{name}" for name in ("mandates", "ebox", "contact"))}

#: An address of the portal that tests use for logins without a portal.
DEFAULT_PORTAL_URL: Final = "http://127.0.0.1:8400"
#: The web portal, through which persons log in; it belongs to the authority.
PORTAL: Final[dict[str, Any]] = {
    "clientId": "dimona_portal",
    "queue": False,
    "login": {
        "redirectUris": [f"{DEFAULT_PORTAL_URL}/callback"],
        "scopes": [
            "scope:dimona:declaration:declarant", "scope:dimona:declaration:consult",
            *(f"scope:dimona:{name}" for name in ("access", "mandates", "ebox", "contact")),
            "scope:dimona:agent", "scope:dimona:person",
        ],
    },
}  # fmt: skip


def login_document() -> dict[str, str]:
    """Return the client of the portal, with the redirect address that tests use."""
    return {"client_id": PORTAL["clientId"], "redirect_uri": PORTAL["login"]["redirectUris"][0]}


def portal_client(url: str) -> dict[str, Any]:
    """Return the client of the portal at an address, to which a login and a logout may lead back."""
    login = PORTAL["login"]
    return {
        **PORTAL,
        "login": {
            **login,
            "redirectUris": list(dict.fromkeys([*login["redirectUris"], f"{url}/callback", f"{url}/"])),
        },
    }


#: Institutions and the fields of the feed that each may see. The office for unemployment (onem) gets events
#: about daily registrations; the office for annual holidays (onva) does not.
INSTITUTIONS: Final[dict[str, tuple[str, ...]]] = {
    "onem": (
        "relation", "version", "employer", "worker", "periodId", "status", "startDate", "startHour",
        "endDate", "endHour", "plannedHoursNumber", "workerType", "dailyRegistration",
    ),
    "onva": (
        "relation", "version", "employer", "worker", "periodId", "status", "startDate", "endDate",
        "jointCommissionNumber", "workerType",
    ),
}  # fmt: skip


#: The scope of tokens that read the feed.
FEED: Final = "scope:dimona:feed"


def reader_of(institution: str) -> str:
    """Return the id of the technical client that reads the feed of an institution of the demo."""
    return f"{institution}_reader"


#: The legal basis of the authorization of each institution; the numbers of deliberations are invented.
_BASES: Final = {
    "onem": "Royal decree of 25 November 1991 on unemployment",
    "onva": "Coordinated laws of 28 June 1971 on annual holidays of employees",
}


def authorization(institution: str, granted_by: str, confirmed_by: str) -> dict[str, Any]:
    """Return the authorization of an institution, in the form of the file that services/access loads.

    `granted_by` and `confirmed_by` are user ids of two agents.
    """
    return {
        "recipientClass": "social_security",
        "legalBasis": _BASES[institution],
        "purpose": "Decide about allowances with the present employment of each worker",
        "fields": list(INSTITUTIONS[institution]),
        "allWorkers": True,
        "allWorkersBasis": "Deliberation 26/001 of the demo",
        "beginsAt": "2003-01-01T00:00:00+01:00",
        "country": "BE",
        "contact": f"feed@{institution}.example",
        "grantedBy": granted_by,
        "confirmedBy": confirmed_by,
    }


def mandates(today: date) -> tuple[Mandate, ...]:
    """Return all mandates, also those without effect, for example one that ended in the last quarter."""
    secretariat, provider = _NUMBERS["secretariat"], _NUMBERS["provider"]
    return (
        *(Mandate(_NUMBERS[role], secretariat) for role in ("brewery", "garage", "joinery")),
        Mandate(_NUMBERS["nursery"], secretariat, application_group="dmfa"),
        *(Mandate(_NUMBERS[role], provider) for role in ("hotel", "orchard", "agency")),
        Mandate(_NUMBERS["printer"], secretariat, end_quarter=last_quarter(today)),
        Mandate(_NUMBERS["mill"], secretariat),
        Mandate(_NUMBERS["municipality"], provider, status="pending"),
    )


def affiliations() -> tuple[Affiliation, ...]:
    """Return the affiliations to the approved secretariat."""
    roles = ("brewery", "garage", "joinery", "nursery")
    return tuple(Affiliation(_NUMBERS[role], _NUMBERS["secretariat"]) for role in roles)
