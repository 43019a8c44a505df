"""Findings: worked days of workers, as wages, presence registers and inspectors show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

from shared.domain.dated import INSTRUCTIONS


class Source(StrEnum):
    """The kinds of source of a finding."""

    WAGES = "wages"
    PRESENCE = "presence"
    INSPECTOR = "inspector"


@dataclass(frozen=True, slots=True)
class Finding:
    """One worked day of one worker for one employer.

    Attributes:
        employer: Enterprise number.
        ssin: NISS, as the source gave it.
        day: The worked day, in Belgium.
        found_at: The instant of the finding.
        source: The kind of source.
        reference: The reference of the source, for example the number of a report.
        start_hour: Begin of the work, in Belgium; None if not known.
        end_hour: End of the work; before `start_hour` if the work ended after midnight; None if not known.
        status: The status of the worker that the source gave, such as VOLUNTEER; None for a worker.
    """

    employer: str
    ssin: str
    day: date
    found_at: datetime
    source: Source
    reference: str
    start_hour: time | None = None
    end_hour: time | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Exemption:
    """A status of workers, or a time, without a duty to declare (rule R70)."""

    status: str | None  #: None: every status
    valid_until: date = date.max
    #: Whether only some workers with this status are exempt, so that an agent must look.
    partly: bool = False
    source: str = INSTRUCTIONS


_BEFORE_DIMONA: Final = date(2002, 12, 31)

#: No employer is exempt: public and private ones declare (rule R70).
EXEMPTIONS: Final = (
    Exemption(None, _BEFORE_DIMONA, source="Royal decree of 5 November 2002, in force on 1 January 2003"),
    Exemption("VOLUNTEER"),
    Exemption("PWA"),
    Exemption("TRAINEE", partly=True),
)

STATUSES: Final = frozenset(row.status for row in EXEMPTIONS if row.status is not None)


def find_exemption(finding: Finding) -> Exemption | None:
    """Return the first exemption that a finding meets, or None."""
    return next(
        (
            row
            for row in EXEMPTIONS
            if finding.day <= row.valid_until and row.status in (None, finding.status)
        ),
        None,
    )
