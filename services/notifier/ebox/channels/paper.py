"""Documents as files for printing: `print/<enterprise number>/<message id>.html`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.notifier.ebox import store
from services.notifier.ebox.store import PrintJob
from services.notifier.letters.rules import Letter, document
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

_AT_ONCE: Final = 50  #: paper is not urgent, and rendering must not delay urgent work


class Printing:
    """Writer of print jobs below a folder, a few at a time."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def write_files(self, tx: Transaction) -> Sequence[Effect]:
        """Write the waiting jobs. Without a folder they wait; after an OSError the next tick retries."""
        if self._folder is None:
            return ()
        jobs = await store.waiting(tx, _AT_ONCE)
        if jobs:
            files = await asyncio.to_thread(_write, self._folder, jobs)
            await store.written(tx, list(zip((job.message_id for job in jobs), files, strict=True)))
        return ()


def _write(folder: Path, jobs: Sequence[PrintJob]) -> list[str | None]:
    """Write each job. Return its path below the folder, or None if its letter cannot be rendered."""
    return [_write_one(folder, job) for job in jobs]


def _write_one(folder: Path, job: PrintJob) -> str | None:
    """Write a file completely or not at all, and flush it to disk. A second attempt writes an equal file."""
    try:
        page = document(Letter.from_json(job.letter))
    except Exception as error:  # a fault in one letter must not delay the others
        log.error("letter_not_rendered", message=str(job.message_id), error=type(error).__name__)
        return None
    name = f"print/{job.enterprise_number}/{job.message_id}.html"
    final = folder / name
    final.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft = final.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        os.fsync(file.fileno())
    draft.chmod(0o640)
    draft.replace(final)
    return name
