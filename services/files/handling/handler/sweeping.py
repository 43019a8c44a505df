"""Delete answers that no expeditor has removed, and uploads that no expeditor has completed, by their age."""

from __future__ import annotations

import asyncio

from services.files.handling.store.files import find_tickets
from services.files.transfer.channels.folders import Folders
from shared.runtime import file_metrics
from shared.runtime.database import Connection, Pool


async def sweep(
    folders: Folders, connection: Connection | Pool, answer_seconds: float, upload_seconds: float
) -> None:
    """Delete old answers and old unfinished uploads, and count them.

    An uploaded file with a row is never deleted, and neither is a file in IN with a right name: each of them
    still waits for its processing.

    Args:
        folders: The folders.
        connection: The connection.
        answer_seconds: The age of an answer.
        upload_seconds: The time since the last byte of an upload.
    """
    file_metrics.FILE_ANSWERS_DELETED.inc(await asyncio.to_thread(folders.delete_answers, answer_seconds))
    old = await asyncio.to_thread(folders.find_unfinished, upload_seconds)
    kept = await find_tickets(connection, [path.name for path in old])
    for path in old:
        if path.name not in kept and not folders.uploads.is_open(path):
            path.unlink(missing_ok=True)
            file_metrics.FILE_UPLOADS_DELETED.inc()
