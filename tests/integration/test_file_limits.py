"""The limits of an expeditor, on a real database that keeps no row (ADR 28, threat T15)."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from services.files.commands.store import load_file
from services.files.handling.api import require_room
from services.files.handling.handler.answering import AnswerFile, add_answer
from services.files.handling.handler.writing import Writing
from services.files.handling.rules import Backlog
from services.files.handling.store import answers, files, forms, queries
from services.files.handling.store.backlogs import load_backlog, load_backlogs
from services.files.handling.store.states import load_state
from services.files.transfer.channels.folders import Limit
from services.files.transfer.rules import AnswerKind, Environment
from shared.runtime.api import ProblemError
from tests.integration.working_files import EXPEDITORS, MANY, Work, client_of

pytestmark = pytest.mark.stack


async def test_the_backlog_counts_files_with_forms_to_submit(work: Work) -> None:
    first, second = await work.register("38LA", 3), await work.register("38LB", 5)
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(2, first + second, 0)
    await work.read()
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(2, first + second, 8)
    await forms.submit(work.tx, "38LB", 5)
    await forms.submit(work.tx, "38LA", 1)
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(1, first, 2)
    assert (await load_backlogs(work.connection))[EXPEDITORS[0]] == Backlog(1, first, 2)
    assert await load_backlog(work.tx, EXPEDITORS[1]) == Backlog()
    await forms.submit(work.tx, "38LA", 2)
    assert EXPEDITORS[0] not in await load_backlogs(work.connection)


async def test_a_query_without_answer_is_in_the_backlog(work: Work) -> None:
    size = await work.register("38LA", 1)
    await files.judge(work.tx, "38LA", (), 0)
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog()
    await queries.add_query(work.tx, "38LA", "{}")
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(1, size, 0)


async def test_files_with_lost_contents_do_not_fill_the_backlog(work: Work) -> None:
    """Their sender can send each of them again, under its ticket. It then counts again."""
    size, _ = await work.register("38LA", 3), await work.register("38LB", 3)
    work.folders.unspool("38LA")
    work.folders.unspool("38LB")
    await work.read()
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog()
    assert (await work.register("38LA", 3), await work.state("38LA")) == (size, ("received", [], 0))
    await work.read()
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(1, size, 3)
    work.folders.unspool("38LA")
    await work.read()
    assert await load_backlog(work.tx, EXPEDITORS[0]) == Backlog(1, size, 3), "all forms are stored"


async def test_a_file_beyond_the_limit_of_waiting_forms_is_refused(work: Work) -> None:
    """It has no effect, and its acknowledgement the official code. Others are not affected."""
    await work.register("38LA", 3)
    await work.register("38LB", 5)
    await work.register("38LC", 5, EXPEDITORS[1])
    await work.read(7)
    assert await work.state("38LA") == ("accepted", [], 3)
    assert await work.state("38LB") == ("refused", ["90372-172"], 0)
    assert await work.state("38LC") == ("accepted", [], 5)
    await forms.submit(work.tx, "38LA", 1)
    await work.register("38LD", 5)
    await work.read(7)
    assert await work.state("38LD") == ("accepted", [], 5), "there is room again"


async def test_a_refused_file_has_the_place_of_its_mistake(work: Work) -> None:
    """In the log, and for its sender and operators: the acknowledgement has no element for it."""
    await work.register("38LA", 2)
    spooled = work.folders.spooled("38LA")
    spooled.write_bytes(spooled.read_bytes().replace(b"</DimonaCancel>", b"</DimonaOut>", 1))
    with capture_logs() as logs:
        await work.read()
    assert await work.state("38LA") == ("refused", ["90372-102"], 0)
    (judged,) = [entry for entry in logs if entry["event"] == "file_judged" and entry["ticket"] == "38LA"]
    assert judged["line"] == 5
    assert judged["column"] > 1
    state = await load_state(work.connection, "38LA", client_of(EXPEDITORS[0]))
    assert state is not None
    assert (state.error_line, state.error_column) == (5, judged["column"])
    shown = await load_file(work.connection, "38LA")
    assert shown is not None
    assert dict(shown.facts())["error_line"] == "5"


async def test_an_upload_beyond_the_backlog_is_answered_with_429(work: Work) -> None:
    size = await work.register("38LA", 3)
    await require_room(work.tx, EXPEDITORS[0], Backlog(2, size + 1, 1), is_full=False)
    with pytest.raises(ProblemError, match="answers"):
        await require_room(work.tx, EXPEDITORS[0], MANY, is_full=True)
    for most in (Backlog(1, size + 1, 1), Backlog(2, size, 1), Backlog(2, size + 1, 0)):
        with pytest.raises(ProblemError) as caught:
            await require_room(work.tx, EXPEDITORS[0], most, is_full=False)
        assert caught.value.body["status"] == 429
        assert caught.value.headers == {"Retry-After": "60"}
        await require_room(work.tx, EXPEDITORS[1], most if most.forms else MANY, is_full=False)


async def test_a_notification_file_has_a_largest_size(work: Work) -> None:
    """Long notifications, with many anomalies in each form, are divided into more files, in their order."""
    await work.register("38LA", 4)
    await work.read()
    await work.notify("38LA", 300, 800, 100, 5000)
    numbers = [await work.add_notification("38LA", 1000) for _ in range(4)]
    found = [list(map(len, await answers.load_notifications(work.connection, each))) for each in numbers]
    assert found == [[300, 800], [100, 5000], [], []]


async def test_notifications_wait_while_the_folder_of_answers_is_full(work: Work) -> None:
    """Acknowledgements are still written, and the answers of other expeditors too."""
    for ticket, expeditor in (("38LA", EXPEDITORS[0]), ("38LB", EXPEDITORS[1])):
        await work.register(ticket, 1, expeditor)
        await work.read()
        await work.notify(ticket, 500)
        await work.add_notification(ticket, 10_000, expeditor)
    (work.folders.home(EXPEDITORS[0]) / "OUT" / "FO.OLD").write_bytes(b"x" * 10_000)
    writing = Writing(work.folders, work.stage, 10_000)
    while await writing.run_once():
        pass
    assert work.out(EXPEDITORS[0]) == ["ACRF", "OLD"]
    assert work.out(EXPEDITORS[1]) == ["ACRF", "NOTI"]
    assert work.folders.full[Limit.OUT] == {EXPEDITORS[0]}
    assert [each.expeditor for each in await answers.load_unwritten(work.connection, EXPEDITORS)] == []
    (work.folders.home(EXPEDITORS[0]) / "OUT" / "FO.OLD").unlink()
    while await writing.run_once():
        pass
    assert work.out(EXPEDITORS[0]) == ["ACRF", "NOTI"]
    assert work.folders.full[Limit.OUT] == frozenset()


async def test_answers_that_cannot_be_written_do_not_stop_others(work: Work) -> None:
    """More than a turn takes, and acknowledgements. All are written when the folder is there again."""
    for ticket, expeditor in (("38LA", EXPEDITORS[0]), ("38LB", EXPEDITORS[1])):
        await work.register(ticket, 1, expeditor)
        await work.read()
    acknowledgement = AnswerFile("38LA", EXPEDITORS[0], Environment.PRODUCTION, AnswerKind.ACKNOWLEDGEMENT)
    for _ in range(24):
        await add_answer(work.tx, acknowledgement)
    await work.notify("38LB", 500)
    await work.add_notification("38LB", 10_000, EXPEDITORS[1])
    folder = work.folders.home(EXPEDITORS[0]) / "OUT"
    folder.rmdir()
    folder.touch()
    writing = Writing(work.folders, work.stage, 10_000)
    for _ in range(2):
        with pytest.raises(FileExistsError):
            await writing.run_once()
    assert work.out(EXPEDITORS[1]) == ["ACRF", "NOTI"]
    folder.unlink()
    await writing.run_once()  # without the answers that had an error
    while await writing.run_once():
        pass
    assert work.out() == ["ACRF"] * 25


async def test_answers_are_written_in_turns_of_their_expeditors(work: Work) -> None:
    """Acknowledgements come first: many notifications of one expeditor do not delay them."""
    await work.register("38LA", 30)
    await work.read()
    await work.notify("38LA", *[10] * 30)
    for _ in range(30):
        await work.add_notification("38LA", 1)
    await work.register("38LB", 1, EXPEDITORS[1])
    await work.read()
    await work.notify("38LB", 10)
    await work.add_notification("38LB", 1, EXPEDITORS[1])
    order = [
        (each.kind, each.expeditor)
        for each in await answers.load_unwritten(work.connection, ())
        if each.expeditor in EXPEDITORS
    ]
    assert order[:4] == [
        ("ACRF", EXPEDITORS[0]), ("ACRF", EXPEDITORS[1]), ("NOTI", EXPEDITORS[0]), ("NOTI", EXPEDITORS[1]),
    ]  # fmt: skip
