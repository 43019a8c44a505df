"""The score of a candidate for a worker without NISS (0 to 100), and the conditions for a certain match.

Each part, such as the family name, has points. The score is the percentage of these points that a candidate
gets. Gender and address are left out if the declaration or the register does not have them. With `LIMITS`, a
match with another gender, given name or birth date is never certain. A match can still be certain if one or
two letters of a name differ, if day and month or the two names are swapped, or if a particle is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.identification.matching.rules import dates, names
from shared.domain.declared import Address, DeclaredWorker
from shared.messages import RegisteredAddress, RegisterEntry

#: Points for each part: the table of the score.
FAMILY_NAME: Final = 32
GIVEN_NAME: Final = 24
BIRTH_DATE: Final = 32
GENDER: Final = 12
ADDRESS: Final = 10

#: Factor for the likeness of names if family name and given name are swapped.
_NAMES_SWAPPED: Final = 0.95
_PLACE, _STREET = 0.6, 0.4  #: weights of the parts of an address
_SAME_STREET: Final = 0.85  #: likeness
_UNKNOWN_PLACE: Final = 99999
_NOT_GIVEN: Final = (None, 0)
_NO_DATE: Final = "0000-99-99"
_LIKE: Final = 0.6  #: names with this likeness are not swapped


@dataclass(frozen=True, slots=True)
class Limits:
    """The conditions for a candidate to be the worker."""

    threshold: float = 90.0  #: least points of a certain match
    margin: float = 8.0  #: least distance to the next candidate; for an exact match, to the next exact one
    family_name: float = 0.85  #: least likeness of the family name, also with a high score
    given_name: float = 0.86
    birth_date: float = dates.SWAPPED


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a candidate, and the likeness of its parts."""

    points: float
    family_name: float
    given_name: float
    birth_date: float
    same_gender: bool

    @property
    def exact(self) -> bool:
        """Whether names, birth date and gender agree. The address does not count: people move."""
        return self.same_gender and min(self.family_name, self.given_name, self.birth_date) == 1.0

    def enough(self, limits: Limits) -> bool:
        """Return whether the score and the likeness of the parts are high enough for a certain match."""
        return (
            self.points >= limits.threshold
            and self.family_name >= limits.family_name
            and self.given_name >= limits.given_name
            and self.birth_date >= limits.birth_date
        )


def search_keys(declared: DeclaredWorker) -> tuple[str, ...]:
    """Return the search keys of a worker: birth date, the date with day and month swapped, and name keys.

    Return no keys without birth date.
    """
    if not declared.birth_date:
        return ()
    turned = dates.swapped(declared.birth_date)
    given = (name for name in (declared.family_name, declared.given_name) if name and names.fold(name))
    keys = [declared.birth_date, *([turned] if turned else [])]
    return (*keys, *(names.name_key(name, declared.birth_date) for name in given))


def score(declared: DeclaredWorker, entry: RegisterEntry) -> Score:
    """Return the score of one candidate for a declared worker."""
    family, given = _names(declared, entry)
    birth = dates.likeness(declared.birth_date or _NO_DATE, entry.birth_date)
    parts = [(FAMILY_NAME, family), (GIVEN_NAME, given), (BIRTH_DATE, birth)]
    same_gender = declared.gender in (*_NOT_GIVEN, entry.gender) or entry.gender == 0
    if declared.gender not in _NOT_GIVEN and entry.gender != 0:
        parts.append((GENDER, float(same_gender)))
    if (address := _address(declared.address, entry.address)) is not None:
        parts.append((ADDRESS, address))
    points = 100 * sum(weight * alike for weight, alike in parts) / sum(weight for weight, _ in parts)
    return Score(points, family, given, birth, same_gender)


def best(
    declared: DeclaredWorker, candidates: Sequence[RegisterEntry], limits: Limits = LIMITS
) -> tuple[RegisterEntry | None, bool]:
    """Return the candidate that is certainly the worker, and whether several candidates are too alike.

    If no candidate is good enough, return None and False. If another candidate has a score too close to the
    best score, return None and True. An exact candidate competes only with other exact candidates.
    """
    scored = [
        (score(declared, entry), entry)
        for entry in {one.ssin: one for one in candidates}.values()
        if dates.likeness(declared.birth_date or _NO_DATE, entry.birth_date) >= limits.birth_date
    ]
    scored.sort(key=lambda pair: (pair[0].exact, pair[0].points), reverse=True)
    if not scored or not scored[0][0].enough(limits):
        return None, False
    (first, entry), others = scored[0], [points for points, _ in scored[1:]]
    if first.exact:
        others = [other for other in others if other.exact]
    clear = all(first.points - other.points >= limits.margin for other in others)
    return (entry, False) if clear else (None, True)


def _names(declared: DeclaredWorker, entry: RegisterEntry) -> tuple[float, float]:
    family_name, given_name = declared.family_name or "", declared.given_name or ""
    straight = (
        names.likeness(family_name, entry.family_name),
        names.likeness(given_name, entry.given_name),
    )
    if straight[0] >= _LIKE:
        return straight
    turned = (
        names.likeness(given_name, entry.family_name) * _NAMES_SWAPPED,
        names.likeness(family_name, entry.given_name) * _NAMES_SWAPPED,
    )
    return max(straight, turned, key=sum)


def _address(declared: Address | None, known: RegisteredAddress | None) -> float | None:
    """Return the likeness of two addresses from 0 to 1; None if no part is known in both."""
    if declared is None or known is None:
        return None
    parts = []
    code = declared.municipality.code if declared.municipality else None
    places = [(declared.post_code, known.post_code)]
    if code != _UNKNOWN_PLACE and known.municipality != _UNKNOWN_PLACE:
        places.append((str(code) if code else None, str(known.municipality) if known.municipality else None))
    if compared := [one == other for one, other in places if one and other]:
        parts.append((_PLACE, float(any(compared))))
    if declared.street and known.street:
        parts.append((_STREET, float(names.likeness(declared.street, known.street) >= _SAME_STREET)))
    total = sum(weight for weight, _ in parts)
    return sum(weight * alike for weight, alike in parts) / total if parts else None
