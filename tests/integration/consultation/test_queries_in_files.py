"""Queries in files between the service files and the personnel file, on their databases, without a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from deploy.local.deployment import Endpoints
from services.files.handling import requests
from services.files.handling.handler import asking
from services.files.handling.handler.asking import OPEN_MOST, ask, store_pages
from services.files.handling.handler.writing import content_of
from services.files.handling.requests import to_text
from services.files.handling.rules import ticket_of
from services.files.handling.store import files, queries
from services.files.handling.store.answers import load_unwritten
from services.files.handling.store.backlogs import load_backlogs
from services.files.handling.store.files import NewFile
from services.files.xml.pfreq import read_request
from services.personnel_file.consultation.channels import lookup
from services.personnel_file.consultation.handler import REFUSED, lookups
from services.personnel_file.consultation.handler.lookups import NAME, Lookups
from services.personnel_file.consultation.rules import Level, Order
from shared.consultation import PeriodsAsked, PeriodsFound
from shared.domain.identifiers import pseudonym
from shared.runtime import file_metrics
from shared.runtime.database import Transaction, open_pool
from tests.file_senders import query_of
from tests.integration.consultation import oracle
from tests.official import assert_valid

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

MADE = oracle.relations(23)
DAYS = (date(2024, 3, 1), date(2024, 6, 30))


@dataclass
class Play:
    """The two services in transactions that are never committed, and the messages between them."""

    endpoints: Endpoints
    files: Transaction
    personnel_file: Transaction
    found: list[PeriodsFound] = field(default_factory=list)

    def employer(self, role: str) -> str:
        return self.endpoints.data.organizations[role].enterprise_number

    async def query(self, content: bytes, role: str = "bakery") -> str:
        """Store the query of an expeditor in an accepted file, and return its ticket."""
        tx, client = self.files, self.endpoints.data.client_of(role).client_id
        expeditor = await tx.connection.fetchval(
            "SELECT expeditor FROM expeditors WHERE client_id = $1", client
        )
        ticket = ticket_of(await files.take_ticket(tx))
        name = f"FI.PFRQ.{expeditor}.20260220.{ticket[-5:]}.R.1.1"
        await files.register(tx, ticket, NewFile(expeditor, name, ticket.encode(), len(content), "R", "sftp"))
        await files.judge(tx, ticket, (), 0)
        request = read_request([content], self.endpoints.data.today)
        await queries.add_query(tx, ticket, to_text(request))
        return ticket

    def wait(self, seconds: int) -> None:
        """Let this time pass in the service files."""
        self.files = Transaction(self.files.connection, self.files.now + timedelta(seconds=seconds))

    async def search(self, asked: Sequence[Any]) -> list[PeriodsFound]:
        """Return the answers of the personnel file."""
        handler = Lookups(partial(pseudonym, b"x" * 16))
        pages = await handler.answer(self.personnel_file, [m for m in asked if isinstance(m, PeriodsAsked)])
        self.found += [page for page in pages if isinstance(page, PeriodsFound)]
        return [page for page in pages if isinstance(page, PeriodsFound)]

    async def run(self) -> None:
        """Carry messages between the services until none is left."""
        asked = await ask(self.files)
        while asked:
            asked = await store_pages(self.files, await self.search(asked))

    async def answer(self) -> tuple[str, bytes]:
        """Return the kind and the content of the only answer."""
        (answer,) = await load_unwritten(self.files.connection, set())
        return answer.kind, b"".join(await content_of(self.files.connection, answer))

    async def result(self) -> str | None:
        """Return the result code of the only answer, which is a PFANS without periods."""
        kind, content = await self.answer()
        root = ElementTree.fromstring(content)  # noqa: S314 - our own
        assert (kind, root.findall(".//DimonaPeriod")) == ("PFAN", [])
        return root.findtext(".//ResultCodeResearch")

    async def codes(self) -> list[str | None]:
        """Return the anomalies of the only answer, which is a notification."""
        kind, content = await self.answer()
        assert kind == "NOTI"
        return [each.text for each in ElementTree.fromstring(content).iter("ErrorID")]  # noqa: S314


@pytest_asyncio.fixture(loop_scope="module")
async def play(made: Endpoints) -> AsyncIterator[Play]:
    async with (
        await open_pool(made.dsns["files"], "files", size=1) as files_pool,
        await open_pool(made.dsns["personnel_file"], "personnel_file", size=1) as file_pool,
        files_pool.acquire() as one,
        file_pool.acquire() as other,
    ):
        begun = [connection.transaction() for connection in (one, other)]
        for transaction in begun:
            await transaction.start()
        now = await one.fetchval("SELECT platform.now()")
        yield Play(made, Transaction(one, now), Transaction(other, now))
        for transaction in begun:
            await transaction.rollback()


async def test_all_pages_together_are_the_periods_of_the_days(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is recorded as a look of the client."""
    monkeypatch.setattr(lookup, "PAGE", 7)
    criteria = {"employer": oracle.EMPLOYERS[0], "active_from": DAYS[0], "active_until": DAYS[1]}
    expected = oracle.found(MADE, Level.PERIOD, criteria, Order.NUMBER)
    ticket = await play.query(query_of(play.employer("bakery"), play.endpoints.data.today, DAYS))
    await play.run()
    kind, content = await play.answer()
    root = ElementTree.fromstring(content)  # noqa: S314 - our own
    assert (kind, root.findtext(".//ResultCodeResearch")) == ("PFAN", "0")
    assert [int(each.text or "") for each in root.iter("DimonaPeriodId")] == expected
    assert root.findtext(".//HandledReference/ReferenceNbr") == ticket
    looks = await play.personnel_file.connection.fetch(
        "SELECT reader, employer, criteria, refused FROM consultations WHERE operation = $1", NAME
    )
    assert len(looks) == len(play.found) > 3
    client = play.endpoints.data.client_of("bakery").client_id
    names = ["active_from", "active_until", "employer"]
    assert {(*row[:2], *row[2], row[3]) for row in map(tuple, looks)} == {
        (client, play.employer("bakery"), *names, None)
    }


async def test_an_answer_with_periods_is_valid(play: Play) -> None:
    """Some of them are canceled: their workers have no names."""
    await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    await play.run()
    _, content = await play.answer()
    root = assert_valid(content, "PersonnelFileConsultationAnswer_20223")
    assert {each.text for each in root.iter("IsCancelled")} == {"0", "1"}


async def test_an_employer_without_periods_has_an_answer(play: Play) -> None:
    await play.query(query_of(play.employer("nursery"), play.endpoints.data.today), "nursery")
    await play.run()
    assert await play.result() == "1"


@pytest.mark.parametrize(
    ("number", "code"), [("0400767772", "00014-235"), (None, "90256-155")], ids=["unknown", "without mandate"]
)
async def test_an_employer_that_may_not_be_seen_is_refused(play: Play, number: str | None, code: str) -> None:
    await play.query(query_of(number or play.employer("nursery"), play.endpoints.data.today))
    await play.run()
    assert await play.codes() == [code]
    refused = await play.personnel_file.connection.fetch(
        "SELECT refused FROM consultations WHERE operation = $1", NAME
    )
    assert [row["refused"] for row in refused] == ([] if number else [REFUSED])
    _, content = await play.answer()
    assert_valid(content, "NOTIFICATION_20223")


async def test_a_query_with_anomalies_is_refused_without_a_search(play: Play) -> None:
    content = query_of(play.employer("bakery"), play.endpoints.data.today, (DAYS[1], DAYS[0]))
    await play.query(content)
    await play.run()
    assert (await play.codes(), play.found) == (["00075-014"], [])


async def test_too_many_periods_are_left_out(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "PAGE", 7)
    monkeypatch.setattr(requests, "PERIODS_MOST", 20)
    ticket = await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    await play.run()
    assert (await play.result(), len(play.found)) == ("5", 3)
    assert not await play.files.connection.fetchval("SELECT count(*) FROM pages WHERE ticket = $1", ticket)


async def test_a_search_that_takes_too_long_has_too_many_results(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "LONGEST", 0.0)
    await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    await play.run()
    assert await play.result() == "5"


async def test_a_repeated_page_has_no_effect(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "PAGE", 7)
    await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    first = await play.search(await ask(play.files))
    asked = await store_pages(play.files, first)
    assert [each.page for each in asked if isinstance(each, PeriodsAsked)] == [2]
    assert await store_pages(play.files, first) == []
    assert await play.files.connection.fetchval("SELECT sum(periods) FROM queries") == 7


async def test_each_client_has_one_open_page(play: Play) -> None:
    """The second query of a client waits for the end of its first one. Both are in its backlog."""
    mine = query_of(play.employer("bakery"), play.endpoints.data.today)
    tickets = [await play.query(mine), await play.query(mine)]
    tickets.append(await play.query(query_of(play.employer("nursery"), play.endpoints.data.today), "nursery"))
    asked = [each for each in await ask(play.files) if isinstance(each, PeriodsAsked)]
    assert {each.ticket for each in asked} == {tickets[0], tickets[2]}
    assert len(asked) <= OPEN_MOST
    assert await ask(play.files) == []
    backlogs = await load_backlogs(play.files.connection)
    assert sorted(backlog.files for backlog in backlogs.values()) == [1, 2]
    pages: Sequence[Any] = asked
    while pages:
        pages = await store_pages(play.files, await play.search(pages))
    assert await load_backlogs(play.files.connection) == {}


async def test_a_page_that_does_not_come_is_asked_for_again(play: Play) -> None:
    """For example after the restore of a backup. The new message has another id."""
    await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    (first,) = await ask(play.files)
    later = Transaction(play.files.connection, play.files.now + timedelta(minutes=11))
    (again,) = await ask(later)
    assert isinstance(first, PeriodsAsked)
    assert isinstance(again, PeriodsAsked)
    assert (again.ticket, again.page) == (first.ticket, 1)
    assert again.event_id != first.event_id
    assert await ask(later) == []


async def test_clients_take_turns_also_with_short_queries(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client that was asked for least recently comes first, however old the queries of others are."""
    monkeypatch.setattr(asking, "OPEN_MOST", 1)
    mine = query_of(play.employer("bakery"), play.endpoints.data.today)
    tickets = [await play.query(mine) for _ in range(3)]
    play.wait(seconds=1)
    other = await play.query(query_of(play.employer("nursery"), play.endpoints.data.today), "nursery")
    order = []
    asked = await ask(play.files)
    while asked:
        order += [each.ticket for each in asked if isinstance(each, PeriodsAsked)]
        play.wait(seconds=1)
        asked = await store_pages(play.files, await play.search(asked))
    assert order == [tickets[0], other, *tickets[1:]]


async def test_a_page_that_never_comes_ends_its_query(play: Play) -> None:
    """For example because its message is parked each time. The loss is logged and counted."""
    content = query_of(play.employer("bakery"), play.endpoints.data.today)
    await play.query(content)
    before = file_metrics.FILE_QUERIES_GIVEN_UP._value.get()
    for _ in range(asking.ATTEMPTS_MOST):
        assert len(await ask(play.files)) == 1
        play.wait(seconds=660)
    with capture_logs() as logs:
        assert await ask(play.files) == []
    assert [each["page"] for each in logs if each["event"] == "query_given_up"] == [1]
    assert file_metrics.FILE_QUERIES_GIVEN_UP._value.get() == before + 1
    assert await play.codes() == ["90059-163"]
    assert_valid((await play.answer())[1], "NOTIFICATION_20223")
    play.wait(seconds=660)
    assert await ask(play.files) == []
    assert await load_backlogs(play.files.connection) == {}


async def test_a_page_that_comes_late_begins_the_count_anew(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "PAGE", 7)
    await play.query(query_of(play.employer("bakery"), play.endpoints.data.today))
    for _ in range(asking.ATTEMPTS_MOST - 1):
        await ask(play.files)
        play.wait(seconds=660)
    asked = await store_pages(play.files, await play.search(await ask(play.files)))
    for _ in range(asking.ATTEMPTS_MOST - 1):
        assert [each.page for each in asked if isinstance(each, PeriodsAsked)] == [2]
        play.wait(seconds=660)
        asked = await ask(play.files)
