"""Read files: decide whether each file as a whole is accepted, and then store its forms."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from services.files.handling import requests
from services.files.handling.forms import to_text
from services.files.handling.handler.answering import AnswerFile, add_answer
from services.files.handling.rules import choose_readers, take_turns
from services.files.handling.store.backlogs import load_backlog
from services.files.handling.store.files import Unread, judge, load_unread
from services.files.handling.store.forms import PartlyStored, add_forms, load_partly_stored
from services.files.handling.store.queries import add_query
from services.files.transfer.channels.folders import Folders, chunks_of
from services.files.transfer.rules import AnswerKind, Content, Environment, content_in
from services.files.xml.parsing import TOO_MANY
from services.files.xml.pfreq import read_request
from services.files.xml.reading import MESSAGE, Form, UnreadableFileError, count_forms, read_forms
from shared.domain.calendar import local_date
from shared.runtime import metrics
from shared.runtime.logs import log
from shared.runtime.parts import Slice
from shared.runtime.stage import Stage

#: The official code of a file with too many forms; here, beside the other forms of its expeditor that wait.
_TOO_MANY_FORMS: Final = f"{MESSAGE.number}-{TOO_MANY}"
_PORTION: Final = 256  #: forms in one transaction
_READERS_MOST: Final = 32  #: second readings at once; each has a file open
_READERS_OF_EXPEDITOR: Final = 4
_JUDGED_OF_EXPEDITOR: Final = (
    8  #: files in one turn, so that other expeditors soon have their acknowledgements
)


class MissingFormsError(Exception):
    """The content of an accepted file ends before its last form: it was changed on disk."""


class Reading:
    """The reading of files that have a ticket.

    A file is read twice. The first reading only decides, so that its sender soon has the acknowledgement. The
    second one stores the forms, a portion of each file in turn.
    """

    def __init__(self, folders: Folders, stage: Stage, most_forms: int) -> None:
        """Create a reading. `most_forms` is the limit of the waiting forms of an expeditor."""
        self._folders, self._stage, self._most_forms = folders, stage, most_forms
        self._slice = Slice()
        self._readers: dict[str, Iterator[Form]] = {}  #: second readings, by ticket
        self._opened_last = ""  #: the expeditor of the last second reading that began

    async def run_once(self) -> bool:
        """Decide about new files, and store a portion of accepted ones, in turns of their expeditors.

        An error of one file is logged and raised after the turns of the others. Return whether work is left.
        """
        spooled = self._folders.tickets()
        unread = await load_unread(self._stage.pool)
        files = await load_partly_stored(self._stage.pool)
        live = {file.ticket for file in unread} | {file.ticket for file in files}
        for ticket in spooled - live:  # complete, refused or canceled
            self._folders.unspool(ticket)
        errors: list[Exception] = []
        for new in unread:
            if new.ticket not in spooled:
                self._folders.promote(new.ticket)  # of an upload that a crash ended after its commit
        ready = [new for new in unread if new.ticket in spooled]
        turns = take_turns(ready, _JUDGED_OF_EXPEDITOR)
        for new in turns:
            await self._attempt(new.ticket, self._judge(new), errors)
        for file in self._chosen(files):
            await self._attempt(file.ticket, self._store_portion(file), errors)
        if errors:
            raise errors[0]
        return bool(files) or len(turns) < len(ready)

    def _chosen(self, files: Sequence[PartlyStored]) -> list[PartlyStored]:
        """Return the files to read in this turn. Close the readers of the others, with their files."""
        chosen = choose_readers(files, self._readers, self._opened_last, _READERS_MOST, _READERS_OF_EXPEDITOR)
        for ticket in self._readers.keys() - {file.ticket for file in chosen}:
            del self._readers[ticket]
        return chosen

    async def _attempt(self, ticket: str, turn: Coroutine[Any, Any, None], errors: list[Exception]) -> None:
        """Await the turn of a file. Its error is logged and added to the errors."""
        try:
            await turn
        except Exception as error:
            log.warning("file_postponed", ticket=ticket, error=error)
            self._readers.pop(ticket, None)  # it is ahead of the forms that are stored
            errors.append(error)

    async def _judge(self, file: Unread) -> None:
        errors: Sequence[str] = ()
        forms, request = 0, None
        try:
            content = chunks_of(self._folders.spooled(file.ticket))
            if content_in(file.name) is Content.QUERY:
                request = await asyncio.to_thread(read_request, content, local_date(file.received_at))
            else:
                forms = await asyncio.to_thread(count_forms, content)
        except UnreadableFileError as error:
            errors = (error.code,)
        async with self._stage.work() as (tx, _):
            if not errors and (await load_backlog(tx, file.expeditor)).forms + forms > self._most_forms:
                errors, forms = (_TOO_MANY_FORMS,), 0
            judged = await judge(tx, file.ticket, errors, forms)
            if judged and request is not None:
                await add_query(tx, file.ticket, requests.to_text(request))
            if judged:
                kind, environment = AnswerKind.ACKNOWLEDGEMENT, Environment(file.environment)
                await add_answer(tx, AnswerFile(file.ticket, file.expeditor, environment, kind))
        if judged:
            metrics.FILES.labels("refused" if errors else "accepted").inc()
            log.info("file_judged", ticket=file.ticket, forms=forms, errors=list(errors))

    async def _store_portion(self, file: PartlyStored) -> None:
        reader = self._readers.get(file.ticket)
        if reader is None:
            reader = self._readers[file.ticket] = await self._reader(file)
            self._opened_last = file.expeditor
        forms: list[str] = []
        for form in islice(reader, _PORTION):
            forms.append(to_text(form))
            await self._slice.end()
        if not forms:
            raise MissingFormsError
        async with self._stage.work() as (tx, _):
            await add_forms(tx, file.ticket, file.stored, forms)

    async def _reader(self, file: PartlyStored) -> Iterator[Form]:
        """Return a reader of the forms that are not stored yet: after a crash, some are."""
        content = chunks_of(self._folders.spooled(file.ticket))
        reader = read_forms(content, local_date(file.received_at))
        for _ in islice(reader, file.stored):
            await self._slice.end()
        return reader
