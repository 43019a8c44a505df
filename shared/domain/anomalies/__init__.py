"""The catalogue of anomalies, keyed by code, with a file per subject.

A code is a zone or block (5 digits) and a reason (3 digits). Codes and classes are official; labels and hints
are written for this system. Each subject has a TOML file. An entry of a file is for one code, or for a zone
with the reasons "missing", "invalid" and "forbidden".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict

from shared.domain.anomalies.row import AnomalyClass, AnomalyType, Status, rows_of
from shared.domain.data import rows

__all__ = ["ANOMALIES", "OFFICIAL", "SUBJECTS", "Anomaly", "AnomalyClass", "AnomalyType", "Status", "anomaly"]

#: One file per subject; `system` has the codes outside the 201 of the official glossary of the NSSO.
SUBJECTS: Final = (
    "form", "employer", "worker", "features", "user", "address", "dates", "period", "update", "daily",
    "checks", "historic", "system",
)  # fmt: skip

ANOMALIES: Final[Mapping[str, AnomalyType]] = MappingProxyType(
    {row.code: row for subject in SUBJECTS for row in rows_of(subject)}
)

#: The 201 codes of the official glossary of the NSSO, in its order.
OFFICIAL: Final = tuple(row["code"] for row in rows("anomaly_codes"))


class Anomaly(BaseModel):
    """An anomaly of a declaration: its code, its class for this declaration, and the path of the field.

    It never contains the value of the field (decision D27).
    """

    model_config = ConfigDict(frozen=True)

    code: str
    anomaly_class: AnomalyClass
    path: str

    @property
    def blocks(self) -> bool:
        """Return whether the anomaly refuses the declaration."""
        return self.anomaly_class is AnomalyClass.BLOCKING


@cache
def anomaly(code: str, path: str, worker_type: str | None = None) -> Anomaly:
    """Return the anomaly with its class for this worker type. Raise KeyError for an unknown code."""
    return Anomaly(code=code, anomaly_class=ANOMALIES[code].class_for(worker_type), path=path)
