"""Read a request for a consultation of the personnel file (PFREQ)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.files.xml.content import Content, PlacedAnomaly, nearest_place
from services.files.xml.parsing import Limits, Message, Place, read_elements
from services.files.xml.rules import CONSULTATION, Head, Reference, check_form
from services.files.xml.structure import Block, Kind, Zone, content_of, form_of
from shared.domain.declaration import parse_date
from shared.domain.identifiers import (
    EmployerId,
    EnterpriseNumber,
    parse_employer_id,
    parse_enterprise_number,
)

MESSAGE: Final = Message(
    "PersonnelFileConsultationRequest",
    "90426",
    re.compile(r"PersonnelFileConsultationRequest_\d{4}[1-4]\.xsd"),
)
ONE: Final = Limits(size=64 * 1024, forms=1)  #: a request is small
_QUOTA: Final = "QuotaFeatures"  #: the only option
_EMPLOYER: Final = "EmployerId"  #: the compulsory block, as the declaration is in a DIMONA message

FORM: Final = form_of(
    Block(
        _EMPLOYER,
        "90256",
        "employer",
        content_of(
            (
                Zone("NOSSRegistrationNbr", "00011", "employer.employerId", Kind.INTEGER),
                Zone("ProvisionalNSSONbr", "00948", most=0),
                Zone("NOSSLPARegistrationNbr", "00109", "employer.authorityId", Kind.INTEGER),
            ),
            Zone("CompanyID", "00014", "employer.enterpriseNumber", Kind.CODE),
        ),
    ),
    Block(
        "ReferencePeriod",
        "90077",
        "period",
        content_of(
            Zone("RefStartingDate", "00074", "period.startDate", Kind.DATE),
            Zone("RefEndingDate", "00075", "period.endDate", Kind.DATE),
        ),
    ),
    Block(
        "DataOption",
        "90493",
        "option",
        content_of(Zone("Location", "00295", "option.location"), Zone("Value", "00236", most=0)),
    ),
    references=1,
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the periods of an employer.

    Attributes:
        head: The header with the reference of the sender, as texts.
        employer_id: The NSSO number; None for an employer that is named by its enterprise number only.
        enterprise_number: The enterprise number; None for an employer that is named by its NSSO number only.
        start: The first day of the requested time; None for no limit.
        end: The last day of the requested time; None for no limit.
        place: The place of the employer, or of the form if the employer is missing.
        anomalies: The anomalies of the request. Each refuses it.
    """

    head: Head
    employer_id: EmployerId | None
    enterprise_number: EnterpriseNumber | None
    start: date | None
    end: date | None
    place: Place
    anomalies: tuple[PlacedAnomaly, ...]

    @property
    def reference(self) -> Reference | None:
        """Return the reference of the sender, which the answer repeats."""
        return self.head.references[0] if self.head.references else None


def read_request(chunks: Iterable[bytes], today: date, limits: Limits = ONE) -> Request:
    """Return the request in a file.

    Args:
        chunks: The content of the file, in parts of any size.
        today: The Belgian day of reception.
        limits: The limits of the file.

    Raises:
        UnreadableFileError: The file is not such a request, or has more than one form.
    """
    (element,) = read_elements(chunks, MESSAGE, limits)
    content = Content(element, FORM)
    head = content.head(frozenset({_EMPLOYER}))
    for found in check_form(head, today, CONSULTATION):
        content.find_in_head(found.code, found.path)
    employer_id, enterprise_number = _employer(content)
    start, end = (_day(content, name, zone) for name, zone in (("startDate", "00074"), ("endDate", "00075")))
    _check(content, start, end)
    return Request(
        head,
        employer_id,
        enterprise_number,
        start,
        end,
        nearest_place(content.places, "employer", FORM.path),
        tuple(content.anomalies),
    )


def _employer(content: Content) -> tuple[EmployerId | None, EnterpriseNumber | None]:
    """Return the numbers of the employer, and add their anomalies. Zeros mean an unknown number."""
    given = content.values.get("employer")
    if given is None:
        return None, None
    own, enterprise = given.get("employerId"), given.get("enterpriseNumber", "").strip("0")
    if given.get("authorityId"):
        _find(content, "00109", "235", "employer.authorityId")
    elif not own and not enterprise:
        _find(content, "90256", "001", "employer")
    employer_id = parse_employer_id(own) if own else None
    if own and employer_id is None:
        _find(content, "00011", "003", "employer.employerId")
    number = parse_enterprise_number(given["enterpriseNumber"]) if enterprise else None
    if enterprise and number is None:
        _find(content, "00014", "003", "employer.enterpriseNumber")
    return employer_id, number


def _day(content: Content, name: str, zone: str) -> date | None:
    """Return a day of the requested time; None if it is not given or does not exist."""
    text = content.values.get("period", {}).get(name)
    day = None if text is None else parse_date(text)
    if text is not None and day is None:
        _find(content, zone, "003", f"period.{name}")
    return day


def _check(content: Content, start: date | None, end: date | None) -> None:
    """Add the anomalies of the requested time and of the option."""
    period, option = (content.values.get(name) for name in ("period", "option"))
    if period == {}:
        _find(content, "90077", "360", "period")
    if start is not None and end is not None and end < start:
        _find(content, "00075", "014", "period.endDate")
    if option is not None and option.get("location") != _QUOTA:
        _find(content, "00295", "003" if "location" in option else "001", "option.location")


def _find(content: Content, number: str, reason: str, path: str) -> None:
    content.find(number, reason, nearest_place(content.places, path, FORM.path))
