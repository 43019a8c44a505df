"""A personnel file that dies when it accepts one declaration: `python -m tests.integration.deadly NUMBER`."""

from __future__ import annotations

import os
import runpy
import sys

from services.personnel_file.settlement import store
from shared.messages import Result
from shared.runtime.database import Transaction

_save_settlement = store.save_settlement


async def _deadly(tx: Transaction, rows: store.Rows, *, recover: bool = False) -> bool:
    """Save as usual, or end the process when the declaration is accepted."""
    for row in rows["settlements"]:
        if str(row["declaration_id"]) == sys.argv[1] and row["result"] != Result.REFUSED:
            os._exit(1)
    return await _save_settlement(tx, rows, recover=recover)


if __name__ == "__main__":
    store.save_settlement = _deadly
    runpy.run_module("services.personnel_file", run_name="__main__")
