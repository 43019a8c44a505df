"""Write the answer to a consultation of the personnel file (PFANS)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from services.files.xml.blocks import (
    employer_numbers,
    file_reference,
    head,
    natural_person,
    original_form,
    own_reference,
    ticket_reference,
)
from services.files.xml.impact import features, times
from services.files.xml.pfreq import Request
from services.files.xml.writing import beginning, block, day_of, time_of, zone
from shared.consultation import FoundPeriod
from shared.persons import EmployerNumbers

ROOT: Final = "PersonnelFileConsultationAnswer"
SCHEMA: Final = "PersonnelFileConsultationAnswer_20223"


class Found(IntEnum):
    """The result of the search (zone 00609)."""

    PERIODS = 0
    NONE = 1
    TOO_MANY = 5


@dataclass(frozen=True, slots=True)
class RequestFile:
    """The file of a request: its name, and the ticket that it got."""

    name: str
    ticket: str


def answer(
    file: RequestFile,
    request: Request,
    employer: EmployerNumbers,
    found: Found,
    pages: Iterable[bytes],
    at: datetime,
) -> Iterator[bytes]:
    """Yield the content of the answer, in parts.

    Args:
        file: The file of the request.
        request: The request. It has no anomalies.
        employer: The numbers of the employer in the directory.
        found: The result of the search.
        pages: The periods that were found, from `periods_of`; none if they were too many.
        at: The instant of writing.
    """
    yield beginning(ROOT, SCHEMA)
    yield (
        "<Form>" + head("PFANS", "FA", at) + _origin(file, request) + "<PersonnelFileConsult>"
        f"{employer_numbers(employer.employer_id, employer.enterprise_number)}"
        f"{zone('RefStartingDate', request.start)}{zone('RefEndingDate', request.end)}"
        f"{zone('ResultCodeResearch', int(found))}"
    ).encode()  # fmt: skip
    yield from pages
    yield f"</PersonnelFileConsult></Form>\n</{ROOT}>\n".encode()


def periods_of(found: Iterable[FoundPeriod]) -> bytes:
    """Return these periods as a part of an answer."""
    return "".join(map(_period, found)).encode()


def _origin(file: RequestFile, request: Request) -> str:
    own = request.reference
    return (
        file_reference(file.name, file.ticket)
        + original_form(request.head)
        + ("" if own is None else own_reference(own))
        + ticket_reference("HandledReference", file.ticket)
    )


def _period(period: FoundPeriod) -> str:
    return block(
        "DimonaPeriod",
        zone("DimonaPeriodId", period.period_id),
        zone("IsLocked", int(period.locked)),
        zone("IsCancelled", int(period.canceled)),
        zone("IsLate", str(period.late).lower()),
        times(period),
        zone("LastUpdateDate", day_of(period.updated_at)),
        zone("LastUpdateHour", time_of(period.updated_at)),
        natural_person(period.worker),
        features(period.features),
    )
