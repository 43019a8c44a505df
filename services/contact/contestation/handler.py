"""Open and end contestations, and announce notifications that have become final."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.contact.case import store as cases
from services.contact.case.rules import Kind, State, due_on
from services.contact.case.store import Case
from services.contact.contestation import channels, store
from services.contact.contestation.channels import Command, Contestation
from services.contact.contestation.rules.contesting import Notified, Refused, decision_number, refusal
from services.contact.contestation.rules.letter import answer_letter
from services.contact.contestation.store import Body, Contested, Contester, Loaded
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
class ContestationOf:
    """A received contestation before its case is open.

    `id` becomes the id of the case, `party` is the enterprise that contests, and `by` is the subject of the
    person or client that sent the contestation.
    """

    id: UUID
    contestation: Contestation
    party: str
    by: str


async def store_notifications(tx: Transaction, batch: Sequence[NotificationDeposited]) -> Sequence[Effect]:
    """Store the notifications in a batch, so that their parties can contest them; return no effects."""
    await store.store_notifications(tx, batch)
    return ()


async def open_cases(tx: Transaction, contestations: Sequence[ContestationOf]) -> list[Contested | Refused]:
    """Open a case for each contestation that is allowed.

    Return for each contestation, in order, the opened case or the refusal.
    """
    ids = {of.contestation.notification_id for of in contestations}
    notified = await store.lock_notifications(tx, ids)
    return await _open_cases(tx, contestations, notified, await store.load_open_cases(tx, ids))


async def _open_cases(
    tx: Transaction,
    contestations: Sequence[ContestationOf],
    notified: Mapping[UUID, Notified],
    open_: dict[tuple[UUID, str], UUID],
) -> list[Contested | Refused]:
    ends: list[Contested | Refused] = []
    for contestation in contestations:
        id_ = contestation.contestation.notification_id
        notification = notified.get(id_)
        parties = frozenset(party for contested, party in open_ if contested == id_)
        why = refusal(notification, contestation.party, parties, tx.now)
        if why is not None:
            deadline = notification.deadline if notification else None
            ends.append(Refused(why, deadline, open_.get((id_, contestation.party))))
        else:
            assert notification is not None, "an unknown notification is refused"
            ends.append(Contested(_case(tx, contestation), notification.number, None))
            open_[id_, contestation.party] = contestation.id
    opened = [end.case for end in ends if isinstance(end, Contested)]
    if opened:
        await cases.open_cases(tx, opened)
        log.info("contested", cases=[str(case.id) for case in opened])
    for end in ends:
        metrics.CONTESTATIONS.labels("opened" if isinstance(end, Contested) else "refused").inc()
    return ends


def _case(tx: Transaction, contestation: ContestationOf) -> Case:
    return Case(
        id=contestation.id,
        kind=Kind.CONTESTATION,
        state=State.OPEN,
        enterprise_number=contestation.party,
        notification_id=contestation.contestation.notification_id,
        said=contestation.contestation.reason,
        opened_at=tx.now,
        opened_by=contestation.by,
        due_on=due_on(tx.now),
    )


async def contest(tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
    """Open contestations for the commands of clients, and return one reply for each command.

    A repeated command gets its earlier reply again. A command gets a problem reply if its client used the
    message id before with another body.
    """
    ids = {command.data.notification_id for command in commands if command.data is not None}
    loaded = await store.begin(tx, [_body(command) for command in commands], ids)
    first: dict[store.Key, int] = {}
    for place, command in enumerate(commands):
        if command.key in loaded.fresh:
            first.setdefault(command.key, place)
    new = [commands[place] for place in first.values()]
    repeated = [command for place, command in enumerate(commands) if first.get(command.key) != place]
    replies, refused = await _receive(tx, new, loaded)
    conflicts = _conflicts(tx, repeated, {**loaded.replied, **replies})
    if replies or conflicts:
        await store.save_replies(tx, replies | conflicts, refused)
    metrics.CONSUMED.labels(CONTESTATIONS.name, "repeat").inc(len(repeated))
    given = {**loaded.replied, **replies, **conflicts}
    return [given[_body(command)] for command in (*new, *repeated)]


async def _receive(
    tx: Transaction, commands: Sequence[Command], loaded: Loaded
) -> tuple[dict[Body, Delivery], list[str]]:
    """Open the contestations of new commands; return the replies and the ids of the refused clients.

    A client is refused if it is not registered in the directory.
    """
    replies: dict[Body, Delivery] = {}
    contestations: list[tuple[Command, ContestationOf]] = []
    refused: list[str] = []
    for command in commands:
        if command.data is None:
            assert command.problem is not None, "a command without data has a problem"
            replies[_body(command)] = channels.problem(command, tx.now, command.problem)
        elif command.client_id not in loaded.organizations:
            refused.append(command.client_id)
            document = problem("missingPermission", "This client is not registered here")
            replies[_body(command)] = channels.problem(command, tx.now, document)
        else:
            id_, party = derived_id("contestation", *command.key), loaded.organizations[command.client_id]
            contestations.append((command, ContestationOf(id_, command.data, party, command.client_id)))
    ends = await _open_cases(tx, [one for _, one in contestations], loaded.notified, loaded.open_cases)
    for (command, _), end in zip(contestations, ends, strict=True):
        replies[_body(command)] = _reply(command, end, tx.now)
    return replies, refused


def _conflicts(
    tx: Transaction, repeated: Sequence[Command], given: Mapping[Body, Delivery]
) -> dict[Body, Delivery]:
    """Return a problem reply for each repeated command without a reply in `given`.

    Such a command has the message id of an earlier command of its client, but another body. `given` has the
    earlier replies to commands with an equal body.
    """
    detail = "Another message was received under this id. Give each message an id of its own"
    return {
        _body(command): channels.problem(command, tx.now, problem("badRequest", detail))
        for command in repeated
        if _body(command) not in given
    }


def _reply(command: Command, end: Contested | Refused, at: datetime) -> Delivery:
    if isinstance(end, Contested):
        return channels.reply(command, at, end)
    return channels.problem(command, at, channels.rejection(end, "data"))


def _body(command: Command) -> Body:
    return (*command.key, command.body_sha256)


async def publish_answer(tx: Transaction, case: Case, state: State, words: str, by: str) -> Sequence[Effect]:
    """Return the letters and events about the end of a contestation; store the new decision if it was upheld.

    Letters and events go to the party, and for an upheld contestation also to the addressee of the
    notification. An enterprise without a reply queue gets the letter only.

    Args:
        tx: the transaction that ended the case.
        case: the case before its end.
        state: upheld or rejected.
        words: the answer.
        by: subject of the agent.
    """
    assert case.notification_id is not None, "a contestation refers to a notification"
    notified = (await store.lock_notifications(tx, [case.notification_id]))[case.notification_id]
    number = None
    if state is State.UPHELD:
        number = decision_number(local_date(tx.now).year, await store.next_serial(tx))
        await store.store_decision(tx, number, case, notified.number, words, by)
    metrics.CONTESTATIONS.labels(state).inc()
    ended = replace(case, state=state, answer=words, ended_at=tx.now)
    return await _notify_parties(tx, Contested(ended, notified.number, number), notified)


async def withdraw(tx: Transaction, contester: Contester, case_id: UUID) -> Contested | None:
    """Withdraw an open contestation and return it as it is now.

    Return None, without a change, if the contestation is not open or the contester may not see it.
    """
    case = await cases.lock_case(tx, case_id)
    if case is None or case.state is not State.OPEN:
        return None
    if await store.load_contestation(tx, contester, case_id) is None:
        return None
    await cases.end_case(tx, case_id, State.WITHDRAWN, None, contester.subject)
    metrics.CONTESTATIONS.labels(State.WITHDRAWN).inc()
    return await store.load_contestation(tx, contester, case_id)


async def _notify_parties(tx: Transaction, contested: Contested, notified: Notified) -> list[Effect]:
    case, event = contested.case, channels.answered(contested, tx.now)
    assert case.enterprise_number is not None, "a contestation has a party"
    assert case.answer is not None, "an ended contestation has an answer"
    recipients = {case.enterprise_number: None}
    if contested.decision_number is not None:
        recipients[notified.addressee] = None
    queues = await store.load_queues(tx, recipients)
    effects: list[Effect] = [
        answer_letter(
            derived_id("contestationLetter", case.id, party), party, case.state, notified.number, case.said,
            case.answer, contested.decision_number, event,
        )
        for party in recipients
    ]  # fmt: skip
    id_ = channels.answered_id(contested)
    return effects + [
        Delivery(id_, reply_queue(queues[party]), channels.ANSWERED, event)
        for party in recipients
        if party in queues
    ]


async def finish_windows(tx: Transaction) -> Sequence[Effect]:
    """Mark notifications as final if their deadline is past and no contestation is open (decision D30).

    Return an event about each marked notification, if its addressee has a reply queue. One call marks at
    most 1000 notifications.
    """
    final = await store.finish_notifications(tx, _FINAL_AT_ONCE)
    if not final:
        return ()
    queues = await store.load_queues(tx, {notified.addressee for notified in final})
    log.info("became_final", declarations=[notified.number for notified in final])
    return [
        channels.became_final(notified, queues[notified.addressee], tx.now)
        for notified in final
        if notified.addressee in queues
    ]
