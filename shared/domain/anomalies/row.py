"""Rows of the catalogue of anomalies, and the functions that read them from TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from shared.domain.data import rows


class AnomalyClass(StrEnum):
    """The class of an anomaly: B refuses the declaration, NP only warns."""

    BLOCKING = "B"
    WARNING = "NP"


class Status(StrEnum):
    """The state of an anomaly in this system: raised, or not raised for a general reason.

    For each value except IMPLEMENTED, the row gives the reason in detail.
    """

    IMPLEMENTED = "implemented"
    WITHOUT_CHANNEL = "rule without a channel"  #: no channel can carry its mistake yet
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
        """Return the class of the anomaly for this worker type.

        It is B for a type in `blocks_for`, else `anomaly_class`.
        """
        return AnomalyClass.BLOCKING if worker_type in self.blocks_for else self.anomaly_class


#: The labels of a mistake in one zone, by the name of its hint in a file; {} stands for the name of the zone.
_ZONE_LABELS: Final = {
    "missing": {"fr": "{} manque", "nl": "{} ontbreekt", "de": "{} fehlt", "en": "{} is missing"},
    "invalid": {
        "fr": "{} n'a pas une forme ou une valeur admise",
        "nl": "{} heeft geen toegelaten vorm of waarde",
        "de": "{} hat keine zulässige Form oder keinen zulässigen Wert",
        "en": "{} does not have a form or value that is allowed",
    },
    "forbidden": {
        "fr": "{} n'a pas sa place dans cette déclaration",
        "nl": "{} hoort niet in deze aangifte",
        "de": "{} gehört nicht in diese Meldung",
        "en": "{} has no place in this declaration",
    },
}
_REASONS: Final = {"missing": "001", "invalid": "003", "forbidden": "005"}
#: Code → class, element and kinds, as the official glossary of the NSSO gives them.
_OFFICIAL: Final = {row["code"]: row for row in rows("anomaly_codes")}


class Entry(BaseModel):
    """An entry of a file: a code with its labels and hint, or a zone with its name and up to three hints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fr: str
    nl: str
    de: str
    en: str
    hint: str | None = None
    missing: str | None = None
    invalid: str | None = None
    forbidden: str | None = None
    status: Status = Status.IMPLEMENTED
    reason: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    blocks_for: frozenset[str] = frozenset()

    def rows(self, key: str) -> Iterator[AnomalyType]:
        """Yield the rows of the catalogue that this entry gives; `key` is a code or the number of a zone."""
        names = {"fr": self.fr, "nl": self.nl, "de": self.de, "en": self.en}
        if self.hint is not None:
            yield self._row(key, names, self.hint)
        for reason, labels in _ZONE_LABELS.items():
            if (hint := getattr(self, reason)) is not None:
                labels = {language: label.format(names[language]) for language, label in labels.items()}
                yield self._row(f"{key}-{_REASONS[reason]}", labels, hint)

    def _row(self, code: str, label: Mapping[str, str], hint: str) -> AnomalyType:
        facts = _OFFICIAL.get(code, {"class": AnomalyClass.BLOCKING, "element": "", "kinds": ""})
        return AnomalyType(
            code, AnomalyClass(facts["class"]), MappingProxyType(label), hint, facts["element"],
            frozenset(facts["kinds"].split(",")) - {""}, self.status, self.reason,
            self.valid_from, self.valid_until, self.blocks_for,
        )  # fmt: skip


def rows_of(subject: str) -> tuple[AnomalyType, ...]:
    """Return the rows in the file of a subject. Raise ValueError if the content of the file is not valid."""
    text = files(__package__).joinpath(f"{subject}.toml").read_text("utf-8")
    entries: dict[str, Any] = tomllib.loads(text)
    return tuple(row for key, entry in entries.items() for row in Entry.model_validate(entry).rows(key))
