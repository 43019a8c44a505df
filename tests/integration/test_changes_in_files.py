"""IDFLUX files on the database of the service files: the expeditors that get one, and its content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from xml.etree import ElementTree

import pytest

from deploy.local.deployment import Endpoints
from services.files.handling.handler.changes import Changes
from services.files.handling.handler.writing import content_of
from services.files.handling.store.answers import load_unwritten
from services.files.transfer.rules import Environment
from shared.runtime.database import Transaction, open_pool
from tests.unit.services.files.test_changes import SITUATION

pytestmark = pytest.mark.stack


@pytest.fixture
async def tx(endpoints: Endpoints) -> AsyncIterator[Transaction]:
    """Open a transaction of files that is never committed."""
    async with await open_pool(endpoints.dsns["files"], "files", size=1) as pool, pool.acquire() as one:
        open_ = one.transaction()
        await open_.start()
        yield Transaction(one, await one.fetchval("SELECT platform.now()"))
        await open_.rollback()


async def test_the_employer_and_its_mandataries_get_a_change(endpoints: Endpoints, tx: Transaction) -> None:
    """The provider has a mandate of the orchard; the nursery has none."""
    number = endpoints.data.organizations["orchard"].enterprise_number
    situation = SITUATION.model_copy(update={"enterprise_number": number})
    await Changes(Environment.PRODUCTION).store(tx, [situation])
    answers = await load_unwritten(tx.connection, set())
    clients = {endpoints.transfer.clients[answer.expeditor] for answer in answers}
    assert endpoints.data.client_of("provider").client_id in clients
    assert endpoints.data.client_of("nursery").client_id not in clients
    assert {(answer.kind, answer.folder, answer.ticket) for answer in answers} == {("IDFL", "OUT", "")}
    tickets = set()
    for answer in answers:
        content = b"".join(await content_of(tx.connection, answer))
        root = ElementTree.fromstring(content)  # noqa: S314 - our own
        assert root.findtext(".//OutdatedSituation/INSS") == SITUATION.outdated_ssin
        tickets.add(root.findtext(".//Reference/ReferenceNbr"))
    assert len(tickets) == len(answers)
