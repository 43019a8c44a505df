"""Source and confidence of dated rows: tables whose rows are valid from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Confidence(StrEnum):
    """How reliable the source of a dated row is."""

    HIGH = "high"  #: an official text, or two independent public sources
    MEDIUM = "medium"  #: one adviser or trade source, or a clear derivation
    LOW = "low"  #: press, announcement or inference


class Evidence(StrEnum):
    """The kind of evidence that two features are not allowed together (rule R52)."""

    OFFICIAL = "official text"
    PRODUCTION = "seen in production"
    INFERRED = "inferred"  #: accepted and counted


GLOSSARY: Final = "glossary of Dimona 2023/3"
INSTRUCTIONS: Final = "NSSO instructions to employers"


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row of any dated table, in one form for lists and for reference data."""

    table: str
    row: str
    value: str
    valid_from: date | None
    valid_until: date | None
    source: str
    confidence: Confidence


def day_or_none(day: date) -> date | None:
    """Return the day, or None for `date.min` and `date.max`, which stand for "no limit"."""
    return None if day in (date.min, date.max) else day
