"""A personnel file that dies when it accepts one declaration: `python -m tests.integration.deadly NUMBER`."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence

from services.personnel_file.relation.store import Change
from services.personnel_file.settlement import store
from services.personnel_file.settlement.store import DeclarationEnd
from shared.messages import Result
from shared.runtime.database import Transaction

_save_finals = store.save_finals


async def _deadly(tx: Transaction, finals: Sequence[DeclarationEnd], changes: Sequence[Change]) -> None:
    """As it should be, or the end of the process."""
    if any(str(number) == sys.argv[1] and result != Result.REFUSED for number, result, _ in finals):
        os._exit(1)
    await _save_finals(tx, finals, changes)


if __name__ == "__main__":
    store.save_finals = _deadly
    runpy.run_module("services.personnel_file", run_name="__main__")
