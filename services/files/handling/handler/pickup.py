"""Pick up the files of sendings that a GO file starts, and give each a ticket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Final

from cryptography.x509 import Certificate

from services.files.handling.handler.errors import postponed
from services.files.handling.rules import Backlog, ticket_of
from services.files.handling.store import answers, files
from services.files.handling.store.backlogs import load_backlogs
from services.files.handling.store.files import NewFile
from services.files.handling.store.signatures import add_signature, load_organization
from services.files.settings import FilesSettings
from services.files.transfer.channels.folders import Folders, Incoming, Limit, digest
from services.files.transfer.rules import FileName, Kind, Sending
from services.files.transfer.signature import reason_to_refuse
from services.files.transfer.store import load_expeditors
from shared.runtime import file_metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.stage import Stage

SFTP: Final = "sftp"
_SENDINGS_MOST: Final = 100  #: of an expeditor in one turn


def limit_of(settings: FilesSettings) -> Backlog:
    """Return the limit of the backlog of an expeditor."""
    return Backlog(settings.backlog_files, settings.backlog_bytes, settings.backlog_forms)


class Pickup:
    """The pickup of files from the folders of all expeditors."""

    def __init__(
        self, folders: Folders, stage: Stage, most: Backlog, authorities: Sequence[Certificate] = ()
    ) -> None:
        """Create a pickup.

        Args:
            folders: The folders of the deployment.
            stage: The database.
            most: The limit of the backlog of an expeditor.
            authorities: Certificates of the authorities for signatures. If empty, no signature is needed.
        """
        self._folders, self._stage, self._most = folders, stage, most
        self._authorities = authorities
        file_metrics.FILE_FOLDERS_READ.set_to_current_time()

    async def run_once(self) -> bool:
        """Obey the TD and GO files of all expeditors, and register the files of started sendings.

        An error of one folder or file is logged and raised after the turns of the others. Return whether an
        expeditor has more sendings than one turn takes.
        """
        errors: list[Exception] = []
        taken = await asyncio.to_thread(self._folders.taken)
        backlogs = await load_backlogs(self._stage.pool)
        full = frozenset(each for each, backlog in backlogs.items() if backlog.reaches(self._most))
        self._folders.full[Limit.BACKLOG] = full
        file_metrics.FILE_EXPEDITORS_FULL.labels(Limit.BACKLOG).set(len(full))
        oldest, more = inf, False
        for expeditor in await load_expeditors(self._stage.pool):
            with postponed(errors, expeditor=expeditor.expeditor):
                sendings = await asyncio.to_thread(self._folders.scan, expeditor.expeditor)
                self._end_takes(taken, expeditor.expeditor, sendings)
                waiting, left = await self._obey(sendings.values(), may_start=expeditor.expeditor not in full)
                oldest, more = min(oldest, waiting), more or left
        file_metrics.FILE_START_OLDEST.set(max(time.time() - oldest, 0.0))
        for file in await asyncio.to_thread(self._folders.taken):
            if file.kind is Kind.FORMS:
                with postponed(errors, name=file.text):
                    await self._register(file)
        if errors:
            raise errors[0]
        await asyncio.to_thread(self._folders.drop_signatures)
        file_metrics.FILE_FOLDERS_READ.set_to_current_time()
        return more

    def _end_takes(
        self, taken: Sequence[FileName], expeditor: str, sendings: Mapping[Sending, Incoming]
    ) -> None:
        """Take the files that a crash left in the folder of an expeditor after it took their GO file."""
        for file in taken:
            if file.kind is Kind.START and file.sending.expeditor == expeditor:
                self._folders.take_sending(file, sendings.get(file.sending, Incoming()))

    async def _obey(self, sendings: Iterable[Incoming], *, may_start: bool) -> tuple[float, bool]:
        """Cancel sendings of an expeditor and, if it may, start others, up to a limit.

        Return since when its oldest GO file has been waiting for files, and whether sendings are left.
        """
        oldest, turns = inf, 0
        for sending in sendings:
            if turns == _SENDINGS_MOST:
                return oldest, True
            commands = {
                kind: name for kind, name in sending.commands.items() if self._folders.is_complete(name)
            }
            if cancel := commands.get(Kind.CANCEL):
                await self._cancel(cancel, sending)
                turns += 1
            elif may_start and (start := commands.get(Kind.START)):
                if self._folders.begin(start, sending):
                    self._folders.take_sending(start, sending)
                    turns += 1
                else:
                    oldest = min(oldest, sending.waits_since)
        return oldest, False

    async def _cancel(self, command: FileName, incoming: Incoming) -> None:
        """Cancel the files of a sending that have a ticket, and delete those that have none yet."""
        expeditor = command.sending.expeditor
        async with self._stage.work() as (tx, _):
            tickets = await files.cancel_sending(tx, command)
        for ticket in tickets:
            self._folders.unspool(ticket)
        for file in await asyncio.to_thread(self._folders.taken):  # an error has left it without a ticket
            if file.sending == command.sending:
                self._folders.drop(file)
        self._folders.drop_sending(command, incoming)
        file_metrics.FILES.labels("canceled").inc(len(tickets))
        log.info("sending_canceled", expeditor=expeditor, tickets=tickets)

    async def _register(self, name: FileName) -> None:
        """Give a file that was taken a ticket. A repeated file is acknowledged again.

        It is deleted, unless the content of the earlier one was lost before all its forms were submitted.
        """
        sha256, size = await asyncio.to_thread(digest, self._folders.content_of(name))
        sending = name.sending
        file = NewFile(sending.expeditor, name.text, sha256, size, sending.environment, SFTP)
        async with self._stage.work() as (tx, _):
            registered = await files.register(tx, ticket_of(await files.take_ticket(tx)), file)
            if registered is None:
                log.error("file_of_unknown_expeditor", expeditor=file.expeditor)
                return
            repeated = not registered.expects_content or self._folders.is_spooled(registered.ticket)
            await answers.acknowledge_again(tx, registered.ticket)  # a new file has no acknowledgement yet
            if self._authorities and not repeated:
                await self._store_signature(tx, registered.ticket, name, sha256)
        if repeated:
            self._folders.drop(name)
        else:
            self._folders.spool(name, registered.ticket)
        file_metrics.FILES.labels("repeated" if repeated else "received").inc()
        log.info("file_received", ticket=registered.ticket, bytes=size, repeated=repeated)

    async def _store_signature(self, tx: Transaction, ticket: str, name: FileName, sha256: bytes) -> None:
        """Store the FS file of a new file, with the reason to refuse the file."""
        content = await asyncio.to_thread(self._folders.signature_of, name)
        organization = await load_organization(tx.connection, name.sending.expeditor)
        reason = reason_to_refuse(content, sha256, self._authorities, organization, tx.now)
        await add_signature(tx, ticket, content, reason)
