"""Write elements of official messages. A value that the official schema does not allow is left out.

Values of registers and of senders can be longer than a zone, or can be unknown to an older schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from shared.domain.calendar import BRUSSELS
from shared.domain.declaration import parse_date

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SPECIAL: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
#: Characters that XML 1.0 does not allow.
_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Facet = Callable[[str], str | None]


def _matching(pattern: str) -> Facet:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: text if compiled.fullmatch(text) else None


def _cut(longest: int, text: str) -> str | None:
    return text[:longest] if text.strip() else None


def _at_most(longest: int) -> Facet:
    """Return the facet of a text, which is cut at its longest length."""
    return partial(_cut, longest)


def _day(text: str) -> str | None:
    return text if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) and parse_date(text) else None


_NUMBER_OF_12: Final = _matching(r"\d{1,12}")
_HOUR: Final = _matching(r"(?:[01]\d|2[0-3])[0-5]\d")
_TIME: Final = _matching(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}")
_PLANNED: Final = _matching(r"[1-9]\d{0,2}")
_COUNTRY: Final = _matching(r"\d{1,5}")
_COMPANY: Final = _matching(r"[01]\d{9}|\d{9}")
_FLAG: Final = _matching(r"[01]")
#: The values that the official schemas of the answers allow, by element. Others are texts without limit.
FACETS: Final[Mapping[str, Facet]] = {
    "ActivityWithRisk": _matching(r"\d{1,3}"),
    "AnomalyLabel": _at_most(500),
    "AttestationStatus": _matching(r"[0-8]"),
    "City": _at_most(40),
    "CompanyID": _COMPANY,
    "Country": _COUNTRY,
    "DailyRegistrationId": _NUMBER_OF_12,
    "Denomination": _at_most(96),
    "DimonaPeriodId": _NUMBER_OF_12,
    "EmploymentNature": _matching("EMPLOYEE|WORKER"),
    "EndingDate": _day,
    "EndingHour": _HOUR,
    "ExceedingDaysNbr": _matching(r"\d{1,3}"),
    "ExceedingHoursNbr": _matching(r"\d{1,3}"),
    "FileName": _at_most(64),
    "FirstMonthC32ANbr": _NUMBER_OF_12,
    "FormCreationDate": _day,
    "FormCreationHour": _TIME,
    "HouseNbr": _at_most(10),
    "INSS": _matching(r"\d{11}"),
    "Identification": _matching(r"[A-Z0-9]{1,7}"),
    "IsCancelled": _FLAG,
    "IsLocked": _FLAG,
    "JointCommissionNbr": _matching(r"124|140|144|145|149|302|320|322|XXX"),
    "NOSSRegistrationNbr": _matching(r"[1-9]\d{5,7}|1\d{8}"),
    "Nationality": _COUNTRY,
    "NextMonthC32ANbr": _NUMBER_OF_12,
    "PlannedDaysNbr": _PLANNED,
    "PlannedHoursNbr": _PLANNED,
    "PostBox": _at_most(4),
    "ProvisionalNSSONbr": _matching(r"5\d{9}"),
    "QuotaType": _matching(
        r"A17_PUBTV|A17_(?:YEAR|QUARTER|STUDENT)_(?:SPORT|OTHER)|ARTICLE17|STUDENT|HORECA_(?:EMPLOYER|WORKER)"
    ),
    "ReferenceNbr": _at_most(64),
    "ReferenceOrigin": _matching(r"[1-7]"),
    "ReferenceType": _matching(r"\d"),
    "SenderId": _matching(r"\d{6}"),
    "ServiceType": _matching(r"[12]"),
    "StartingDate": _day,
    "StartingHour": _HOUR,
    "Street": _at_most(42),
    "SubEntityNbr": _matching(r"\d{1,10}"),
    "TypeForm": _matching(r"RE|PA|FA|LA|SU"),
    "UsingEmployerCompanyID": _COMPANY,
    "UsingEmployerName": _at_most(96),
    "WorkerBirthdate": _matching(r"\d{4}-\d{2}-\d{2}"),
    "WorkerFirstName": _at_most(24),
    "WorkerName": _at_most(48),
    "WorkerSex": _matching(r"[12]"),
    "WorkerStatus": _matching(r"F[12]"),
    "WorkerType": _matching(r"A17|BCW|DWD|EXT|FLX|IVT|O17|PMP|QUA|RTA|S17|STU|STX|T17|TEA|TRI|STG|OTH"),
    "ZIPCode": _at_most(9),
}


def zone(name: str, value: object | None) -> str:
    """Return an element with a value; an empty text if there is no value that the schema allows."""
    if value is None:
        return ""
    facet = FACETS.get(name)
    text: str | None = _FORBIDDEN.sub("", str(value))
    text = facet(text) if facet is not None and text is not None else text
    return "" if text is None else f"<{name}>{text.translate(_SPECIAL)}</{name}>"


def block(name: str, *parts: str) -> str:
    """Return an element with other elements in it."""
    return f"<{name}>{''.join(parts)}</{name}>"


def filled(name: str, *parts: str) -> str:
    """Return an element with other elements in it; an empty text if there are none."""
    return block(name, *parts) if any(parts) else ""


def day_of(instant: datetime) -> str:
    """Return the Belgian day of an instant, YYYY-MM-DD."""
    return f"{instant.astimezone(BRUSSELS):%Y-%m-%d}"


def time_of(instant: datetime) -> str:
    """Return the Belgian time of an instant, HH:MM:SS.mmm."""
    return instant.astimezone(BRUSSELS).time().isoformat("milliseconds")


def beginning(root: str, schema: str) -> bytes:
    """Return the beginning of a file, until the first form."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns:xsi="{XSI}" xsi:noNamespaceSchemaLocation="{schema}.xsd">\n'
    ).encode()


def document(root: str, schema: str, form: str) -> bytes:
    """Return a file with one form."""
    return beginning(root, schema) + f"{form}\n</{root}>\n".encode()
