"""Identification's rule: which person of the register, with certainty, is the declared worker?"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from shared.domain.declared import DeclaredWorker
from shared.messages import Person

#: Letters that Unicode does not take apart, though a civil registrar does.
_TRANSLITERATED: Final = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "Þ": "TH", "Ħ": "H", "ẞ": "SS"}
)


def match(declared: DeclaredWorker, candidates: Sequence[Person]) -> Person | None:
    """The person with the declared NISS or, without NISS, the only one with that name and birth date (§9)."""
    if declared.ssin is not None:
        return next((person for person in candidates if person.ssin == declared.ssin), None)
    agreeing = {person.ssin: person for person in candidates if _agrees(declared, person)}
    return agreeing.popitem()[1] if len(agreeing) == 1 else None


def fold(name: str) -> str:
    """A name as it is compared: letters only, in capitals, without accents."""
    plain = unicodedata.normalize("NFKD", name.upper().translate(_TRANSLITERATED))
    return "".join(letter for letter in plain.upper() if letter.isalpha())


def _agrees(declared: DeclaredWorker, person: Person) -> bool:
    """Family name, given name and birth date, and gender unless one side does not give it (D29)."""
    family_name, given_name = fold(declared.family_name or ""), fold(declared.given_name or "")
    return (
        person.birth_date == declared.birth_date
        and family_name != ""
        and family_name == fold(person.family_name)
        and given_name == fold(person.given_name)
        and (declared.gender in (None, 0, person.gender) or person.gender == 0)
    )
