"""The form of one row of the catalogue of anomalies, and the words with which rows are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AnomalyClass(StrEnum):
    """B blocks (the declaration is refused), NP does not (accepted with a warning)."""

    BLOCKING = "B"
    WARNING = "NP"


class Status(StrEnum):
    """How far this house can tell when an anomaly holds; all but the first come with a reason."""

    IMPLEMENTED = "implemented"
    HISTORIC = "historic"  #: it can only concern periods that no declaration of today is about
    UNDECIDABLE = "undecidable"  #: no public source says when it holds


@dataclass(frozen=True, slots=True)
class AnomalyType:
    """One row of the catalogue: class, labels by language (fr, nl, de, en) and what to do about it."""

    code: str
    anomaly_class: AnomalyClass
    label: Mapping[str, str]
    hint: str
    element: str = ""  #: the official name of the zone or block it is about
    kinds: frozenset[str] = frozenset()  #: in, out, update, cancel, daily, form, file
    status: Status = Status.IMPLEMENTED
    reason: str = ""  #: why it is not implemented
    valid_from: date | None = None  #: first day of the periods it can concern
    valid_until: date | None = None  #: last day of the periods it can concern
    blocks_for: frozenset[str] = frozenset()  #: worker types for which it blocks, whatever its class

    @property
    def zone(self) -> str:
        """The number of the zone (below 90000) or block that it is about."""
        return self.code[:5]

    def class_for(self, worker_type: str | None) -> AnomalyClass:
        """The class that it has for this worker type."""
        return AnomalyClass.BLOCKING if worker_type in self.blocks_for else self.anomaly_class


def blocking(code: str, *, fr: str, nl: str, de: str, en: str, hint: str) -> AnomalyType:
    """A row whose anomaly refuses the declaration."""
    return AnomalyType(code, AnomalyClass.BLOCKING, _labels(fr, nl, de, en), hint)


def warning(
    code: str,
    *,
    fr: str,
    nl: str,
    de: str,
    en: str,
    hint: str,
    blocks_for: frozenset[str] = frozenset(),
) -> AnomalyType:
    """A row whose anomaly only warns; except for the worker types named, which it refuses."""
    return AnomalyType(code, AnomalyClass.WARNING, _labels(fr, nl, de, en), hint, blocks_for=blocks_for)


def historic(row: AnomalyType, until: date, reason: str) -> AnomalyType:
    """A row that can only concern periods up to a day long past."""
    return replace(row, status=Status.HISTORIC, valid_until=until, reason=reason)


def undecidable(row: AnomalyType, reason: str) -> AnomalyType:
    """A row of which nobody outside the authority can say when it holds."""
    return replace(row, status=Status.UNDECIDABLE, reason=reason)


def since(day: date, row: AnomalyType) -> AnomalyType:
    """A row that concerns periods from this day on only."""
    return replace(row, valid_from=day)


#: What is wrong with a single zone, said of its name; the third goes by the language of the name.
_OF_A_ZONE: Final = {
    "001": {"fr": "{} manque", "nl": "{} ontbreekt", "de": "{} fehlt", "en": "{} is missing"},
    "003": {
        "fr": "{} n'a pas une forme ou une valeur admise",
        "nl": "{} heeft geen toegelaten vorm of waarde",
        "de": "{} hat keine zulässige Form oder keinen zulässigen Wert",
        "en": "{} does not have a form or value that is allowed",
    },
    "005": {
        "fr": "{} n'a pas sa place dans cette déclaration",
        "nl": "{} hoort niet in deze aangifte",
        "de": "{} gehört nicht in diese Meldung",
        "en": "{} has no place in this declaration",
    },
}


def zone(
    number: str,
    *,
    fr: str,
    nl: str,
    de: str,
    en: str,
    missing: str | None = None,
    invalid: str | None = None,
    forbidden: str | None = None,
) -> tuple[AnomalyType, ...]:
    """The rows of a zone that can be missing, invalid or forbidden, each given by its hint."""
    names = {"fr": fr, "nl": nl, "de": de, "en": en}
    hints = {"001": missing, "003": invalid, "005": forbidden}
    return tuple(
        blocking(
            f"{number}-{reason}",
            **{language: said.format(names[language]) for language, said in _OF_A_ZONE[reason].items()},
            hint=hint,
        )
        for reason, hint in hints.items()
        if hint is not None
    )


def _labels(fr: str, nl: str, de: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"fr": fr, "nl": nl, "de": de, "en": en})
