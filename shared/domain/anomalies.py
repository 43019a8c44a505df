"""Anomalies: what can be wrong with a declaration. One table, keyed by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict


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


class Anomaly(BaseModel):
    """One anomaly found in one declaration: its code, its class there, and the path of the field.

    Never holds the value of the field (decision D27).
    """

    model_config = ConfigDict(frozen=True)

    code: str
    anomaly_class: AnomalyClass
    path: str

    @property
    def blocks(self) -> bool:
        """Whether it refuses the declaration."""
        return self.anomaly_class is AnomalyClass.BLOCKING


_TYPES: tuple[AnomalyType, ...] = ()

ANOMALIES: Final[Mapping[str, AnomalyType]] = MappingProxyType({row.code: row for row in _TYPES})


def anomaly(code: str, path: str) -> Anomaly:
    """The anomaly of this code at this path, with the class of the catalogue. Raises KeyError if unknown."""
    return Anomaly(code=code, anomaly_class=ANOMALIES[code].anomaly_class, path=path)
