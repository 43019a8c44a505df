"""The names of worker types, joint commissions and countries in the languages of the portal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from babel import Locale

from services.portal.declaration.rules import COMMISSION, COUNTRY, Field
from shared.domain.data import rows
from shared.domain.features import JOINT_COMMISSIONS, TEMPORARY_AGENCY_WORK
from shared.words import Words

#: Names of worker types and joint commissions, by list, code and language.
_CODES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    (row["list"], row["code"]): row for row in rows("code_names")
}
_EXISTS: Final = "9999"  #: the last year of a country that still exists


def name_of(kind: str, code: str, language: str) -> str:
    """Return the name of a worker type (`workerType`) or joint commission (`jointCommission`)."""
    row = _CODES.get((kind, code))
    return code if row is None else f"{row[language]} ({code})"


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return code and name of the countries of Annex 5 that still exist, by name."""
    names = Locale.parse(language).territories
    found = [
        (row["code"], str(names[row["iso2"]]))
        for row in rows("countries")
        if row["end_year"] == _EXISTS and row["iso2"] in names
    ]
    return tuple(sorted(found, key=lambda pair: pair[1]))


def options_of(field: Field, words: Words) -> tuple[tuple[str, str], ...]:
    """Return codes and texts of the options of a field; none for a field that is no choice."""
    if field.kind == COUNTRY:
        return countries(words.language)
    if field.kind == COMMISSION:
        codes = sorted(JOINT_COMMISSIONS - {TEMPORARY_AGENCY_WORK})
        return tuple((code, name_of("jointCommission", code, words.language)) for code in codes)
    return tuple((code, words(text)) for code, text in field.options)
