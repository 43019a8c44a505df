"""Compare the data declared beside a NISS with the register; a difference is a warning (-348)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.identification.matching.rules import dates, names
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declared import DeclaredWorker
from shared.messages import Person

#: Names with this likeness count as equal (house rule: the official tolerance is not published). It accepts
#: a difference of one or two letters, a particle or a second name; it rejects another name and swapped names.
TOLERANCE: Final = 0.85


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one field. A field that is not declared or not known counts as equal."""

    code: str
    path: str
    agrees: Callable[[DeclaredWorker, Person], bool]


COMPARISONS: Final = (
    Comparison("00025-348", "worker.familyName", lambda w, p: _alike(w.family_name, p.family_name)),
    Comparison("00026-348", "worker.givenName", lambda w, p: _alike(w.given_name, p.given_name)),
    Comparison(
        "00028-348",
        "worker.birthDate",
        lambda w, p: not w.birth_date or dates.agree(w.birth_date, p.birth_date),
    ),
    Comparison("00029-348", "worker.gender", lambda w, p: not w.gender or p.gender in (0, w.gender)),
)


def inconsistencies(declared: DeclaredWorker, person: Person) -> tuple[Anomaly, ...]:
    """Return the warnings of a worker declared by NISS; without NISS there are none."""
    if declared.ssin is None:
        return ()
    return tuple(anomaly(row.code, row.path) for row in COMPARISONS if not row.agrees(declared, person))


def _alike(declared: str | None, known: str) -> bool:
    return not declared or not names.fold(known) or names.likeness(declared, known) >= TOLERANCE
