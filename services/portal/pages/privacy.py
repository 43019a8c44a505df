"""Privacy: the data that the system holds, from the published register of processing, and the rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.portal.visit import Answer, Need, Page, View, Visit
from shared.words import later

#: The texts of the values of the register (`TEXTS` of `shared.domain.processing`), for translation.
PURPOSES: Final[Mapping[str, str]] = {
    "declarations": later("Receive and check declarations, settle them, keep the personnel file"),
    "notification": later("Tell employers and mandataries the results of declarations"),
    "employers": later("Identify employers, and the persons and programs that act for them"),
    "transmission": later("Send employment data to institutions of social security"),
    "control": later("Check that the rules are followed, and support employers"),
    "complaints": later("Answer contestations and complaints"),
    "security": later("Prevent abuse, and show each use of the data"),
    "operation": later("Operate the system"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    "identification": later("Name, address, telephone, e-mail address, numbers of a person"),
    "electronic": later("Logins, keys, network addresses, instants of use"),
    "employment": later("Employment, hours of work, declarations and their answers"),
    "financial": later("Amounts that are due"),
    "judicial": later("Findings of inspectors, and what follows from them"),
    "other": later("Free text, which may hold data of any kind"),
}
SUBJECTS: Final[Mapping[str, str]] = {
    "worker": later("Workers in declarations and registers"),
    "user": later("Persons who log in for an organization or for the authority"),
    "complainant": later("Persons who complain"),
    "organization": later("Employers, mandataries and institutions; some employers are natural persons"),
    "operator": later("Operators of the system"),
}
LEGAL_BASES: Final[Mapping[str, str]] = {
    "dimona": later("Royal decree of 5 November 2002 on the immediate declaration of employment"),
    "act1969": later("Act of 27 June 1969 on the social security of workers"),
    "act1981": later("Act of 29 June 1981 on the general principles of social security"),
    "act1990": later("Act of 15 January 1990 on the Crossroads Bank for Social Security"),
    "act2014": later("Act of 5 May 2014 on the single collection of data"),
    "criminalCode": later("Social Criminal Code"),
    "gdpr": later("General Data Protection Regulation: security of processing and accountability"),
    "missing": later("No source names one: a decision is missing"),
}
RECIPIENTS: Final[Mapping[str, str]] = {
    "declarant": later("The organization that declared"),
    "employer": later("The employer, or its mandatary or approved secretariat"),
    "institutions": later("Institutions of social security with an authorization"),
    "inspection": later("Inspectors and judicial authorities"),
    "person": later("The person concerned"),
    "authority": later("Agents of the authority with a right to it"),
    "operators": later("Operators of the system"),
}
#: The decision about the term of a table for which no source gives a term.
_UNDECIDED: Final = "missing"


@dataclass(frozen=True, slots=True)
class Purpose:
    """All tables of the register for one purpose. The values are keys of the tables of texts."""

    name: str
    categories: tuple[str, ...]
    subjects: tuple[str, ...]
    legal_bases: tuple[str, ...]
    recipients: tuple[str, ...]
    bounded: int  #: number of tables with a fixed term or event after which rows are removed
    undecided: int  #: number of tables that wait for a decision about their term


def purposes(tables: Iterable[Mapping[str, Any]]) -> list[Purpose]:
    """Return the register by purpose, in the order of PURPOSES. Tables without personal data are left out."""
    by_purpose: dict[str, list[Mapping[str, Any]]] = {}
    for table in tables:
        if any(column["category"] in CATEGORIES for column in table["columns"]):
            by_purpose.setdefault(table["purpose"], []).append(table)
    return [_purpose(name, by_purpose[name]) for name in PURPOSES if name in by_purpose]


def _purpose(name: str, tables: list[Mapping[str, Any]]) -> Purpose:
    columns = [column for table in tables for column in table["columns"]]
    undecided = sum(table.get("decision") == _UNDECIDED for table in tables)
    return Purpose(
        name,
        _known(CATEGORIES, (column["category"] for column in columns)),
        _known(SUBJECTS, (column.get("subject", "none") for column in columns)),
        _known(LEGAL_BASES, (table["legalBasis"] for table in tables)),
        _known(RECIPIENTS, (recipient for table in tables for recipient in table["recipients"])),
        len(tables) - undecided,
        undecided,
    )


def _known(texts: Mapping[str, str], values: Iterable[str]) -> tuple[str, ...]:
    """Return the values that have a text, each once, in the order of the texts."""
    found = set(values)
    return tuple(value for value in texts if value in found)


async def privacy(visit: Visit) -> Answer:
    """Show the data with their subjects, purposes, recipients and terms, and the rights of a person."""
    register = await visit.apis.get("contact", "/processing")
    values = {
        "purposes": purposes(register["tables"]),
        "purpose_texts": PURPOSES,
        "categories": CATEGORIES,
        "subjects": SUBJECTS,
        "legal_bases": LEGAL_BASES,
        "recipients": RECIPIENTS,
    }
    return View("everybody/privacy.html", values)


PAGES: Final = (Page("GET", "/privacy", Need.NOTHING, privacy),)
