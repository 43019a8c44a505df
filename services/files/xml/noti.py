"""Write notifications (NOTI): the result of each form of a file.

A positive notification always has the period after the declaration, also that of a CANCEL. A provisional one
always has an anomaly report. Existing readers need both. A provisional result has the code 3, which is in
glossary 2023/3 and not yet in schema 2022/3. The schema allows all else that is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.files.xml import impact
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
from services.files.xml.content import PlacedAnomaly
from services.files.xml.labels import PENDING, label_of
from services.files.xml.parsing import Place
from services.files.xml.reading import Form
from services.files.xml.writing import beginning, block, day_of, filled, time_of, zone
from shared.answer import answered_parties
from shared.domain.anomalies import AnomalyClass
from shared.impact import PeriodImpact
from shared.messages import Outcome, Person, QuotaExcess, ReceivedDeclaration, Result

ROOT: Final = "NOTIFICATION"
SCHEMA: Final = "NOTIFICATION_20223"
REFUSED, ACCEPTED, PROVISIONAL = 0, 1, 3  #: values of ResultCode
_UNPROCESSABLE: Final = "90059-163"
_UNIDENTIFIED: Final = "90017-151"
_INVESTIGATION: Final = "I"  #: the class of an anomaly that is being examined
_EXCEEDED: Final = "369"  #: the reason of an exceeded quota


@dataclass(frozen=True, slots=True)
class FileReference:
    """The file that a notification answers.

    Attributes:
        name: The name of the file.
        ticket: Its ticket.
        expeditor: The number of its sender, 6 digits.
        received_at: The instant of its reception.
        channel: The code of its channel (zone 00737): 14 for SFTP, 13 for an upload.
        language: The language of labels: fr, nl, de or en.
    """

    name: str
    ticket: str
    expeditor: str
    received_at: datetime
    channel: int = 14
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class HandledDeclaration:
    """The declaration of a form with its outcome, as intake sends it."""

    declaration: ReceivedDeclaration
    outcome: Outcome
    worker: Person | None = None
    impact: tuple[PeriodImpact, ...] = ()


def notification_file(forms: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of a file of notifications, in parts."""
    yield beginning(ROOT, SCHEMA)
    for form in forms:
        yield form + b"\n"
    yield f"</{ROOT}>\n".encode()


def notification_form(file: FileReference, form: Form, handled: HandledDeclaration, at: datetime) -> bytes:
    """Return the notification of a declaration, provisional or final.

    Args:
        file: The file of the form.
        form: The form.
        handled: Its declaration, with the result.
        at: The instant of writing.
    """
    outcome = handled.outcome
    provisional = outcome.result is Result.PROVISIONAL
    reports = [
        _report(
            found.code, found.anomaly_class, form.place_of(found.path), file.language,
            _quota(outcome.quota, found.code),
        )
        for found in outcome.anomalies
    ]  # fmt: skip
    if provisional:
        place = form.place_of("worker")
        label = PENDING[file.language]
        reports.append(_report(_UNIDENTIFIED, _INVESTIGATION, place, file.language, label=label))
    positive = outcome.result in (Result.ACCEPTED, Result.WARNING)
    code = PROVISIONAL if provisional else ACCEPTED if positive else REFUSED
    result = block(
        "HandlingResult",
        zone("ResultCode", code),
        *reports,
        impact.report(handled.declaration, outcome, handled.impact) if positive else "",
    )
    reference = ticket_reference("HandledReference", handled.declaration.number)
    return _form(file, form, at, _parties(handled) + reference + result, final=not provisional)


def refusal_form(file: FileReference, form: Form, at: datetime) -> bytes:
    """Return the notification of a form that the reader refused, with the anomalies and their places."""
    reports = [_report_of(found, file.language) for found in form.anomalies]
    return _form(file, form, at, _refusal(reports), final=True)


def problem_form(file: FileReference, form: Form, detail: str, at: datetime) -> bytes:
    """Return the notification of a form that became no declaration; `detail` is the reason."""
    report = _report(_UNPROCESSABLE, AnomalyClass.BLOCKING, form.place, file.language, label=detail)
    return _form(file, form, at, _refusal([report]), final=True)


def _refusal(reports: Sequence[str]) -> str:
    """Return the result of a form without a declaration, and so without a Dimona number."""
    handled = ticket_reference("HandledReference", None)
    return handled + block("HandlingResult", zone("ResultCode", REFUSED), *reports)


def _form(file: FileReference, form: Form, at: datetime, result: str, *, final: bool) -> bytes:
    return block(
        "Form",
        head("NOTI001", "FA" if final else "PA", at),
        file_reference(file.name, file.ticket),
        block(
            "FileReceptionInformation",
            zone("ReceptionDate", day_of(file.received_at)),
            zone("ReceptionHour", time_of(file.received_at)),
            zone("Channel", file.channel),
        ),
        filled("HandledOriginalFile", zone("SenderId", file.expeditor)),
        original_form(form.head),
        *map(own_reference, form.references[:4]),
        result,
    ).encode()


def _parties(handled: HandledDeclaration) -> str:
    """Return the employer and the worker, with data of the registers where the answer may have them."""
    employer, worker = answered_parties(handled.declaration, handled.outcome, handled.worker)
    numbers = ""
    if employer is not None:
        numbers = employer_numbers(employer.employer_id, employer.enterprise_number)
    return filled("EmployerId", numbers) + ("" if worker is None else natural_person(worker))


def _report_of(found: PlacedAnomaly, language: str) -> str:
    return _report(found.code, AnomalyClass.BLOCKING, found.place, language)


def _report(
    code: str, class_: str, place: Place, language: str, more: str = "", *, label: str | None = None
) -> str:
    """Return the report of an anomaly. `more` has complementary information; `label` replaces its label."""
    return block(
        "AnomalyReport",
        zone("ErrorID", code),
        zone("TagName", place.tag),
        zone("AnomalyClass", class_),
        zone("AnomalyLabel", label or label_of(code, language)),
        block(
            "AnomalyLocation",
            zone("LineNbr", place.line or None),
            zone("ColumnNbr", place.column or None),
            zone("Location", place.location),
        ),
        more,
    )


def _quota(excesses: Sequence[QuotaExcess], code: str) -> str:
    """Return the excess of each quota, for the report of an exceeded quota."""
    if code[-3:] != _EXCEEDED:
        return ""
    return filled("AnomalyComplInformation", *map(quota_features, excesses))
