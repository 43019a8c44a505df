"""Write the files for expeditors into their folders."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from services.files.handling.store import answers
from services.files.handling.store.answers import Answer
from services.files.transfer.channels.folders import Folders
from services.files.transfer.rules import AnswerKind
from services.files.xml.acrf import acrf
from services.files.xml.noti import notification_file
from shared.runtime import metrics
from shared.runtime.database import Connection, Pool
from shared.runtime.logs import log
from shared.runtime.stage import Stage


class Writing:
    """The writing of answers. A repetition after a crash writes an equal file under the same name."""

    def __init__(self, folders: Folders, stage: Stage) -> None:
        self._folders, self._stage = folders, stage

    async def run_once(self) -> bool:
        """Write answers that are not written yet. Return whether there were any."""
        unwritten = await answers.load_unwritten(self._stage.pool)
        for answer in unwritten:
            folder = self._folders.home(answer.expeditor) / answer.folder
            content = await content_of(self._stage.pool, answer)
            await asyncio.to_thread(self._folders.write_answer, folder, answer.name, content)
            async with self._stage.work() as (tx, _):
                await answers.store_written(tx, answer.answer)
            metrics.FILE_ANSWERS.labels(answer.kind).inc()
            log.info("answer_written", ticket=answer.ticket, name=answer.name)
        return bool(unwritten)


async def content_of(connection: Connection | Pool, answer: Answer) -> Iterator[bytes]:
    """Return the content of an answer, in parts. It is equal each time."""
    if answer.kind == AnswerKind.ACKNOWLEDGEMENT:
        return iter([acrf(answer.ticket, answer.file_name, answer.decided_at, answer.errors)])
    return notification_file(await answers.load_notifications(connection, answer.answer))
