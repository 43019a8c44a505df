"""The deletion of old forms, results, pages and changes, on a real database that keeps no row (ADR 28)."""

from __future__ import annotations

import pytest

from services.files.handling.handler import erasing
from services.files.handling.handler.erasing import Erasing
from services.files.handling.handler.submitting import Submitting
from services.files.handling.handler.writing import Writing
from services.files.handling.store import answers, changes, files, queries, states
from services.files.handling.store.changes import ChangeFile
from services.files.handling.store.queries import Page
from services.files.transfer.rules import AnswerKind
from shared.messages import FormAnswered
from shared.persons import EmployerNumbers
from tests.integration.working_files import EXPEDITORS, MANY, Work, client_of

pytestmark = pytest.mark.stack

TABLES = ("forms", "results", "pages", "changes")


async def rows(work: Work) -> dict[str, int]:
    """Return the number of rows in each table."""
    return {table: await work.connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608


async def write(work: Work) -> None:
    """Write the answers into the folders."""
    writing = Writing(work.folders, work.stage, MANY.bytes)
    while await writing.run_once():
        pass


def fetch(work: Work, kind: str = "*") -> None:
    """Remove answers from OUT, as their expeditor does."""
    for path in (work.folders.home(EXPEDITORS[0]) / "OUT").glob(f"??.{kind}.*"):
        path.unlink()


async def erase(work: Work, days: int | None = 10) -> None:
    await Erasing(work.folders, work.stage, days).run()


async def answered(work: Work, ticket: str = "38LA", forms: int = 5) -> None:
    """Let a file end, with its notification in OUT."""
    await work.register(ticket, forms)
    await work.read()
    await work.notify(ticket, *[10] * forms)
    await work.add_notification(ticket, 10_000)
    await write(work)


async def listed(work: Work, ticket: str = "38LA") -> list[str]:
    """Return the kinds of the answers that the sender of a file can read."""
    client = client_of(EXPEDITORS[0])
    state = await states.load_state(work.connection, ticket, client)
    assert state is not None
    found = [await states.load_answer(work.connection, ticket, name, client) for name in state.answers]
    assert None not in found
    return [each.kind for each in found if each is not None]


async def test_the_rows_of_a_file_are_deleted_some_days_after_its_last_answer_was_fetched(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limited number in each transaction. The file keeps its row and its acknowledgement."""
    monkeypatch.setattr(erasing, "_ROWS", 2)
    await answered(work)
    work.wait(100)
    await erase(work)
    assert (await rows(work))["forms"] == 5, "its answers are in OUT"
    fetch(work, "ACRF")
    await erase(work)
    fetch(work)
    await erase(work)
    work.wait(9)
    await erase(work)
    assert (await rows(work))["results"] == 5, "the days count from the last fetched answer"
    assert await listed(work) == ["ACRF", "NOTI"]
    work.wait(2)
    await erase(work)
    assert await rows(work) == dict.fromkeys(TABLES, 0)
    assert await listed(work) == ["ACRF"]
    assert await work.state("38LA") == ("accepted", [], 5)


async def test_without_the_setting_all_rows_are_kept(work: Work) -> None:
    await answered(work)
    fetch(work)
    await erase(work, None)
    work.wait(10_000)
    await erase(work, None)
    assert (await rows(work))["forms"] == 5
    await erase(work)
    assert (await rows(work))["forms"] == 0, "the instant of the removal was known"


async def test_the_rows_of_a_file_without_its_last_result_are_kept(work: Work) -> None:
    await work.register("38LA", 3)
    await work.read()
    await work.notify("38LA", 10, 10)
    await work.add_notification("38LA", 10_000)
    await write(work)
    fetch(work)
    await erase(work)
    work.wait(100)
    await erase(work)
    assert (await rows(work))["forms"] == 3


async def test_a_file_that_is_sent_again_keeps_its_ticket_after_the_deletion(work: Work) -> None:
    """It has no second effect, and a result that comes again is dropped."""
    await answered(work)
    fetch(work)
    await erase(work)
    work.wait(11)
    await erase(work)
    assert (await rows(work))["forms"] == 0
    await work.register("38LA", 5)
    await answers.acknowledge_again(work.tx, "38LA")
    await write(work)
    assert work.out() == ["ACRF"]
    again = FormAnswered(ticket="38LA", form=1, problem="not possible")
    assert await Submitting(64).store_results(work.tx, [again]) == ()
    assert await rows(work) == dict.fromkeys(TABLES, 0)


async def test_pages_of_a_query_and_changes_are_deleted(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "_ROWS", 2)
    await work.register("38LA", 1)
    await files.judge(work.tx, "38LA", (), 0)
    await queries.add_query(work.tx, "38LA", "{}")
    employer = EmployerNumbers(enterprise_number="0477472701", employer_id=125482497)
    for number in range(1, 6):
        await work.connection.execute("UPDATE queries SET asked = $1", number)
        await queries.add_page(work.tx, "38LA", Page(number, b"<x/>", 1, number, employer))
    answer = await answers.take_answer_number(work.tx)
    name = "FO.PFAN.999999.20260213.00001.R"
    await answers.add_answer(work.tx, answer, "38LA", EXPEDITORS[0], name, AnswerKind.PERIODS, "OUT")
    await queries.end_query(work.tx, "38LA", answer, result=0)
    change = ChangeFile(await answers.take_answer_number(work.tx), EXPEDITORS[0], "FO.IDFL.X", b"<x/>")
    await changes.add_changes(work.tx, [change], AnswerKind.CHANGE, "OUT")
    await work.connection.execute("UPDATE answers SET written_at = $1", work.tx.now)
    work.folders.home(EXPEDITORS[0])  # an expeditor without folders has removed nothing
    await erase(work)
    work.wait(9)
    await erase(work)
    assert (await rows(work))["pages"] == 5
    work.wait(2)
    await erase(work)
    assert await rows(work) == dict.fromkeys(TABLES, 0)
