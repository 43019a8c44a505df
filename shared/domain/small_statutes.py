"""The values of the block "small statutes" of an IN (zones 00041, 00053 and 01231)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Annex 6, version 2008/1: codes of activities with risk, by employment nature.
ACTIVITIES_WITH_RISK: Final[Mapping[str, range]] = {"WORKER": range(1, 7), "EMPLOYEE": range(401, 413)}
EMPLOYMENT_NATURES: Final = frozenset(ACTIVITIES_WITH_RISK)
#: Training for paid work, and a learning contract with a cover of its own.
WORKER_STATUSES: Final = frozenset({"F1", "F2"})
