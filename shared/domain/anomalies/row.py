"""Rows of the catalogue of anomalies, and the functions that build them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AnomalyClass(StrEnum):
    """The class of an anomaly: B refuses the declaration, NP only warns."""

    BLOCKING = "B"
    WARNING = "NP"


class Status(StrEnum):
    """Whether this system raises an anomaly. Each value except IMPLEMENTED needs a reason."""

    IMPLEMENTED = "implemented"
    WITHOUT_CHANNEL = "without channel"  #: the rule exists, but no channel can carry its mistake yet
    HISTORIC = "historic"  #: it concerns only periods that can no longer be declared
    UNDECIDABLE = "undecidable"  #: no public source gives its condition


@dataclass(frozen=True, slots=True)
class AnomalyType:
    """A row of the catalogue: class, labels (fr, nl, de, en) and a hint for the sender."""

    code: str
    anomaly_class: AnomalyClass
    label: Mapping[str, str]
    hint: str
    element: str = ""  #: the official name of its zone or block
    kinds: frozenset[str] = frozenset()  #: in, out, update, cancel, daily, form, file
    status: Status = Status.IMPLEMENTED
    reason: str = ""  #: why it is not implemented
    valid_from: date | None = None  #: first day of the periods it can concern
    valid_until: date | None = None  #: last day of the periods it can concern
    blocks_for: frozenset[str] = frozenset()  #: worker types for which it blocks, whatever its class

    @property
    def zone(self) -> str:
        """Return the number of the zone (below 90000) or block of the anomaly."""
        return self.code[:5]

    def class_for(self, worker_type: str | None) -> AnomalyClass:
        """Return the class of the anomaly for this worker type."""
        return AnomalyClass.BLOCKING if worker_type in self.blocks_for else self.anomaly_class


def blocking(code: str, *, fr: str, nl: str, de: str, en: str, hint: str) -> AnomalyType:
    """Return a row that refuses the declaration."""
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
    """Return a row that warns, but refuses the worker types of `blocks_for`."""
    return AnomalyType(code, AnomalyClass.WARNING, _labels(fr, nl, de, en), hint, blocks_for=blocks_for)


def historic(row: AnomalyType, until: date, reason: str) -> AnomalyType:
    """Mark the row as historic: it concerns only periods up to this day, which can no longer be declared."""
    return replace(row, status=Status.HISTORIC, valid_until=until, reason=reason)


def undecidable(row: AnomalyType, reason: str) -> AnomalyType:
    """Mark the row as undecidable: no public source gives its condition."""
    return replace(row, status=Status.UNDECIDABLE, reason=reason)


def until(day: date, row: AnomalyType) -> AnomalyType:
    """Limit the row to periods until this day, which can still be declared."""
    return replace(row, valid_until=day)


def without_channel(rows: Iterable[AnomalyType], reason: str) -> tuple[AnomalyType, ...]:
    """Mark the rows as rules for mistakes that no channel of today can carry."""
    return tuple(replace(row, status=Status.WITHOUT_CHANNEL, reason=reason) for row in rows)


def since(day: date, row: AnomalyType) -> AnomalyType:
    """Limit the row to periods from this day on."""
    return replace(row, valid_from=day)


#: The labels of a mistake in a single zone, with a place for its name.
_ZONE_LABELS: Final = {
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
    """Return the rows of a zone that can be missing, invalid or forbidden.

    Args:
        number: The zone.
        fr: Its name in French; likewise `nl`, `de` and `en`.
        nl: See `fr`.
        de: See `fr`.
        en: See `fr`.
        missing: The hint of reason 001; None leaves the row out.
        invalid: The hint of reason 003.
        forbidden: The hint of reason 005.
    """
    names = {"fr": fr, "nl": nl, "de": de, "en": en}
    hints = {"001": missing, "003": invalid, "005": forbidden}
    return tuple(
        blocking(
            f"{number}-{reason}",
            **{language: label.format(names[language]) for language, label in _ZONE_LABELS[reason].items()},
            hint=hint,
        )
        for reason, hint in hints.items()
        if hint is not None
    )


def _labels(fr: str, nl: str, de: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"fr": fr, "nl": nl, "de": de, "en": en})
