"""Write the answer to a consultation of the personnel file (PFANS). No channel uses this format yet."""

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
    quota_features,
    ticket_reference,
)
from services.files.xml.impact import features, times
from services.files.xml.pfreq import Request
from services.files.xml.writing import beginning, block, day_of, time_of, zone
from shared.domain.declared import DeclaredFeatures
from shared.messages import EmployerNumbers, Person, QuotaExcess

ROOT: Final = "PersonnelFileConsultationAnswer"
SCHEMA: Final = "PersonnelFileConsultationAnswer_20223"


class Found(IntEnum):
    """The result of the search (zone 00609)."""

    PERIODS = 0
    NONE = 1
    TOO_MANY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultedPeriod:
    """A period of the answer, with the names of the consultation; dates as texts, hours as HHMM."""

    period_id: int
    locked: bool
    canceled: bool
    late: bool
    start_date: str
    start_hour: str | None = None
    end_date: str | None = None
    end_hour: str | None = None
    planned_hours_number: int | None = None
    planned_days_number: int | None = None
    updated_at: datetime
    worker: Person | None = None
    features: DeclaredFeatures | None = None
    quota: tuple[QuotaExcess, ...] = ()


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
    periods: Iterable[ConsultedPeriod],
    at: datetime,
) -> Iterator[bytes]:
    """Yield the content of the answer, in parts.

    Args:
        file: The file of the request.
        request: The request. It has no anomalies.
        employer: The numbers of the employer in the directory.
        found: The result of the search.
        periods: The periods that were found; none if they were too many.
        at: The instant of writing.
    """
    yield beginning(ROOT, SCHEMA)
    yield (
        "<Form>" + head("PFANS", "FA", at) + _origin(file, request) + "<PersonnelFileConsult>"
        f"{employer_numbers(employer.employer_id, employer.enterprise_number)}"
        f"{zone('RefStartingDate', request.start)}{zone('RefEndingDate', request.end)}"
        f"{zone('ResultCodeResearch', int(found))}"
    ).encode()  # fmt: skip
    for period in periods:
        yield _period(period, with_quotas=request.with_quotas).encode()
    yield f"</PersonnelFileConsult></Form>\n</{ROOT}>\n".encode()


def _origin(file: RequestFile, request: Request) -> str:
    own = request.reference
    return (
        file_reference(file.name, file.ticket)
        + original_form(request.head)
        + ("" if own is None else own_reference(own))
        + ticket_reference("HandledReference", file.ticket)
    )


def _period(period: ConsultedPeriod, *, with_quotas: bool) -> str:
    worker, declared = period.worker, period.features
    return block(
        "DimonaPeriod",
        zone("DimonaPeriodId", period.period_id),
        zone("IsLocked", int(period.locked)),
        zone("IsCancelled", int(period.canceled)),
        zone("IsLate", str(period.late).lower()),
        times(period),
        zone("LastUpdateDate", day_of(period.updated_at)),
        zone("LastUpdateHour", time_of(period.updated_at)),
        "" if worker is None else natural_person(worker),
        "" if declared is None else features(declared),
        *(quota_features(each) for each in period.quota if with_quotas),
    )
