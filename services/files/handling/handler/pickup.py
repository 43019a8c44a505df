"""Pick up the files of sendings that a GO file starts, and give each a ticket."""

from __future__ import annotations

import asyncio
from typing import Final

from services.files.handling.rules import ticket_of
from services.files.handling.store import answers, files
from services.files.handling.store.files import NewFile
from services.files.transfer.channels.folders import Folders, digest
from services.files.transfer.rules import FileName, Kind
from services.files.transfer.store import load_expeditors
from shared.runtime import metrics
from shared.runtime.logs import log
from shared.runtime.stage import Stage

SFTP: Final = "sftp"


class Pickup:
    """The pickup of files from the folders of all expeditors."""

    def __init__(self, folders: Folders, stage: Stage) -> None:
        self._folders, self._stage = folders, stage

    async def run_once(self) -> bool:
        """Obey the TD and GO files of all expeditors, and register the files of started sendings.

        Return False: the next turn can wait.
        """
        oldest = 0.0
        for expeditor in await load_expeditors(self._stage.pool):
            for command in self._folders.commands(expeditor.expeditor, Kind.CANCEL):
                await self._cancel(command)
            for command in self._folders.commands(expeditor.expeditor, Kind.START):
                if not self._folders.begin(command):
                    oldest = max(oldest, self._folders.age(command))
        metrics.FILE_START_OLDEST.set(oldest)
        for started in self._folders.taken():
            if started.kind is Kind.START:
                self._folders.take_sending(started)
        for file in self._folders.taken():
            await self._register(file)
        return False

    async def _cancel(self, command: FileName) -> None:
        """Cancel the files of a sending that were taken, and delete those that are still in the folder."""
        expeditor = command.sending.expeditor
        async with self._stage.work() as (tx, _):
            tickets = await files.cancel_sending(tx, expeditor, command.text)
        for ticket in tickets:
            self._folders.unspool(ticket)
        self._folders.drop_sending(command)
        metrics.FILES.labels("canceled").inc(len(tickets))
        log.info("sending_canceled", expeditor=expeditor, tickets=tickets)

    async def _register(self, name: FileName) -> None:
        """Give a file that was taken a ticket. A repeated file is acknowledged again and deleted."""
        sha256, size = await asyncio.to_thread(digest, self._folders.content_of(name))
        sending = name.sending
        file = NewFile(sending.expeditor, name.text, sha256, size, sending.environment, SFTP)
        async with self._stage.work() as (tx, _):
            registered = await files.register(tx, ticket_of(await files.take_ticket(tx)), file)
            if registered is None:
                log.error("file_of_unknown_expeditor", expeditor=file.expeditor)
                return
            repeated = not registered.expects_content or self._folders.is_spooled(registered.ticket)
            if repeated:
                await answers.acknowledge_again(tx, registered.ticket)
        if repeated:
            self._folders.drop(name)
        else:
            self._folders.spool(name, registered.ticket)
        metrics.FILES.labels("repeated" if repeated else "received").inc()
        log.info("file_received", ticket=registered.ticket, bytes=size, repeated=repeated)
