"""The form of one row of the catalogue of anomalies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class AnomalyClass(StrEnum):
    """B blocks (the declaration is refused), NP does not (accepted with a warning)."""

    BLOCKING = "B"
    WARNING = "NP"


@dataclass(frozen=True, slots=True)
class AnomalyType:
    """One row of the catalogue: class, labels by language (fr, nl, de, en) and what to do about it."""

    code: str
    anomaly_class: AnomalyClass
    label: Mapping[str, str]
    hint: str


def blocking(code: str, *, fr: str, nl: str, de: str, en: str, hint: str) -> AnomalyType:
    """A row whose anomaly refuses the declaration."""
    return AnomalyType(code, AnomalyClass.BLOCKING, _labels(fr, nl, de, en), hint)


def warning(code: str, *, fr: str, nl: str, de: str, en: str, hint: str) -> AnomalyType:
    """A row whose anomaly only warns."""
    return AnomalyType(code, AnomalyClass.WARNING, _labels(fr, nl, de, en), hint)


def _labels(fr: str, nl: str, de: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"fr": fr, "nl": nl, "de": de, "en": en})
