"""Files with lost forms or lost content, and canceled sendings, on a real database that keeps no row."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest
from structlog.testing import capture_logs

from deploy.local.deployment import Endpoints
from services.files.handling.handler import submitting as submitting_module
from services.files.handling.handler.reading import Reading
from services.files.handling.handler.submitting import Submitting
from services.files.handling.store import answers, files
from services.files.handling.store.files import NewFile, Registered
from services.files.transfer.channels.folders import Folders
from services.files.transfer.rules import parse_name
from shared.messages import FormAnswered, FormSubmitted
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from tests.file_senders import cancel, file_of

pytestmark = pytest.mark.stack

SENDING = "DIMN.100001.20261130.00001"
FORMS = 6


class Work:
    """The reading and the submitting of files in one transaction, which is never committed."""

    def __init__(self, endpoints: Endpoints, connection: Any, tx: Transaction, root: Path) -> None:
        self.tx, self.connection, self._day = tx, connection, endpoints.data.today
        self.expeditor = next(iter(endpoints.transfer.clients))
        self.folders = Folders.of(root, endpoints.deployment).make()
        stage = SimpleNamespace(pool=connection, work=self._begin)
        self._reading = Reading(self.folders, cast("Any", stage), 1000)

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[tuple[Transaction, list[Effect]]]:
        yield self.tx, []

    async def register(self, name: str, ticket: str) -> Registered:
        """Register a file and put its content into the spool, unless it is not needed."""
        content = file_of([cancel(period) for period in range(1, FORMS + 1)], self._day)
        new = NewFile(self.expeditor, name, name.encode(), len(content), "R", "sftp")
        registered = await files.register(self.tx, ticket, new)
        assert registered is not None
        if registered.expects_content:
            self.folders.spooled(registered.ticket).write_bytes(content)
        return registered

    async def read(self) -> None:
        """Judge and store all files that have their content."""
        while await files.load_unread(self.connection) or await self._reading.run_once():
            await self._reading.run_once()

    async def submit(self, most: int) -> list[tuple[str, int]]:
        """Submit forms until so many are open; return their tickets and numbers."""
        effects = await Submitting(most).submit(self.tx)
        return [(one.ticket, one.form) for one in effects if isinstance(one, FormSubmitted)]

    async def submit_again(self, minutes: int) -> list[tuple[str, int]]:
        """Let this time pass; return the tickets and numbers of the forms that are submitted again."""
        self.tx = Transaction(self.tx.connection, self.tx.now + timedelta(minutes=minutes))
        effects = await Submitting(64).submit_again(self.tx)
        return [(one.ticket, one.form) for one in effects if isinstance(one, FormSubmitted)]

    async def lose(self, ticket: str, *numbers: int) -> None:
        """Delete the rows of some forms, as an incomplete restore does."""
        deleted = "DELETE FROM forms WHERE ticket = $1 AND number = ANY($2)"
        assert await self.connection.execute(deleted, ticket, numbers) == f"DELETE {len(numbers)}"

    async def answer(self, ticket: str, *numbers: int) -> None:
        """Store the final results of some forms."""
        results = [FormAnswered(ticket=ticket, form=each, problem="not possible") for each in numbers]
        await Submitting(0).store_results(self.tx, results)

    async def counts(self, ticket: str) -> tuple[int, int]:
        """Return the number of forms with an answer, and with a final one."""
        row = await self.connection.fetchrow("SELECT answered, final FROM files WHERE ticket = $1", ticket)
        return row["answered"], row["final"]


@pytest.fixture
async def work(endpoints: Endpoints, tmp_path: Path) -> AsyncIterator[Work]:
    """Yield the work of the service files in a transaction with the rights of the owner."""
    search_path = {"search_path": "files,platform"}
    connection = await asyncpg.connect(endpoints.superuser_dsn, server_settings=search_path)
    open_ = connection.transaction()
    await open_.start()
    tx = Transaction(cast("Any", connection), await connection.fetchval("SELECT platform.now()"))
    yield Work(endpoints, connection, tx, tmp_path)
    await open_.rollback()
    await connection.close()


async def test_the_next_portion_of_forms_waits_for_a_rest(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the answers to the last portion took. The test moves the clock of the process."""
    clock = iter((100.0, 100.3, 100.5, 100.7))
    monkeypatch.setattr(submitting_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    submitting = Submitting(2)
    assert len(await submitting.submit(work.tx)) == 2
    results = [FormAnswered(ticket="38A", form=number, problem="not possible") for number in (1, 2)]
    assert await submitting.store_results(work.tx, results) == ()
    assert not submitting.is_due()
    assert submitting.is_due()


async def test_lost_forms_are_read_again(work: Work) -> None:
    """Each form is submitted once, in order; forms behind the lost ones keep their rows."""
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.lose("38A", 3, 5)
    assert await work.submit(64) == [("38A", 1), ("38A", 2)]
    assert await work.submit(64) == []
    await work.read()
    assert await work.submit(64) == [("38A", number) for number in (3, 4, 5, 6)]
    await work.read()
    assert not work.folders.is_spooled("38A"), "all forms are submitted"


async def test_the_result_of_a_lost_form_is_notified(work: Work) -> None:
    """So that its place is free, and the file ends. Each loss is logged."""
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.submit(64)
    await work.lose("38A", 1, 6)
    with capture_logs() as logs:
        await work.answer("38A", 1, 2)
        await work.answer("38A", *range(3, FORMS + 1))
    lost = [(each["ticket"], each["form"]) for each in logs if each["event"] == "form_without_row"]
    assert lost == [("38A", 1), ("38A", 6)]
    assert await work.counts("38A") == (FORMS, FORMS)
    notified = "SELECT notification FROM results WHERE ticket = '38A' AND number = 1 AND final"
    assert b"<Location>1,1</Location>" in await work.connection.fetchval(notified)


async def test_the_final_result_of_a_lost_form_with_a_lost_provisional_result_counts_once(work: Work) -> None:
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.submit(64)
    await work.connection.execute("UPDATE files SET answered = submitted WHERE ticket = '38A'")
    await work.lose("38A", 1)
    await work.answer("38A", 1)
    assert await work.counts("38A") == (FORMS, 1)


async def test_forms_without_a_result_are_submitted_again(work: Work) -> None:
    """A restored database has lost the messages that were on their way. Intake drops the forms it knows."""
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.submit(64)
    await work.answer("38A", 2, 3)
    assert await work.submit_again(minutes=9) == []
    assert await work.submit_again(minutes=11) == [("38A", number) for number in (1, 4, 5, 6)]
    assert await work.submit_again(minutes=0) == [], "ten minutes count again"
    await work.answer("38A", 1, 4, 5, 6)
    assert await work.submit_again(minutes=11) == []
    assert await work.counts("38A") == (FORMS, FORMS)


async def test_the_result_of_a_form_that_will_be_submitted_again_is_dropped(work: Work) -> None:
    """After a restore to an instant before its submission."""
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.lose("38A", 1)
    await work.answer("38A", 1)
    assert await work.counts("38A") == (0, 0)
    assert await work.submit(64) == []
    await work.read()
    assert await work.submit(64) == [("38A", number) for number in range(1, FORMS + 1)]


async def test_a_file_without_content_waits_for_its_repetition(work: Work) -> None:
    """It does not hold back the file behind it. The repetition has the earlier ticket."""
    await work.register(f"FI.{SENDING}.R", "38A")
    await work.read()
    await work.lose("38A", 1)
    work.folders.unspool("38A")
    assert await work.submit(64) == []
    await work.register(f"FI.{SENDING}.R.1", "38B")
    await work.read()
    assert await work.submit(64) == [("38B", number) for number in range(1, FORMS + 1)]
    again = await work.register(f"FI.{SENDING}.R", "38C")
    assert again == Registered("38A", expects_content=True)
    await work.read()
    assert await work.submit(64) == [("38A", number) for number in range(1, FORMS + 1)]
    done = await work.register(f"FI.{SENDING}.R", "38C")
    assert done == Registered("38A", expects_content=False)


@pytest.mark.parametrize(
    ("command", "canceled"),
    [
        ("TD.{}.R", {"FI.{}.R"}),
        ("TD.{}.R.1", {"FI.{}.R.1", "FI.{}.R.1.1", "FI.{}.R.1.12"}),
        ("TD.{}.R.2", {"FI.{}.R.2.1"}),
        ("TD.{}.R.3", set()),
    ],
)
async def test_a_sending_is_canceled_alone(work: Work, command: str, canceled: set[str]) -> None:
    """A TD file without a number names the files without a number only."""
    sending = SENDING.replace("100001", work.expeditor)
    names = [f"FI.{sending}.{end}" for end in ("R", "R.1", "R.1.1", "R.1.12", "R.12", "R.2.1")]
    tickets = {name: f"38{number}" for number, name in enumerate(names)}
    for name, ticket in tickets.items():
        await work.register(name, ticket)
    td = parse_name(command.format(sending))
    assert td is not None
    found = await files.cancel_sending(work.tx, td)
    assert set(found) == {tickets[name.format(sending)] for name in canceled}


@pytest.mark.parametrize("submitted", [0, 2])
async def test_a_canceled_file_is_sent_again(work: Work, submitted: int) -> None:
    """It is a new file, unless some of its forms count already; then it gets no acknowledgement."""
    name = f"FI.{SENDING}.R".replace("100001", work.expeditor)
    await work.register(name, "38A")
    await work.read()
    assert len(await work.submit(submitted)) == submitted
    td = parse_name(name.replace("FI", "TD"))
    assert td is not None
    assert await files.cancel_sending(work.tx, td) == ["38A"]
    await work.connection.execute("UPDATE answers SET written_at = $1", work.tx.now)
    again = await work.register(name, "38B")
    await answers.acknowledge_again(work.tx, again.ticket)
    assert again == (Registered("38A", expects_content=False) if submitted else Registered("38B", True))
    assert await answers.load_unwritten(work.connection, ()) == []
    await work.read()
    assert len(await work.submit(64)) == (0 if submitted else FORMS)
