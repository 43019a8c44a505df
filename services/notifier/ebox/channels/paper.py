"""Letters as HTML files for printing: `print/<enterprise number>/<message id>.html`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from services.notifier.ebox.store import paper
from services.notifier.ebox.store.paper import PrintJob
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import Letter
from shared.runtime.database import Transaction
from shared.runtime.files import delete, in_thread, write_once
from shared.runtime.logs import log
from shared.runtime.step import Effect

_AT_ONCE: Final = 50  #: few print jobs in one call, because rendering must not delay urgent work


class Printing:
    """Writer of the files of print jobs below a folder. Without a folder (None) it writes no file."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def write_files(self, tx: Transaction) -> Sequence[Effect]:
        """Write the files of up to 50 waiting print jobs, and store their paths; return no effects.

        Without a folder the print jobs wait. After an OSError the next call of the timer tries again.
        """
        if self._folder is None:
            return ()
        jobs = await paper.waiting(tx, _AT_ONCE)
        if jobs:
            folder = self._folder
            files = await in_thread(lambda: _write(folder, jobs))
            await paper.written(tx, list(zip((job.message_id for job in jobs), files, strict=True)))
        return ()

    async def delete_files(self, removed: Mapping[str, Sequence[str]]) -> None:
        """Delete the files of print jobs that are removed with their messages. Raise OSError.

        `removed` has by table the removed rows, of a print job with its file. If the transaction fails
        afterwards, the next batch removes the rows and finds no file.
        """
        rows = (row.partition(" ") for row in removed.get("messages", ()))
        files = [key for table, _, key in rows if table == "print_jobs" and "/" in key]
        if files and self._folder is not None:
            folder = self._folder
            await in_thread(lambda: delete(folder, files))


def _write(folder: Path, jobs: Sequence[PrintJob]) -> list[str | None]:
    """Write the file of each print job. Return for each its path, or None if rendering fails."""
    return [_write_one(folder, job) for job in jobs]


def _write_one(folder: Path, job: PrintJob) -> str | None:
    try:
        page = document(Letter.from_json(job.letter))
    except Exception as error:  # a fault in one letter must not delay the others
        log.error("letter_not_rendered", message=str(job.message_id), error=type(error).__name__)
        return None
    return write_once(folder, ["print", job.enterprise_number], f"{job.message_id}.html", page.encode())
