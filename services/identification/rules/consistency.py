"""A NISS was given: does what else was said of the worker agree with the register? It only warns (-348)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.identification.rules import dates, names
from shared.domain.anomalies import Anomaly, anomaly
from shared.domain.declared import DeclaredWorker
from shared.messages import Person

#: Names this alike are the same name (house rule: the official tolerance is not published). It lets a
#: letter or two pass, a particle, a second name; not another name, nor the two names swapped.
TOLERANCE: Final = 0.85


@dataclass(frozen=True, slots=True)
class Comparison:
    """One zone that is compared; what was not declared, or is not known, agrees with everything."""

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
    """The warnings of a worker who was declared by his NISS; none where he was not."""
    if declared.ssin is None:
        return ()
    return tuple(anomaly(row.code, row.path) for row in COMPARISONS if not row.agrees(declared, person))


def _alike(declared: str | None, known: str) -> bool:
    return not declared or not names.fold(known) or names.likeness(declared, known) >= TOLERANCE
