"""Countries (Annex 5) and Belgian postal codes with their municipalities (Annex 23)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import Final

from shared.domain.data import rows

BELGIUM: Final = 150
UNKNOWN_MUNICIPALITY: Final = 99999  #: a NIS code that names none


@dataclass(slots=True)
class _Municipality:
    """The names of a municipality and its towns, for all its postal codes, as `_fold` returns names."""

    names: set[str] = field(default_factory=set)
    #: Whether French names are missing: for a postal code with several towns, the annex repeats the French
    #: name of the first town on each row.
    lacks_french_names: bool = False


@dataclass(slots=True)
class _PostCode:
    """The towns of a postal code, and its municipalities by NIS code."""

    towns: set[str] = field(default_factory=set)  #: Dutch names in the form of `_fold`
    municipalities: dict[int, _Municipality] = field(default_factory=dict)
    later_municipalities: dict[int, date] = field(default_factory=dict)  #: with the day of the merger
    later_names: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merger:
    """A municipality that replaces others; codes and names of the old municipalities stay accepted."""

    nis_code: int
    name_nl: str
    name_fr: str
    valid_from: date
    old: tuple[int, ...]
    post_codes: tuple[str, ...]
    source: str = "vlaanderen.be: mergers of municipalities"


def is_country(code: int) -> bool:
    """Return whether Annex 5 has this code; former countries count, because people were born there."""
    return code in _countries()


def is_post_code(text: str) -> bool:
    """Return whether the text is a Belgian postal code."""
    return text in _post_codes()


def is_city_of(post_code: str, name: str | None, municipality: int | None, day: date) -> bool:
    """Return whether a Belgian postal code belongs to a city: by its name or by its NIS code.

    One of the two is enough. A town may have the name of another town of its municipality, because people
    write Leuven for Heverlee. A merged municipality counts from the day of the merger on, and the old
    municipalities still count afterwards. Where the annex does not have the French names, a name is refused
    only if it is the Dutch name of another Flemish town. Return True for an unknown postal code, which has an
    anomaly of its own, and for a postal code without municipality, such as that of the airport.
    """
    known = _post_codes().get(post_code)
    if known is None or not known.municipalities or municipality in known.municipalities:
        return True
    if municipality is not None and known.later_municipalities.get(municipality, date.max) <= day:
        return True
    if name is None:
        return False
    folded = _fold(name)
    if known.later_names.get(folded, date.max) <= day:
        return True
    near = known.municipalities.values()
    if any(folded in each.names for each in near):
        return True
    return any(each.lacks_french_names for each in near) and folded not in _flemish_names()


def _mergers() -> Iterator[Merger]:
    for row in rows("mergers"):
        yield Merger(
            int(row["nis_code"]),
            row["name_nl"],
            row["name_fr"],
            date.fromisoformat(row["valid_from"]),
            tuple(map(int, row["old"].split())),
            tuple(row["post_codes"].split()),
        )


#: Municipalities that replaced others since the annex of September 2023.
MERGERS: Final = tuple(_mergers())


@cache
def _countries() -> frozenset[int]:
    return frozenset(int(row["code"]) for row in rows("countries"))


@cache
def _post_codes() -> Mapping[str, _PostCode]:
    known: dict[str, _PostCode] = {}
    municipalities: dict[int, _Municipality] = {}
    for row in rows("postal_codes"):
        entry = known.setdefault(row["post_code"], _PostCode())
        entry.towns.add(_fold(row["name_nl"]))
        if row["nis_code"]:
            nis_code = int(row["nis_code"])
            entry.municipalities[nis_code] = municipalities.setdefault(nis_code, _Municipality())
            entry.municipalities[nis_code].names |= {_fold(row["name_nl"]), _fold(row["name_fr"])}
    for entry in known.values():
        for municipality in entry.municipalities.values():
            municipality.lacks_french_names |= len(entry.towns) > 1
    for merger in MERGERS:
        for post_code in merger.post_codes:
            entry = known[post_code]
            entry.later_municipalities[merger.nis_code] = merger.valid_from
            for name in filter(None, (merger.name_nl, merger.name_fr)):
                entry.later_names[_fold(name)] = merger.valid_from
    return known


@cache
def _flemish_names() -> frozenset[str]:
    """Return the Dutch names of all towns in Flanders, as `_fold` returns names.

    `is_city_of` needs them where the table has no French names: there it accepts every name except these.
    """
    return frozenset(_fold(row["name_nl"]) for row in rows("postal_codes") if _is_flemish(row["nis_code"]))


def _is_flemish(nis_code: str) -> bool:
    return nis_code.startswith(("1", "23", "24", "3", "4", "7"))


@lru_cache(maxsize=8192)
def _fold(name: str) -> str:
    """Return a name for comparison: letters and digits in capitals, without accents.

    The text from the first bracket on is removed.
    """
    bare = unicodedata.normalize("NFKD", name.partition("(")[0].upper())
    return "".join(letter for letter in bare if letter.isalnum())
