"""Receives contestations, from the queue and for the API, and tells what has become final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.case import store as cases
from services.contact.case.rules import Kind, State, due_on
from services.contact.case.store import Case
from services.contact.contestation import channels, store
from services.contact.contestation.channels import Command, Contestation
from services.contact.contestation.rules import Notified, Refused, answer_letter, decision_number, refusal
from services.contact.contestation.store import Contested
from shared.domain.calendar import local_date
from shared.messages import Delivery, NotificationDeposited, derived_id
from shared.problems import problem
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect
from shared.topology import CONTESTATIONS, reply_queue

_FINAL_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """A contestation that was read: by whom, for whom, under which id."""

    id: UUID
    contestation: Contestation
    party: str
    by: str


async def keep(tx: Transaction, notifications: Sequence[NotificationDeposited]) -> Sequence[Effect]:
    """Keep what was notified, so that it can be contested."""
    await store.keep(tx, notifications)
    return ()


async def open_cases(tx: Transaction, wishes: Sequence[Wish]) -> list[Contested | Refused]:
    """Open a case for each wish that may be; the others are told why not."""
    ids = {wish.contestation.notification_id for wish in wishes}
    notified = await store.notified(tx, ids)
    open_ = await store.open_cases(tx, ids)
    ends: list[Contested | Refused] = []
    for wish in wishes:
        of = wish.contestation.notification_id
        found = notified.get(of)
        parties = frozenset(party for case, party in open_ if case == of)
        why = refusal(found, wish.party, parties, tx.now)
        if why is not None:
            ends.append(Refused(why, found.deadline if found else None, open_.get((of, wish.party))))
        else:
            assert found is not None, "what is not there is refused"
            ends.append(Contested(_case(tx, wish), found.number, None))
            open_[of, wish.party] = wish.id
    opened = [end.case for end in ends if isinstance(end, Contested)]
    if opened:
        await cases.open_all(tx, opened)
        log.info("contested", cases=[str(case.id) for case in opened])
    for end in ends:
        metrics.CONTESTATIONS.labels("opened" if isinstance(end, Contested) else "refused").inc()
    return ends


def _case(tx: Transaction, wish: Wish) -> Case:
    return Case(
        id=wish.id,
        kind=Kind.CONTESTATION,
        state=State.OPEN,
        enterprise_number=wish.party,
        notification_id=wish.contestation.notification_id,
        said=wish.contestation.reason,
        opened_at=tx.now,
        opened_by=wish.by,
        due_on=due_on(tx.now),
    )


async def contest(tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
    """Receive what clients contest: each new command gets its reply, each repeat the reply it had."""
    first: dict[store.Key, Command] = {}
    repeated = [each for each in commands if first.setdefault(each.key, each) is not each]
    new = await store.claim(tx, first.keys())
    repeated += [command for key, command in first.items() if key not in new]
    fresh = [command for key, command in first.items() if key in new]
    effects = await _receive(tx, fresh) if fresh else []
    return effects + await _again(tx, repeated) if repeated else effects


async def _receive(tx: Transaction, commands: Sequence[Command]) -> list[Delivery]:
    parties = await store.organizations(tx, {command.client_id for command in commands})
    replies: list[tuple[Command, Delivery]] = []
    wishes: list[tuple[Command, Wish]] = []
    for command in commands:
        if command.data is None:
            assert command.problem is not None, "what cannot be read says why"
            replies.append((command, channels.problem(command, tx.now, command.problem)))
        elif command.client_id not in parties:
            await store.refused(tx, command.client_id, "contest", None)
            trouble = problem("missingPermission", "This client is not registered here")
            replies.append((command, channels.problem(command, tx.now, trouble)))
        else:
            id_ = derived_id("contestation", *command.key)
            wish = Wish(id_, command.data, parties[command.client_id], command.client_id)
            wishes.append((command, wish))
    ends = await open_cases(tx, [wish for _, wish in wishes]) if wishes else []
    replies += [
        (command, _reply(command, end, tx.now)) for (command, _), end in zip(wishes, ends, strict=True)
    ]
    await store.keep_replies(tx, {_said(command): reply for command, reply in replies})
    return [reply for _, reply in replies]


def _reply(command: Command, end: Contested | Refused, at: datetime) -> Delivery:
    if isinstance(end, Contested):
        return channels.reply(command, at, end)
    return channels.problem(command, at, channels.trouble(end, "data"))


async def _again(tx: Transaction, commands: Sequence[Command]) -> list[Delivery]:
    """The same reply with the same id; another body under the same id is a problem, with no effect."""
    metrics.CONSUMED.labels(CONTESTATIONS.name, "repeat").inc(len(commands))
    before = await store.replied(tx, [_said(command) for command in commands])
    detail = "Another message was received under this id; give each message an id of its own"
    told = {
        _said(command): channels.problem(command, tx.now, problem("badRequest", detail))
        for command in commands
        if _said(command) not in before
    }
    await store.keep_replies(tx, told)
    return [{**before, **told}[_said(command)] for command in commands]


def _said(command: Command) -> tuple[str, str, bytes]:
    return (*command.key, command.body_sha256)


async def answer(tx: Transaction, case: Case, state: State, words: str, by: str) -> Sequence[Effect]:
    """What follows from the answer to a contestation that has just ended: whoever has to know is told.

    Its party is, in its queue and its e-Box; what was upheld goes to the addressee of the notification too.
    """
    assert case.notification_id is not None, "a contestation refers to a notification"
    notified = (await store.notified(tx, [case.notification_id]))[case.notification_id]
    number = None
    if state is State.UPHELD:
        number = decision_number(local_date(tx.now).year, await store.next_serial(tx))
        await store.decide(tx, number, case, notified.number, words, by)
    metrics.CONTESTATIONS.labels(state).inc()
    ended = replace(case, state=state, answer=words, ended_at=tx.now)
    return await _tell(tx, Contested(ended, notified.number, number), notified)


async def withdraw(tx: Transaction, case_id: UUID, parties: frozenset[str], by: str) -> Contested | None:
    """End a case at the wish of its party; None when it has none that is open."""
    case = await cases.locked(tx, case_id)
    if case is None or case.enterprise_number not in parties or case.state is not State.OPEN:
        return None
    await cases.end(tx, case_id, State.WITHDRAWN, None, by)
    metrics.CONTESTATIONS.labels(State.WITHDRAWN).inc()
    return await store.one(tx, case_id, parties)


async def _tell(tx: Transaction, contested: Contested, notified: Notified) -> list[Effect]:
    case, event = contested.case, channels.answered(contested, tx.now)
    assert case.enterprise_number is not None, "somebody contests"
    assert case.answer is not None, "he is answered"
    whom = {case.enterprise_number: None}
    if contested.decision_number is not None:
        whom[notified.addressee] = None
    queues = await store.queues(tx, whom)
    effects: list[Effect] = [
        answer_letter(
            derived_id("contestationLetter", case.id, party), party, case.state, notified.number, case.said,
            case.answer, contested.decision_number, event,
        )
        for party in whom
    ]  # fmt: skip
    id_ = channels.answered_id(contested)
    return effects + [
        Delivery(id_, reply_queue(queues[party]), channels.ANSWERED, event)
        for party in whom
        if party in queues
    ]


async def finish(tx: Transaction) -> Sequence[Effect]:
    """Tell the addressees what became final: its window is closed, and nobody contests it (D30)."""
    final = await store.become_final(tx, _FINAL_AT_ONCE)
    if not final:
        return ()
    queues = await store.queues(tx, {one.addressee for one in final})
    log.info("became_final", declarations=[one.number for one in final])
    return [
        channels.became_final(one, queues[one.addressee], tx.now) for one in final if one.addressee in queues
    ]
