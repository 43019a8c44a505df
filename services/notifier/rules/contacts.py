"""Whom to call: the services that answer employers, by subject and kind of employer (seeds 000, 003, 004)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class Subject(StrEnum):
    """What somebody wants to ask."""

    CONTENT = "content"  #: what a declaration means, what an anomaly is about
    CONTESTATION = "contestation"  #: what was notified is not right
    TECHNICAL = "technical"  #: files, channels, the portal and the e-Box
    COMPLAINT = "complaint"  #: how one was treated


class EmployerKind(StrEnum):
    """The kinds of employer that are answered by different services."""

    PRIVATE = "private"
    PROVINCIAL_OR_LOCAL = "provincialOrLocal"


@dataclass(frozen=True, slots=True)
class Contact:
    """A service, by its name in four languages, and how to reach it."""

    seed: str  #: which of the original texts names it
    service: Mapping[str, str]
    telephone: str | None = None
    email: str | None = None
    post: str | None = None

    def to_json(self, subject: Subject) -> dict[str, Any]:
        """As it is in a notification; no nulls."""
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
#: Seed 000 gives questions of technique the number alone: what is written comes through the portal.
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
    """Whom this kind of employer asks about this subject."""
    return CONTACTS[subject, kind]


def contacts(kind: EmployerKind, *, contestable: bool) -> list[dict[str, Any]]:
    """All that a notification names, in order; nobody is sent to contest what is only provisional."""
    return [
        contact(subject, kind).to_json(subject)
        for subject in Subject
        if contestable or subject is not Subject.CONTESTATION
    ]
