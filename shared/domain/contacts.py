"""The services that answer questions of employers, by subject and kind of employer (docs/seeds.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class EmployerKind(StrEnum):
    """The kind of an employer. It decides which service of the authority answers its questions."""

    PRIVATE = "private"
    PROVINCIAL_OR_LOCAL = "provincialOrLocal"


class Subject(StrEnum):
    """The subjects on which an employer can ask a contact point."""

    CONTENT = "content"  #: the meaning of a declaration or an anomaly
    CONTESTATION = "contestation"  #: the notified data are wrong
    TECHNICAL = "technical"  #: files, channels, the portal and the e-Box
    COMPLAINT = "complaint"  #: the service of the authority


@dataclass(frozen=True, slots=True)
class Contact:
    """An office that answers questions about a notification: its name in four languages, and addresses."""

    seed: str  #: number of the source text that names it
    service: Mapping[str, str]
    telephone: str | None = None
    email: str | None = None
    post: str | None = None

    def to_json(self, subject: Subject) -> dict[str, Any]:
        """Return the JSON of this contact in a notification, for one subject, without nulls."""
        given = {"telephone": self.telephone, "email": self.email, "post": self.post}
        return {
            "subject": subject,
            "service": dict(self.service),
            **{name: value for name, value in given.items() if value is not None},
        }


def _named(fr: str, nl: str, de: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"fr": fr, "nl": nl, "de": de, "en": en})


_HEAD_OFFICE: Final = "Place Victor Horta 11, 1060 Bruxelles"
_FRONT_OFFICE: Final = Contact(
    "000",
    _named("Front Office de l'ONSS", "Front Office van de RSZ", "Front Office des LSS", "NSSO Front Office"),
    telephone="02 509 59 59",
    email="contact@onss.fgov.be",
    post=_HEAD_OFFICE,
)
_PUBLIC_SECTOR: Final = Contact(
    "000",
    _named(
        "Service Secteur public de l'ONSS",
        "Dienst Publieke Sector van de RSZ",
        "Dienst Öffentlicher Sektor des LSS",
        "NSSO Public Sector service",
    ),
    email="K11@onss.fgov.be",
)
_CONTACT_CENTER: Final = Contact(
    "003",
    _named(
        "Centre de contact Eranova",
        "Contactcenter Eranova",
        "Kontaktzentrum Eranova",
        "Eranova contact center",
    ),
    telephone="02 511 51 51",
    email="contactcenter@eranova.fgov.be",
)
#: Source 000 gives only the number for technical questions: written ones come through the portal.
_TECHNICAL: Final = Contact("000", _CONTACT_CENTER.service, telephone=_CONTACT_CENTER.telephone)
_QUALITY: Final = Contact(
    "000",
    _named(
        "Point de contact Qualité de l'ONSS",
        "Contactpunt Kwaliteit van de RSZ",
        "Kontaktstelle Qualität des LSS",
        "NSSO quality contact point",
    ),
    email="qualité@onss.fgov.be",
    post=f"ONSS-Qualité, {_HEAD_OFFICE}",
)

CONTACTS: Final[Mapping[tuple[Subject, EmployerKind], Contact]] = {
    (Subject.CONTENT, EmployerKind.PRIVATE): _FRONT_OFFICE,
    (Subject.CONTENT, EmployerKind.PROVINCIAL_OR_LOCAL): _PUBLIC_SECTOR,
    (Subject.CONTESTATION, EmployerKind.PRIVATE): _CONTACT_CENTER,
    (Subject.CONTESTATION, EmployerKind.PROVINCIAL_OR_LOCAL): _CONTACT_CENTER,
    (Subject.TECHNICAL, EmployerKind.PRIVATE): _TECHNICAL,
    (Subject.TECHNICAL, EmployerKind.PROVINCIAL_OR_LOCAL): _TECHNICAL,
    (Subject.COMPLAINT, EmployerKind.PRIVATE): _QUALITY,
    (Subject.COMPLAINT, EmployerKind.PROVINCIAL_OR_LOCAL): _QUALITY,
}


def contact(subject: Subject, kind: EmployerKind) -> Contact:
    """Return the service for questions of this kind of employer about this subject."""
    return CONTACTS[subject, kind]


def contacts(kind: EmployerKind, *, contestable: bool) -> list[dict[str, Any]]:
    """Return the JSON of the contacts in a notification, one for each subject, in the order of `Subject`.

    With `contestable` False (a provisional notification) there is no contact for contestation.
    """
    return [contact(subject, kind).to_json(subject) for subject in subjects(contestable=contestable)]


def subjects(*, contestable: bool) -> list[Subject]:
    """Return the subjects of the contacts in a notification, in order; CONTESTATION only if contestable."""
    return [subject for subject in Subject if contestable or subject is not Subject.CONTESTATION]
