"""Provenance of dated rows: the source of each, and the confidence in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class Confidence(StrEnum):
    """The confidence in a dated row."""

    HIGH = "high"  #: an official text, or two independent public sources
    MEDIUM = "medium"  #: one adviser or trade source, or a clear derivation
    LOW = "low"  #: press, announcement or inference


class Evidence(StrEnum):
    """The evidence that two features do not go together (rule R52)."""

    OFFICIAL = "official text"
    PRODUCTION = "seen in production"
    INFERRED = "inferred"  #: accepted and counted


GLOSSARY: Final = "glossary of Dimona 2023/3"
INSTRUCTIONS: Final = "NSSO instructions to employers"


@dataclass(frozen=True, slots=True)
class DatedRow:
    """A row of any dated table in the form in which it is listed and served."""

    table: str
    row: str
    value: str
    valid_from: date | None
    valid_until: date | None
    source: str
    confidence: Confidence


def day_or_none(day: date) -> date | None:
    """Return the day; None for `date.min` and `date.max`, which mean no limit."""
    return None if day in (date.min, date.max) else day
