"""Source and confidence of dated rows, which are valid from one day to another."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Confidence(StrEnum):
    """The reliability of the source of a dated row."""

    HIGH = "high"  #: an official text, or two independent public sources
    MEDIUM = "medium"  #: one adviser or trade source, or a clear derivation
    LOW = "low"  #: press, announcement or inference


class Evidence(StrEnum):
    """The kind of evidence that two features are not allowed together (rule R52)."""

    OFFICIAL = "official text"
    PRODUCTION = "seen in production"
    INFERRED = "inferred"  #: the pair is accepted and counted


GLOSSARY: Final = "glossary of Dimona 2023/3"
INSTRUCTIONS: Final = "NSSO instructions to employers"
