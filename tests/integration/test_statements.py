"""Every step of every service sends few statements to its database, for batches of any size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.stack import Stack
from services.contact.contestation.channels import Contestation
from services.personnel_file.consultation.channels.queue import PeriodsQuery
from shared.consultation import PeriodsAsked
from shared.domain.declared import Declaration
from shared.messages import (
    DeclarationAdmitted,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    Delivery,
    EnterpriseRegistered,
    FormAnswered,
    IdentificationEnded,
    LetterWritten,
    NotificationDeposited,
    PeriodLockSet,
    RegisterEntry,
    SituationChanged,
    WorkerNumberReplaced,
    WorkerRegistered,
)
from shared.persons import Enterprise
from shared.topology import Deployment
from tests.integration.counting import Counted
from tests.integration.receiving import some_forms

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

#: BEGIN and COMMIT included.
MOST = 6
#: Batches that may send more: rare ones, and changes by registers and agents, which depend on each other.
MORE = {
    ("files", "results"): 10,  # the progress of the files, and the next forms of one file
    ("identification", "identify"): 10,  # workers are not found, by number and by characteristics; else five
    ("access", "register"): 7,  # one of them is the audit of the sender; else six
    ("identification", "register"): 11,  # one of them is the audit of the sender; else ten
    ("intake", "declarations"): 7,  # the batch has waited out an outage of ours; else six
    ("intake", "forms"): 7,  # those of declarations, and the claim of the inbox
    ("personnel_file", "mutate"): 18,
    ("personnel_file", "lookups"): 26,  # eleven for each page; a transaction has eight at most
    ("personnel_file", "queries"): 36,  # nine for each search; a transaction has eight at most
}
_INBOXES = """
SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhparent WHERE relname = 'inbox'"""
STEPS = [
    ("access", "register"), ("contact", "contestations"), ("contact", "notifications"), ("files", "pages"),
    ("files", "results"), ("files", "situations"), ("identification", "identify"),
    ("identification", "register"),
    ("intake", "declarations"), ("intake", "forms"), ("intake", "results"), ("notifier", "letters"),
    ("notifier", "notify"), ("notifier", "situations"),
    ("personnel_file", "lookups"), ("personnel_file", "mutate"), ("personnel_file", "queries"),
    ("personnel_file", "settle"),
]  # fmt: skip
LANGUAGES = dict.fromkeys(("fr", "nl", "de", "en"), "-")


async def through_all(counted: Counted) -> None:
    """Send every kind of case through every step. The second round counts: numbers are in stock."""
    data = counted.data
    for turn in (0, 1):
        counted.sent.clear()
        known = [{"ssin": ssin} for ssin in data.workers[4 * turn : 4 * turn + 3]]
        first = counted.command(counted.engagement(known[0]))
        batch = [
            first,
            first,
            counted.command(counted.engagement(known[1])),
            counted.command(counted.engagement({"ssin": data.strangers[turn].ssin})),
            counted.command(counted.engagement(known[2], "bakery")),
            counted.command(Declaration.model_validate({"dimonaCancel": {"periodId": 1}})),
            counted.command(None),
            counted.command(counted.engagement(known[0]), "stranger"),
        ]
        await counted.run("intake", "declarations", batch)
        other_body = counted.command(None, message_id=first.message_id)
        effects = await counted.run("intake", "declarations", [first, other_body, *batch[2:3]])
        assert len(effects) == 3, "a repeat gets its earlier reply, another body a problem"
        later = [counted.command(counted.engagement(worker)) for worker in known]
        effects = await counted.run("intake", "declarations", [first, other_body, *later, batch[-1]])
        admitted = [effect for effect in effects if isinstance(effect, DeclarationAdmitted)]
        strangers = [{"ssin": data.strangers[2 + turn].ssin}, data.unknown_worker]
        unknown = [counted.command(counted.engagement(worker)) for worker in strangers]
        admitted += [
            effect
            for effect in await counted.run("intake", "declarations", unknown)
            if isinstance(effect, DeclarationAdmitted)
        ]
        effects = await counted.run("identification", "identify", admitted)
        ended = [effect for effect in effects if isinstance(effect, IdentificationEnded)]
        provisional = [effect for effect in effects if isinstance(effect, DeclarationProvisional)]
        assert ended
        assert provisional
        # The chain of each worker begins with an IN that is not settled: only the others are final.
        heads = [
            one.model_copy(update={"declaration": one.declaration.model_copy(update={"previous": None})})
            for one in ended
        ]
        settled = [
            effect
            for effect in await counted.run("personnel_file", "settle", [*heads[:2], ended[2]])
            if isinstance(effect, DeclarationSettled)
        ]
        assert settled
        refused = [effect for effect in effects if isinstance(effect, DeclarationRefused)]
        decided = [*settled, *provisional]
        await counted.run("intake", "results", decided)
        deposited = [
            effect
            for effect in await counted.run("notifier", "notify", [*decided, *refused])
            if isinstance(effect, NotificationDeposited)
        ]
        await counted.run("contact", "notifications", deposited)
        await contest(counted, deposited)
        effects = await counted.run("intake", "forms", some_forms(counted.data, turn))
        await counted.run("files", "results", [each for each in effects if isinstance(each, FormAnswered)])
        await run_the_other_steps(counted, settled, turn)


async def contest(counted: Counted, deposited: Sequence[NotificationDeposited]) -> None:
    """Contest a notification: first, repeated, with another body, unreadable, unknown, by a stranger."""
    own = counted.data.client_of("secretariat")
    assert own.organization == deposited[0].addressee
    first = counted.command(
        Contestation(notification_id=deposited[0].notification_id, reason="-"), own.client_id
    )
    unknown = counted.command(Contestation(notification_id=uuid4(), reason="-"), own.client_id)
    stranger = counted.command(first.data, "stranger")
    batch = [first, unknown, stranger, counted.command(None)]
    effects = await counted.run("contact", "contestations", batch)
    assert len(effects) == len(batch)
    other_body = counted.command(None, own.client_id, message_id=first.message_id)
    more = counted.command(Contestation(notification_id=deposited[1].notification_id, reason="-"))
    effects = await counted.run("contact", "contestations", [first, other_body, other_body, more, more])
    assert [isinstance(effect, Delivery) for effect in effects] == [True] * 5


async def run_the_other_steps(counted: Counted, settled: Sequence[DeclarationSettled], turn: int) -> None:
    """Run the steps for letters, and for changes by registers and agents."""
    employer, worker = settled[0].declaration.employer, settled[0].worker
    assert employer is not None
    assert worker is not None
    letter = LetterWritten(
        letter_id=uuid4(), enterprise_number=employer.enterprise_number, message_type="dimonaPositive",
        subject=LANGUAGES, status=LANGUAGES, lead=LANGUAGES, data="{}",
    )  # fmt: skip
    await counted.run("notifier", "letters", [letter])
    entry = RegisterEntry(**{**worker.model_dump(), "ssin": f"000000000{turn + 10}", "former_ssins": None})
    old = RegisterEntry(**{**worker.model_dump(), "replaced_by": entry.ssin})
    registered = [
        WorkerRegistered(worker=each, sequence=10**9 + turn * 2 + n) for n, each in enumerate((entry, old))
    ]
    await counted.run("identification", "register", registered)
    replaced = WorkerNumberReplaced(
        worker=worker.model_copy(update={"ssin": entry.ssin, "former_ssins": (worker.ssin,)}),
        order=turn + 1, effective_on=date(2026, 3, 2),
    )  # fmt: skip
    lock = PeriodLockSet(
        period_id=settled[0].declaration.number, locked=True, set_by="agent", set_at=datetime.now(UTC),
        reason="-", request=uuid4(),
    )  # fmt: skip
    for mutation in (lock, replaced):
        effects = await counted.run("personnel_file", "mutate", [mutation])
    situations = [effect for effect in effects if isinstance(effect, SituationChanged)]
    assert situations
    await counted.run("notifier", "situations", situations)
    await counted.run("files", "situations", situations)
    query = PeriodsQuery.model_validate({"criteria": {"worker": {"ssin": worker.ssin}}, "total": True})
    searches = [counted.command(query), counted.command(query, "stranger"), counted.command(None)]
    assert len(await counted.run("personnel_file", "queries", searches)) == len(searches)
    asked = [
        PeriodsAsked(
            client_id=client,
            ticket=f"38-{turn}",
            page=page,
            enterprise_number=employer.enterprise_number,
            asked_at=datetime.now(UTC),
        )
        for page, client in enumerate((settled[0].declaration.sender.client_id, "stranger"), 1)
    ]
    pages = await counted.run("personnel_file", "lookups", asked)
    assert len(pages) == len(asked)
    await counted.run("files", "pages", pages)
    enterprise = Enterprise(enterprise_number=employer.enterprise_number, name="-", representatives=())
    await counted.run("access", "register", [EnterpriseRegistered(enterprise=enterprise, sequence=turn + 1)])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counted(stack: Stack) -> AsyncIterator[Counted]:
    """Yield the counts, from a deployment of its own without services."""
    endpoints = await asyncio.to_thread(stack.provision, Deployment("counted"), "counted")
    counted = Counted(endpoints)
    try:
        await counted.connect()
        await through_all(counted)
        yield counted
    finally:
        await counted.close()


@pytest.mark.parametrize("step", STEPS, ids=".".join)
async def test_a_step_sends_few_statements(counted: Counted, step: tuple[str, str]) -> None:
    sent = counted.sent[step]
    assert 3 < len(sent) <= MORE.get(step, MOST), "\n\n".join(sent)


async def test_every_step_is_counted(counted: Counted) -> None:
    assert sorted(counted.steps) == STEPS
    assert set(MORE) <= set(STEPS)


async def test_each_inbox_has_a_partition_for_its_step(counted: Counted) -> None:
    """A step without one parks every message."""
    owner = await asyncpg.connect(counted.endpoints.postgres_dsn)
    try:
        found = await owner.fetch(_INBOXES)
    finally:
        await owner.close()
    steps = {f"{service}.inbox_{name}" for (service, name), step in counted.steps.items() if step.inbox}
    assert steps == {row[0] for row in found}
