"""Write the files for expeditors into their folders."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from services.files.handling.handler.errors import postponed
from services.files.handling.requests import from_text
from services.files.handling.store import answers, changes, queries
from services.files.handling.store.answers import Answer
from services.files.transfer.channels.folders import Folders, Limit
from services.files.transfer.rules import AnswerKind
from services.files.xml import pfans
from services.files.xml.acrf import acrf
from services.files.xml.noti import notification_file
from services.files.xml.pfans import Found, RequestFile
from shared.runtime import file_metrics
from shared.runtime.database import Connection, Pool
from shared.runtime.logs import log
from shared.runtime.stage import Stage


class Writing:
    """The writing of answers. A repetition after a crash writes an equal file under the same name."""

    def __init__(self, folders: Folders, stage: Stage, most_bytes: int) -> None:
        """Create a writing. `most_bytes` is the limit of the answers in the folders of an expeditor."""
        self._folders, self._stage, self._most_bytes = folders, stage, most_bytes
        self._postponed: set[int] = set()  #: numbers of answers with an error, until a turn has none

    async def run_once(self) -> bool:
        """Write answers that are not written yet. Return whether any was written.

        An expeditor with too many bytes in its folders gets acknowledgements only, until it removes answers.
        An error of one answer is logged and raised after the others. It is tried again after a
        turn without an error, so that many such answers leave places in the turns to others.
        """
        fullness = {each: await self._is_full(each) for each in self._folders.full[Limit.OUT]}
        full = [each for each, is_full in fullness.items() if is_full]
        unwritten = await answers.load_unwritten(self._stage.pool, full, self._postponed)
        written = 0
        errors: list[Exception] = []
        for answer in unwritten:
            if answer.expeditor not in fullness:
                fullness[answer.expeditor] = await self._is_full(answer.expeditor)
            if fullness[answer.expeditor] and answer.kind != AnswerKind.ACKNOWLEDGEMENT:
                continue
            with postponed(errors, name=answer.name):
                self._postponed.add(answer.answer)
                await self._write(answer)
                self._postponed.discard(answer.answer)
                written += 1
        self._folders.full[Limit.OUT] = frozenset(each for each, is_full in fullness.items() if is_full)
        file_metrics.FILE_EXPEDITORS_FULL.labels(Limit.OUT).set(len(self._folders.full[Limit.OUT]))
        if errors:
            raise errors[0]
        self._postponed.clear()
        return written > 0

    async def _is_full(self, expeditor: str) -> bool:
        """Return whether the folders of an expeditor have no room, or cannot be read."""
        try:
            return await asyncio.to_thread(self._folders.size_of_answers, expeditor) >= self._most_bytes
        except OSError as error:
            log.warning("folder_unreadable", expeditor=expeditor, error=error)
            return True

    async def _write(self, answer: Answer) -> None:
        folder = self._folders.home(answer.expeditor) / answer.folder
        content = await content_of(self._stage.pool, answer)
        await asyncio.to_thread(self._folders.write_answer, folder, answer.name, content)
        async with self._stage.work() as (tx, _):
            await answers.store_written(tx, answer.answer)
        file_metrics.FILE_ANSWERS.labels(answer.kind).inc()
        log.info("answer_written", ticket=answer.ticket, name=answer.name)


async def content_of(connection: Connection | Pool, answer: Answer) -> Iterator[bytes]:
    """Return the content of an answer, in parts. It is equal each time."""
    if answer.kind == AnswerKind.ACKNOWLEDGEMENT:
        return iter([acrf(answer.ticket, answer.file_name, answer.decided_at, answer.errors)])
    if answer.kind == AnswerKind.PERIODS:
        return await _periods(connection, answer)
    if answer.kind == AnswerKind.CHANGE:
        return iter([await changes.load_change(connection, answer.answer)])
    return notification_file(await answers.load_notifications(connection, answer.answer))


async def _periods(connection: Connection | Pool, answer: Answer) -> Iterator[bytes]:
    """Return the answer to a query, in parts."""
    query = await queries.load_ended(connection, answer.answer)
    pages = await queries.load_pages(connection, answer.answer)
    file, request = RequestFile(answer.file_name, answer.ticket), from_text(query.request)
    return pfans.answer(file, request, query.employer, Found(query.result), pages, answer.decided_at)
