"""Messages of our own code fit the contract, without an undocumented property."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from deploy.local.demo.directory import INSTITUTIONS
from services.contact.case.rules import Kind, State
from services.contact.case.store import Case
from services.contact.contestation import channels as contestations
from services.contact.contestation.rules.contesting import Notified, Refusal, Refused
from services.contact.contestation.store import Contested
from services.feed.event.rules import STATE, FeedEvent
from services.feed.pushing.heartbeat import HEARTBEAT
from services.intake.dialogue import channels as replies
from services.intake.dialogue.channels import Addressee
from services.intake.reception.channels.queue import Command, read
from services.notifier.letters.handler import event_id
from services.notifier.letters.rules.addressee import Party
from services.notifier.notification import handler as notifier
from services.notifier.notification.rules.content import Notice, Notifiable
from services.notifier.situation.handler import CHANGED
from services.personnel_file.consultation.channels import queue as queries
from services.personnel_file.feed.rules import TYPE_OF, state
from services.personnel_file.relation.rules import (
    DayCanceled,
    DayRegistered,
    DayUpdated,
    Event,
    OfDay,
    PeriodCanceled,
    PeriodClosed,
    PeriodReopened,
    PeriodUpdated,
    relation_of,
)
from shared.answer import answer
from shared.domain.anomalies import ANOMALIES, anomaly
from shared.domain.contacts import EmployerKind
from shared.domain.declaration import Span
from shared.domain.declared import SubmittedDeclaration
from shared.domain.feed_fields import FEED_FIELDS
from shared.messages import (
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    Delivery,
    Outcome,
    PeriodImpact,
    PeriodState,
    Person,
    QuotaExcess,
    ReceivedDeclaration,
    Result,
    notification_id,
)
from shared.problems import PROBLEMS, problem
from shared.runtime.step import Item
from shared.topology import COMMANDS, CREATE_DECLARATION, MAX_MESSAGE_BYTES
from tests.contracts.contract import complaints, examples, message_schemas
from tests.contracts.messages import OPENED, fits
from tests.contracts.openapi import in_openapi
from tests.unit.builders import ENTERPRISE, NISS, NSSO, PERIOD, RECEIVED, WORKER, received

DECLARED = {
    name: TypeAdapter(SubmittedDeclaration).validate_python(event["data"])
    for name, event in examples().items()
    if event["type"] == CREATE_DECLARATION
}
DEADLINE = date(2026, 2, 27)
MARK = "93051822361"


def outcome(result: Result, *codes: str) -> Outcome:
    return Outcome(
        result=result,
        anomalies=tuple(anomaly(code, "dimonaIn") for code in codes),
        period_id=None if result in {Result.PROVISIONAL, Result.REFUSED} else PERIOD,
        decided_at=RECEIVED,
    )


IMPACT = (
    PeriodImpact(
        period_id=PERIOD,
        before=PeriodState(
            status="CLOSED", start_date="2026-02-21", start_hour="0900", end_date="2026-02-21",
            end_hour="1700", planned_hours_number=8,
        ),
        after=PeriodState(status="OPEN", start_date="2026-02-21"),
    ),
)  # fmt: skip
EXCESS = (
    QuotaExcess(quota_type="STUDENT", exceeding_hours=24),
    QuotaExcess(quota_type="HORECA_WORKER", exceeding_days=1),
)
OUTCOMES = {
    "A": outcome(Result.ACCEPTED),
    "W": outcome(Result.WARNING, "90373-460", "00014-022"),
    "W with quotas": outcome(Result.WARNING, "90017-369").model_copy(update={"quota": EXCESS}),
    "B": outcome(Result.REFUSED, "90373-333"),
    "B without more": outcome(Result.REFUSED, "90256-155"),
    "B with everything": outcome(Result.REFUSED, *ANOMALIES),
    "S": outcome(Result.PROVISIONAL),
}


def command(body: bytes) -> Command:
    incoming: Any = SimpleNamespace(
        queue="queue", body=body, message_id="4711", user_id="client", stamp=None, waited=False, came=0.0,
        since=None, cut=0,
    )  # fmt: skip
    (item,) = read(incoming)
    assert isinstance(item, Item)
    return item.value


def told_of(declaration: ReceivedDeclaration, result: Outcome, text: str) -> Delivery:
    """Return the reply with a result; the kind of message about it makes no difference."""
    decided = DeclarationSettled(declaration=declaration, outcome=result)
    (told,) = replies.result_of(decided, RECEIVED, text)
    assert isinstance(told, Delivery)
    return told


def test_received() -> None:
    assert fits(replies.received(Addressee(PERIOD, "client", "1", "urn:test"), RECEIVED))["relatedto"] == "1"


@pytest.mark.parametrize("worker", [None, WORKER], ids=["worker not known", "worker known"])
@pytest.mark.parametrize("ended", OUTCOMES)
@pytest.mark.parametrize("name", DECLARED)
def test_result(name: str, ended: str, worker: Person | None) -> None:
    declaration, result = received(DECLARED[name]), OUTCOMES[ended]
    final = result.result is not Result.PROVISIONAL
    text = answer(
        declaration,
        result,
        worker,
        notification_id(declaration.number, final=final),
        DEADLINE if final else None,
    )
    told = told_of(declaration, result, text)
    fits(told)
    assert complaints(in_openapi("Answer"), json.loads(text)) == [], "over REST it is the same"


def test_result_of_a_worker_with_a_new_number() -> None:
    (old,) = {d.worker.ssin for d in [DECLARED["in_flexi_day"]] if d.worker and d.worker.ssin}
    worker = WORKER.model_copy(update={"former_ssins": (old,)})
    declaration, result = received(DECLARED["in_flexi_day"]), OUTCOMES["A"]
    text = answer(declaration, result, worker, notification_id(declaration.number), DEADLINE)
    told = told_of(declaration, result, text)
    sent = fits(told)
    assert sent["data"]["worker"]["replacedSsin"] == old


@pytest.mark.parametrize("name", PROBLEMS)
def test_problem(name: str) -> None:
    fits(replies.problem(command(b"{}"), RECEIVED, problem(name, "A sentence")))


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\xff", b"[]", b"{}", b'{"id": "7"}', b'{"id": 7, "data": []}',
        b'{"id": "7", "source": "urn:s", "data": {"dimonaIn": {"features": 1}, "dimonaOut": {}}}',
        b" " * (MAX_MESSAGE_BYTES + 1),
        json.dumps(examples()["cancel"] | {"data": {"worker": {"ssin": [MARK]}}}).encode(),
    ],
    ids=[
        "nothing", "not UTF-8", "list", "empty", "id only", "id no text", "two kinds", "too large", "a NISS",
    ],
)  # fmt: skip
def test_problem_of_an_unreadable_message(body: bytes) -> None:
    unreadable = command(body)
    assert unreadable.problem is not None
    sent = replies.problem(unreadable, RECEIVED, unreadable.problem)
    fits(sent)
    assert MARK not in sent.body, "a problem never quotes a value"


@pytest.mark.parametrize("ended", OUTCOMES)
@pytest.mark.parametrize("name", DECLARED)
def test_notification(name: str, ended: str) -> None:
    declaration, result = received(DECLARED[name]), OUTCOMES[ended]
    message: Notifiable
    match result.result:
        case Result.PROVISIONAL:
            message = DeclarationProvisional(declaration=declaration, outcome=result)
        case Result.REFUSED:
            message = DeclarationRefused(declaration=declaration, outcome=result)
        case _:
            message = DeclarationSettled(
                declaration=declaration, outcome=result, worker=WORKER, impact=IMPACT
            )
    final = result.result is not Result.PROVISIONAL
    party = Party(ENTERPRISE, "Bakkerij De Smet", "nl", EmployerKind.PRIVATE)
    id_, deadline = notification_id(PERIOD, final=final), DEADLINE if final else None
    notice = Notice(id_, message, party, party, party, RECEIVED, deadline)
    text = notifier.issued_event(notice, event_id(notice.id))
    data = fits(Delivery(UUID(json.loads(text)["id"]), "reply.client", notifier.ISSUED, text))["data"]
    assert data["notificationId"] == data["declaration"]["declarationStatus"]["notificationId"]


DAY = 656309296521
REGISTERED = DayRegistered(DAY, PERIOD, Span(date(2026, 2, 21), date(2026, 2, 21), time(10), time(20)))
CHANGES: tuple[Event, ...] = (
    OPENED,
    PeriodClosed(PERIOD, date(2026, 2, 21)),
    PeriodUpdated(PERIOD, Span(date(2026, 2, 21), date(2026, 2, 22)), 7),
    PeriodReopened(PERIOD, Span(date(2026, 2, 21))),
    PeriodCanceled(PERIOD),
    REGISTERED,
    DayUpdated(DAY, PERIOD, Span(date(2026, 2, 21), date(2026, 2, 21), time(12))),
    DayCanceled(DAY, PERIOD),
)


@pytest.mark.parametrize("fields", [*INSTITUTIONS.values(), FEED_FIELDS], ids=[*INSTITUTIONS, "everything"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.type)
def test_feed(change: Event, fields: tuple[str, ...]) -> None:
    relation = relation_of(ENTERPRISE, NISS, OPENED)
    if isinstance(change, DayUpdated | DayCanceled):
        relation = relation.apply(REGISTERED)
    if change is not OPENED:
        relation = relation.apply(change)
    day = relation.days[DAY] if isinstance(change, OfDay) else None
    values = state(relation, 1, NSSO, relation.version, relation.periods[PERIOD], day)
    if isinstance(change, OfDay) and "dailyRegistration" not in fields:
        return  # no institution without this field gets events of days
    event = FeedEvent(UUID(int=1), TYPE_OF[type(change)], values, datetime.now(UTC))
    sent = fits(Delivery(event.id, "institution.onem", event.type, event.seen_by(fields)))
    assert sent["data"].keys() <= set(fields)
    as_state = event.as_state()
    told = fits(Delivery(as_state.id, "institution.onem", STATE, as_state.seen_by(fields)))
    assert told["data"].keys() <= set(fields) - {"dailyRegistration"}


CASE = Case(
    UUID(int=7), Kind.CONTESTATION, State.OPEN, ENTERPRISE, notification_id(PERIOD), "Wrong.", RECEIVED,
    "client", date(2026, 3, 17),
)  # fmt: skip
ENDED = replace(CASE, state=State.UPHELD, answer="Right.", ended_at=RECEIVED)


def contestation_command() -> contestations.Command:
    incoming: Any = SimpleNamespace(
        queue="queue", body=json.dumps(examples()["contestation"]).encode(), message_id="1", user_id="client",
        stamp=None, waited=False, came=0.0, since=None, cut=0,
    )  # fmt: skip
    (item,) = contestations.COMMANDS.read(incoming)
    assert isinstance(item, Item)
    assert item.value.problem is None, "the example can be read"
    return item.value


def test_contestation() -> None:
    sent = fits(contestations.reply(contestation_command(), RECEIVED, Contested(CASE, PERIOD, None)))
    assert sent["data"]["answerDueOn"] == "2026-03-17"


@pytest.mark.parametrize("why", Refusal)
def test_problem_of_a_contestation(why: Refusal) -> None:
    trouble = contestations.rejection(Refused(why, date(2026, 2, 27), UUID(int=7)), "data")
    fits(contestations.problem(contestation_command(), RECEIVED, trouble))


@pytest.mark.parametrize(
    ("case", "decision"),
    [
        (ENDED, "C2026-000017"),
        (replace(ENDED, state=State.REJECTED), None),
        (replace(ENDED, state=State.WITHDRAWN, answer=None), None),
    ],
)
def test_answer_to_a_contestation(case: Case, decision: str | None) -> None:
    contested = Contested(case, PERIOD, decision)
    text, id_ = contestations.answered(contested, RECEIVED), contestations.answered_id(contested)
    data = fits(Delivery(id_, "reply.client", contestations.ANSWERED, text))["data"]
    assert data.get("decisionNumber") == decision


def test_became_final() -> None:
    notified = Notified(
        notification_id(PERIOD), PERIOD, ENTERPRISE, ENTERPRISE, Result.WARNING, date(2026, 2, 27)
    )
    fits(contestations.became_final(notified, "client", RECEIVED))


def test_every_type_that_is_sent_is_in_the_contract() -> None:
    sent = {
        contestations.REPLY, contestations.PROBLEM, contestations.ANSWERED, contestations.FINAL,
        replies.RECEIVED, replies.INTERMEDIATE, replies.FINAL, replies.PROBLEM, notifier.ISSUED, CHANGED,
        queries.REPLY, queries.PROBLEM, *TYPE_OF.values(), STATE, HEARTBEAT,
    }  # fmt: skip
    assert sent | set(COMMANDS) == message_schemas().keys()
