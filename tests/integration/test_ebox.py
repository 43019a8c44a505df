"""The e-Box on the real database: the view of each reader, and the events feed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.local.deployment import Endpoints
from deploy.local.stack import Stack
from services.notifier.delivery import store as delivery
from services.notifier.ebox.channels.paper import Printing
from services.notifier.ebox.store import events, marks, paper
from services.notifier.ebox.store import overview as messages
from services.notifier.ebox.store.overview import Filter, Place, Reader, Sort
from services.notifier.letters import store as letters
from services.notifier.letters.rules.document import document
from services.notifier.letters.rules.letter import Fact, Letter, Tone
from services.notifier.letters.store import RETENTION, NewMessage
from services.notifier.situation.handler import notify_situations
from shared.domain.rights import MessageType
from shared.messages import SituationChanged
from shared.runtime.database import Pool, Transaction, open_pool, transaction
from shared.topology import Deployment

pytestmark = pytest.mark.stack

POSITIVE, NEGATIVE, ACCESS = MessageType.POSITIVE, MessageType.NEGATIVE, MessageType.ACCESS
_BOXES = count(1)
_IDS = count(1)


@pytest.fixture(scope="module")
def own(stack: Stack) -> Endpoints:
    """Yield a deployment of its own, without services."""
    return stack.provision(Deployment("ebox"), "ebox")


@pytest.fixture
async def pool(own: Endpoints) -> AsyncIterator[Pool]:
    async with await open_pool(own.dsns["notifier"], "notifier", size=3) as pool:
        yield pool


@pytest.fixture
def box() -> str:
    """Return the enterprise number of an e-Box that no other test uses."""
    return f"{next(_BOXES):010}"


def post(box: str, type_: MessageType = POSITIVE, **more: Any) -> NewMessage:
    subject = {language: f"subject {language}" for language in ("fr", "nl", "de", "en")}
    given: dict[str, Any] = {"language": "nl", "subject": subject, "letter": "{}"}
    return NewMessage(UUID(int=next(_IDS)), box, type_, **given | more)


def reader(box: str, *types: MessageType, id_: str = "jan") -> Reader:
    return Reader(id_, box, types or tuple(MessageType))


async def deposited(pool: Pool, *posts: NewMessage, days_ago: float = 0) -> Sequence[UUID]:
    """Deposit messages, each in its own transaction, so that their order is certain."""
    for one in posts:
        async with transaction(pool) as tx:
            at = tx.now - timedelta(days=days_ago)
            assert await letters.save(Transaction(tx.connection, at), [one]) == {one.id}
    return [one.id for one in posts]


async def overview(pool: Pool, who: Reader, narrowed: Filter | None = None, **how: Any) -> list[UUID]:
    async with transaction(pool) as tx:
        found = [line.id for _, line in await messages.page(tx, who, narrowed or Filter(), **how)]
        if not how:
            assert await messages.total(tx, who, narrowed or Filter()) == len(found)
    return found


async def test_a_message_is_in_one_box_once(pool: Pool, box: str) -> None:
    one = post(box, data='{"declaration": 1}', declaration_id=7)
    await deposited(pool, one)
    async with transaction(pool) as tx:
        assert await letters.save(tx, [one]) == set()
        found = await messages.get(tx, reader(box), one.id)
    assert found is not None
    assert (found.letter, found.data, found.declaration_id) == ("{}", '{"declaration": 1}', 7)
    assert found.subject["de"] == "subject de"
    assert found.expires_at - found.deposited_at == RETENTION
    assert await overview(pool, reader(box)) == [one.id]
    assert await overview(pool, reader("0999999999")) == []


async def test_a_message_is_hidden_without_the_right_to_its_type(pool: Pool, box: str) -> None:
    first, second = await deposited(pool, post(box, POSITIVE), post(box, NEGATIVE))
    who = reader(box, POSITIVE)
    assert await overview(pool, who) == [first]
    assert await overview(pool, who, Filter(types=[NEGATIVE])) == []
    async with transaction(pool) as tx:
        assert await messages.get(tx, who, second) is None
        assert await messages.visible(tx, who, [first, second]) == {first}
        await marks.label(tx, reader(box), [second], "hidden", for_all=True)
        assert await marks.labels(tx, who) == {}
        await events.announce(tx)
        assert [event.message_id for event in await events.events(tx, who, 0, 10)] == [first]


async def test_an_expired_message_is_hidden(pool: Pool, box: str) -> None:
    (old,) = await deposited(pool, post(box), days_ago=RETENTION.days + 1)
    assert await overview(pool, reader(box)) == []
    async with transaction(pool) as tx:
        assert await messages.get(tx, reader(box), old) is None
        await events.announce(tx)
        assert await events.events(tx, reader(box), 0, 10) == []


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", Sort)
async def test_pages_follow_one_another_in_every_order(
    pool: Pool, box: str, sort: Sort, descending: bool
) -> None:
    types = (POSITIVE, NEGATIVE, ACCESS, POSITIVE, NEGATIVE)
    ids = await deposited(pool, *(post(box, type_, sender=f"{n % 2}") for n, type_ in enumerate(types)))
    whole = await overview(pool, reader(box), Filter(), sort=sort, descending=descending, size=50)
    if sort in {Sort.DEPOSITED, Sort.EXPIRES}:
        assert whole == list(reversed(ids) if descending else ids)
    assert sorted(whole) == sorted(ids)
    after: Place | None = None
    walked = []
    async with transaction(pool) as tx:
        while lines := await messages.page(
            tx, reader(box), Filter(), sort=sort, descending=descending, after=after, size=2
        ):
            walked += [line.id for _, line in lines]
            after = lines[-1][0]
    assert walked == whole


async def test_an_overview_can_be_filtered(pool: Pool, box: str) -> None:
    mine = post(box, POSITIVE, words="Lenoir onbekende werknemer", declaration_id=11)
    theirs = post(box, NEGATIVE, sender="0400000000")
    await deposited(pool, mine, theirs)
    who = reader(box)
    async with transaction(pool) as tx:
        await marks.mark_read(tx, who, [mine.id])
        await marks.label(tx, who, [mine.id], "te doen", for_all=False)
        await marks.label(tx, who, [theirs.id], "payroll", for_all=True)
        await marks.call_attention(tx, who, [theirs.id], "piet")
    expected: list[tuple[Filter, set[UUID]]] = [
        (Filter(senders=["0400000000"]), {theirs.id}),
        (Filter(types=[POSITIVE]), {mine.id}),
        (Filter(label="te doen"), {mine.id}),
        (Filter(label="payroll"), {theirs.id}),
        (Filter(label="none"), set()),
        (Filter(read=True), {mine.id}),
        (Filter(read=False), {theirs.id}),
        (Filter(attention_of="piet"), {theirs.id}),
        (Filter(attention_of="jan"), set()),
        (Filter(text="lenoir"), {mine.id}),
        (Filter(text='"onbekende werknemer" -refused'), {mine.id}),
        (Filter(text="subject"), {mine.id, theirs.id}),
        (Filter(declaration_id=11), {mine.id}),
        (Filter(types=[POSITIVE], read=False), set()),
    ]
    for narrowed, ids in expected:
        assert set(await overview(pool, who, narrowed)) == ids, narrowed
    other = reader(box, id_="piet")
    assert await overview(pool, other, Filter(label="te doen")) == [], "a label of one's own is one's own"
    assert await overview(pool, other, Filter(read=True)) == [], "everybody reads for himself"
    assert await overview(pool, other, Filter(label="payroll")) == [theirs.id]


async def test_marks_are_shown_and_can_be_removed(pool: Pool, box: str) -> None:
    (one,) = await deposited(pool, post(box))
    who = reader(box)
    async with transaction(pool) as tx:
        await marks.mark_read(tx, who, [one])
        first = await messages.get(tx, who, one)
        await marks.mark_read(Transaction(tx.connection, tx.now + timedelta(hours=1)), who, [one])
        await marks.label(tx, who, [one], "b", for_all=False)
        await marks.label(tx, who, [one], "b", for_all=True)
        await marks.label(tx, who, [one], "a", for_all=True)
        await marks.call_attention(tx, who, [one], "piet")
        marked = await messages.get(tx, who, one)
        assert await marks.labels(tx, who) == {"a": 1, "b": 1}
        await marks.unlabel(tx, who, [one], "b", for_all=False)
        await marks.unlabel(tx, who, [one], "a", for_all=True)
        await marks.end_attention(tx, [one], "piet")
        bare = await messages.get(tx, who, one)
    assert first is not None
    assert marked is not None
    assert bare is not None
    assert marked.read_at == first.read_at is not None, "the first time counts"
    assert (marked.labels, marked.attention) == (("a", "b"), ("piet",))
    assert (bare.labels, bare.attention) == (("b",), ())


async def feed_of(pool: Pool, box: str, days: float) -> list[str]:
    """Return the events of this e-Box after a number of days."""
    async with transaction(pool) as tx:
        later = Transaction(tx.connection, tx.now + timedelta(days=days))
        while await events.announce(later, limit=2):
            pass
        found = await events.events(tx, reader(box), 0, 100)
    assert [event.sequence for event in found] == sorted(event.sequence for event in found)
    return [str(event.event_type) for event in found]


async def test_the_feed_has_a_document_its_reminder_and_its_expiration(pool: Pool, box: str) -> None:
    await deposited(pool, post(box))
    assert await feed_of(pool, box, 0) == ["newDocument"]
    assert await feed_of(pool, box, 14.9) == ["newDocument"]
    assert await feed_of(pool, box, 15.1) == ["newDocument", "newDocumentReminder"]
    end = RETENTION - events.ALERT
    assert len(await feed_of(pool, box, end.days - 0.1)) == 2
    assert (await feed_of(pool, box, end.days + 0.1))[2:] == ["documentExpirationAlert"]
    assert len(await feed_of(pool, box, 4000)) == 3
    assert await pool.fetchval("SELECT count(*) FROM announcements") == 0


async def test_a_read_document_causes_no_reminder(pool: Pool, box: str) -> None:
    (one,) = await deposited(pool, post(box))
    async with transaction(pool) as tx:
        await marks.mark_read(tx, reader(box), [one])
    assert await feed_of(pool, box, 20) == ["newDocument"]
    assert await feed_of(pool, box, 4000) == ["newDocument", "documentExpirationAlert"]


async def test_the_feed_continues_after_a_cursor(pool: Pool, box: str) -> None:
    ids = await deposited(pool, *(post(box) for _ in range(5)))
    async with transaction(pool) as tx:
        await events.announce(tx)
        first = await events.events(tx, reader(box), 0, 2)
        rest = await events.events(tx, reader(box), first[-1].sequence, 10)
    assert [event.message_id for event in (*first, *rest)] == list(ids)


async def jobs(pool: Pool, *ids: UUID) -> dict[UUID, str]:
    rows = await pool.fetch(
        "SELECT message_id, state FROM print_jobs WHERE message_id = ANY($1::uuid[])", ids
    )
    return {row["message_id"]: row["state"] for row in rows}


async def test_one_bad_letter_fails_and_the_others_are_printed(pool: Pool, box: str, tmp_path: Path) -> None:
    good = Letter(
        language="nl", tone=Tone.NEUTRAL, sender=("S",), addressee=("A",), title="T", status="", lead="",
        facts=(Fact(term="a", text="b"), Fact(term="c", text="d")), sections=(), closing="",
    ).to_json()  # fmt: skip
    first, bad, last, silent = await deposited(
        pool, post(box, letter=good), post(box), post(box, letter=good), post(box, letter=None, data="{}")
    )
    async with transaction(pool) as tx:
        assert await paper.backlog(tx.connection) >= 3
        while await paper.waiting(tx, 1):
            await Printing(tmp_path).write_files(tx)
        assert await paper.backlog(tx.connection) == 0
    assert await jobs(pool, first, bad, last, silent) == {first: "written", bad: "failed", last: "written"}
    assert {file.stem for file in (tmp_path / "print" / box).iterdir()} == {str(first), str(last)}


async def test_a_changed_situation_is_a_letter_on_every_chosen_channel(pool: Pool) -> None:
    said = SituationChanged(
        subject=UUID(int=77),
        enterprise_number="0999999922",
        employer_id=100006,
        effective_on=date(2026, 2, 20),
    )
    async with transaction(pool) as tx:
        await delivery.subscribe(tx, said.enterprise_number, "file", None, None, "tests")
        await notify_situations(tx, [said])
        await notify_situations(tx, [said])
    rows = await pool.fetch(
        "SELECT message_id, letter FROM messages WHERE enterprise_number = $1", "0999999922"
    )
    assert len(rows) == 1
    assert document(Letter.from_json(rows[0]["letter"]))
    assert await jobs(pool, rows[0]["message_id"]) == {rows[0]["message_id"]: "waiting"}
    (lane,) = [lane for lane in await delivery.claim(pool, 100) if lane.enterprise_number == "0999999922"]
    (due,) = await delivery.due(pool, lane, 10)
    assert json.loads(due.event)["data"]["notificationId"] == str(rows[0]["message_id"])


async def test_a_message_never_changes(pool: Pool, box: str) -> None:
    """The notifier's own role can add messages, and nothing else."""
    (one,) = await deposited(pool, post(box))
    for forbidden in (
        "UPDATE messages SET letter = '' WHERE message_id = $1",
        "DELETE FROM messages WHERE message_id = $1",
        "DELETE FROM readings WHERE message_id = $1",
        "UPDATE ebox_events SET occurred_at = now() WHERE message_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(forbidden, one)
