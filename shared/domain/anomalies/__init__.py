"""Anomalies: what can be wrong with a declaration. One catalogue, keyed by code; a file per subject.

A code is the zone or block (5 digits) and the reason (3 digits) of dimona.md §11. The codes and their
classes are the official ones; labels and hints are our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict

from shared.domain.anomalies import dates, employer, features, period, worker
from shared.domain.anomalies.row import AnomalyClass, AnomalyType

__all__ = ["ANOMALIES", "Anomaly", "AnomalyClass", "AnomalyType", "anomaly"]

_TYPES: Final = (
    *employer.ROWS,
    *worker.ROWS,
    *features.ROWS,
    *dates.ROWS,
    *period.ROWS,
)

ANOMALIES: Final[Mapping[str, AnomalyType]] = MappingProxyType({row.code: row for row in _TYPES})


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


@cache
def anomaly(code: str, path: str) -> Anomaly:
    """The anomaly of this code at this path, with the class of the catalogue. Raises KeyError if unknown."""
    return Anomaly(code=code, anomaly_class=ANOMALIES[code].anomaly_class, path=path)
