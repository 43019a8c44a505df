"""Read files: decide whether each file as a whole is accepted, and then store its forms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from services.files.handling import requests
from services.files.handling.forms import to_text
from services.files.handling.handler.answering import AnswerFile, add_answer
from services.files.handling.rules import choose_readers, take_turns
from services.files.handling.store.backlogs import load_backlog
from services.files.handling.store.files import (
    NOWHERE,
    MistakePlace,
    Unread,
    judge,
    load_unread,
    store_losses,
)
from services.files.handling.store.forms import Unfinished, add_forms, load_unfinished
from services.files.handling.store.queries import add_query
from services.files.handling.store.signatures import load_reason
from services.files.transfer.channels.folders import Folders, chunks_of
from services.files.transfer.rules import AnswerKind, Content, Environment, content_in
from services.files.xml.parsing import TOO_MANY
from services.files.xml.pfreq import read_request
from services.files.xml.reading import MESSAGE, Form, UnreadableFileError, count_forms, read_forms
from shared.domain.calendar import local_date
from shared.runtime import file_metrics
from shared.runtime.logs import log
from shared.runtime.parts import Slice
from shared.runtime.stage import Stage

#: The official code of a file with too many forms; here, beside the other forms of its expeditor that wait.
_TOO_MANY_FORMS: Final = f"{MESSAGE.number}-{TOO_MANY}"
_PORTION: Final = 256  #: forms in one transaction
_TURNS_ABSENT: Final = 2  #: after which a content that is absent is lost
_READERS_MOST: Final = 32  #: second readings at once; each has a file open
_READERS_OF_EXPEDITOR: Final = 4
_JUDGED_OF_EXPEDITOR: Final = (
    8  #: files in one turn, so that other expeditors soon have their acknowledgements
)
#: How many times longer than the storing of forms the rest after it is. Forms are stored much faster than
#: they are submitted, and the processor is for single declarations too.
_REST: Final = 4
_REST_MOST: Final = 0.5  #: seconds
_JUDGING_SECONDS: Final = 2  #: after which no further file is judged in a turn


class MissingFormsError(Exception):
    """The content of an accepted file ends before its last form: it was changed on disk."""


@dataclass(slots=True)
class _Reader:
    """A second reading: the forms that follow, and the number of those before them."""

    forms: Iterator[Form]
    read: int


class Reading:
    """The reading of files that have a ticket.

    A file is read twice. The first reading only decides, so that its sender soon has the acknowledgement. The
    second one stores the forms, a portion of each file in turn. The content stays on disk until all forms are
    submitted, so that a form that loses its row can be read again.
    """

    def __init__(self, folders: Folders, stage: Stage, most_forms: int) -> None:
        """Create a reading. `most_forms` is the limit of the waiting forms of an expeditor."""
        self._folders, self._stage, self._most_forms = folders, stage, most_forms
        self._slice = Slice()
        self._readers: dict[str, _Reader] = {}  #: second readings, by ticket
        self._judged_last = ""  #: the expeditor of the last file that was judged
        self._opened_last = ""  #: the expeditor of the last second reading that began
        self._absent: dict[str, int] = {}  #: tickets of files without content, with the turns of each

    async def run_once(self) -> bool:
        """Decide about new files, and store a portion of accepted ones, in turns of their expeditors.

        An error of one file is logged and raised after the turns of the others. A file without content waits
        until its sender repeats it. Return whether work is left.
        """
        spooled = self._folders.tickets()
        unread = await load_unread(self._stage.pool)
        unfinished = await load_unfinished(self._stage.pool)
        live = {file.ticket for file in unread} | {file.ticket for file in unfinished}
        for ticket in spooled - live:  # submitted, refused or canceled
            self._folders.unspool(ticket)
        partly = [file for file in unfinished if file.stored < file.forms]
        expected = {file.ticket for file in unread} | {file.ticket for file in partly}
        files = [file for file in partly if file.ticket in spooled]
        errors: list[Exception] = []
        for new in unread:
            if new.ticket not in spooled:
                self._folders.promote(new.ticket)  # of an upload that a crash ended after its commit
        ready = [new for new in unread if new.ticket in spooled]
        judged = await self._judge_some(ready, errors)
        began = time.monotonic()
        for file in self._chosen(files):
            await self._attempt(file.ticket, self._store_portion(file), errors)
        await asyncio.sleep(min(_REST * (time.monotonic() - began), _REST_MOST))
        lost = {new.ticket for new in unread if new.content_lost}
        lost |= {file.ticket for file in unfinished if file.content_lost}
        await self._store_losses(expected - self._folders.tickets(), lost)
        if errors:
            raise errors[0]
        return bool(files) or judged < len(ready)

    async def _judge_some(self, files: Sequence[Unread], errors: list[Exception]) -> int:
        """Judge files for a limited time, so that files that come meanwhile get their turns. Return how many.

        Expeditors take turns by number, and the next call goes on behind the last expeditor.
        """
        order = sorted(files, key=lambda file: (file.expeditor <= self._judged_last, file.expeditor))
        turns = take_turns(order, _JUDGED_OF_EXPEDITOR)
        ends = time.monotonic() + _JUDGING_SECONDS
        for count, file in enumerate(turns, start=1):
            await self._attempt(file.ticket, self._judge(file), errors)
            self._judged_last = file.expeditor
            if time.monotonic() >= ends:
                return count
        return len(turns)

    def _chosen(self, files: Sequence[Unfinished]) -> list[Unfinished]:
        """Return the files to read in this turn. Close the readers of the others, with their files."""
        chosen = choose_readers(files, self._readers, self._opened_last, _READERS_MOST, _READERS_OF_EXPEDITOR)
        for ticket in self._readers.keys() - {file.ticket for file in chosen}:
            del self._readers[ticket]
        return chosen

    async def _store_losses(self, absent: set[str], lost: set[str]) -> None:
        """Store and log the files without their content, each once. A restored backup may have lost it.

        In the first turn the content may just be moved to its ticket.

        Args:
            absent: The tickets of the files that need their content and do not have it.
            lost: The tickets of the files with a row that says so.
        """
        self._absent = {ticket: self._absent.get(ticket, 0) + 1 for ticket in absent}
        gone = {ticket for ticket, turns in self._absent.items() if turns >= _TURNS_ABSENT}
        for ticket in gone:
            if self._absent[ticket] == _TURNS_ABSENT:
                log.warning("file_without_content", ticket=ticket)
        if gone - lost or lost - absent:
            async with self._stage.work() as (tx, _):
                await store_losses(tx, gone - lost, lost - absent)

    async def _attempt(self, ticket: str, turn: Coroutine[Any, Any, None], errors: list[Exception]) -> None:
        """Await the turn of a file. Its error is logged and added to the errors."""
        try:
            await turn
        except Exception as error:
            log.warning("file_postponed", ticket=ticket, error=error)
            self._readers.pop(ticket, None)  # it is ahead of the forms that are stored
            errors.append(error)

    async def _judge(self, file: Unread) -> None:
        reason = await load_reason(self._stage.pool, file.ticket)
        errors: Sequence[str] = () if reason is None else (f"{MESSAGE.number}-{reason}",)
        place = NOWHERE
        forms, request = 0, None
        try:
            content = chunks_of(self._folders.spooled(file.ticket))
            if content_in(file.name) is Content.QUERY:
                request = await asyncio.to_thread(read_request, content, local_date(file.received_at))
            else:
                forms = await asyncio.to_thread(count_forms, content)
        except UnreadableFileError as error:
            errors, place = (*errors, error.code), MistakePlace(error.line, error.column)
        async with self._stage.work() as (tx, _):
            if forms and (await load_backlog(tx, file.expeditor)).forms + forms > self._most_forms:
                errors, forms = (_TOO_MANY_FORMS,), 0
            judged = await judge(tx, file.ticket, errors, forms, place)
            if judged and not errors and request is not None:
                await add_query(tx, file.ticket, requests.to_text(request))
            if judged:
                kind, environment = AnswerKind.ACKNOWLEDGEMENT, Environment(file.environment)
                await add_answer(tx, AnswerFile(file.ticket, file.expeditor, environment, kind))
        if judged:
            file_metrics.FILES.labels("refused" if errors else "accepted").inc()
            line, column = place
            log.info(
                "file_judged",
                ticket=file.ticket, forms=forms, errors=list(errors), line=line, column=column,
            )  # fmt: skip

    async def _store_portion(self, file: Unfinished) -> None:
        reader = self._readers.get(file.ticket)
        if reader is None or reader.read != file.stored:
            reader = self._readers[file.ticket] = await self._reader(file)
            self._opened_last = file.expeditor
        forms: list[str] = []
        for form in islice(reader.forms, _PORTION):
            forms.append(to_text(form))
            await self._slice.end()
        if not forms:
            raise MissingFormsError
        reader.read += len(forms)
        async with self._stage.work() as (tx, _):
            await add_forms(tx, file.ticket, file.stored, forms)

    async def _reader(self, file: Unfinished) -> _Reader:
        """Return a reader of the forms that are not stored: after a crash, some are."""
        log.info("forms_reading", ticket=file.ticket, after=file.stored)
        content = chunks_of(self._folders.spooled(file.ticket))
        reader = read_forms(content, local_date(file.received_at))
        for _ in islice(reader, file.stored):
            await self._slice.end()
        return _Reader(reader, file.stored)
