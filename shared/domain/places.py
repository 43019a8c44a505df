"""Countries (Annex 5) and Belgian postal codes with their municipalities (Annex 23)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

from shared.domain.data import rows

BELGIUM: Final = 150
UNKNOWN_MUNICIPALITY: Final = 99999  #: a NIS code that names none


@dataclass(slots=True)
class _PostCode:
    """The NIS codes and the folded names of a postal code."""

    municipalities: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)


def is_country(code: int) -> bool:
    """Return whether Annex 5 has this code; former countries count, because people were born there."""
    return code in _countries()


def is_post_code(text: str) -> bool:
    """Return whether it is a Belgian postal code."""
    return text in _post_codes()


def is_city_of(post_code: str, name: str | None, municipality: int | None) -> bool:
    """Return whether a Belgian postal code belongs to a city: by its name or by its NIS code.

    Either is enough, because this copy of the annex lacks part of the French names. An unknown postal code
    has no cities to compare with and is an anomaly of its own.
    """
    known = _post_codes().get(post_code)
    if known is None or municipality in known.municipalities:
        return True
    return name is not None and _fold(name) in known.names


@cache
def _countries() -> frozenset[int]:
    return frozenset(int(row["code"]) for row in rows("countries"))


@cache
def _post_codes() -> Mapping[str, _PostCode]:
    known: dict[str, _PostCode] = {}
    for row in rows("postal_codes"):
        entry = known.setdefault(row["post_code"], _PostCode())
        entry.names |= {_fold(row["name_nl"]), _fold(row["name_fr"])}
        if row["nis_code"]:
            entry.municipalities.add(int(row["nis_code"]))
    for row in rows("city_names"):
        known[row["post_code"]].names.add(_fold(row["name"]))
    return known


@lru_cache(maxsize=8192)
def _fold(name: str) -> str:
    """Return letters and digits in capitals, without accents and without brackets as in "Haren (Bru.)"."""
    bare = unicodedata.normalize("NFKD", name.partition("(")[0].upper())
    return "".join(letter for letter in bare if letter.isalnum())
