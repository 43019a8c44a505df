"""The service files in one transaction, which is never committed, for tests on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import asyncpg

from deploy.local.deployment import Endpoints
from services.files.handling.handler.answering import AnswerFile, add_answer
from services.files.handling.handler.reading import Reading
from services.files.handling.rules import Backlog
from services.files.handling.store import answers, files, forms
from services.files.handling.store.files import NewFile
from services.files.handling.store.forms import FormResult
from services.files.transfer.channels.folders import Folders
from services.files.transfer.rules import AnswerKind, Environment
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from tests.file_senders import cancel, file_of

EXPEDITORS = ("900001", "900002")
MANY = Backlog(1000, 10**9, 10**6)


class Work:
    """The service files in one transaction, which is never committed, for two expeditors of its own."""

    def __init__(self, connection: Any, tx: Transaction, folders: Folders, day: date) -> None:
        self.connection, self.tx, self.folders, self._day = connection, tx, folders, day
        self.stage = cast("Any", SimpleNamespace(pool=connection, work=self._begin))

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[tuple[Transaction, list[Effect]]]:
        yield self.tx, []

    async def register(self, ticket: str, form_count: int = 3, expeditor: str = EXPEDITORS[0]) -> int:
        """Register a file and put its content into the spool. Return its size."""
        content = file_of([cancel(period) for period in range(1, form_count + 1)], self._day)
        name = f"FI.DIMN.{expeditor}.20260213.0{ticket}.R.1"
        new = NewFile(expeditor, name, ticket.encode(), len(content), "R", "sftp")
        assert await files.register(self.tx, ticket, new) is not None
        self.folders.spooled(ticket).write_bytes(content)
        return len(content)

    async def read(self, most_forms: int = MANY.forms) -> None:
        """Judge files and store their forms. Three turns see lost contents."""
        reading = Reading(self.folders, self.stage, most_forms)
        for _ in range(3):
            await reading.run_once()
        while await reading.run_once():
            pass

    async def state(self, ticket: str) -> tuple[str, list[str], int]:
        """Return state, reasons and forms of a file."""
        row = await self.connection.fetchrow(
            "SELECT state, errors, forms FROM files WHERE ticket = $1", ticket
        )
        return row["state"], row["errors"], row["forms"]

    async def notify(self, ticket: str, *sizes: int) -> None:
        """Record a final result of this size for each form of a file that was read."""
        await forms.submit(self.tx, ticket, len(sizes))
        results = [FormResult(ticket, n, True, b"x" * size) for n, size in enumerate(sizes, 1)]
        await forms.record(self.tx, results)

    async def add_notification(self, ticket: str, most_bytes: int, expeditor: str = EXPEDITORS[0]) -> int:
        """Gather results of a file into a NOTI file. Return its number."""
        file = AnswerFile(ticket, expeditor, Environment.PRODUCTION, AnswerKind.NOTIFICATION)
        number = await add_answer(self.tx, file)
        await answers.gather(self.tx, ticket, number, 5000, most_bytes)
        return number

    def out(self, expeditor: str = EXPEDITORS[0]) -> Sequence[str]:
        """Return the kinds of the answers in OUT."""
        paths = (self.folders.home(expeditor) / "OUT").glob("FO.*")
        return sorted(path.name.split(".")[1] for path in paths)

    def wait(self, days: int) -> None:
        """Let this time pass."""
        self.tx = Transaction(self.tx.connection, self.tx.now + timedelta(days))


@asynccontextmanager
async def open_work(endpoints: Endpoints, root: Path) -> AsyncIterator[Work]:
    """Yield the work of the service files in a transaction with the rights of the owner."""
    search_path = {"search_path": "files,platform"}
    connection = await asyncpg.connect(endpoints.superuser_dsn, server_settings=search_path)
    open_ = connection.transaction()
    await open_.start()
    await connection.executemany(
        "INSERT INTO expeditors (expeditor, client_id, public_key) VALUES ($1, $2, 'x')",
        [(each, client_of(each)) for each in EXPEDITORS],
    )
    tx = Transaction(cast("Any", connection), await connection.fetchval("SELECT platform.now()"))
    yield Work(connection, tx, Folders.of(root, endpoints.deployment).make(), endpoints.data.today)
    await open_.rollback()
    await connection.close()


def client_of(expeditor: str) -> str:
    """Return the client for which one of the expeditors declares."""
    return f"limits-{expeditor}"
