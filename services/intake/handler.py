"""Intake's steps: receive what clients send, and tell them what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.intake import store
from services.intake.channels import replies
from services.intake.channels.queue import Command, read
from services.intake.rules import Employer, KnownPeriod, admit, employer_among
from services.intake.store import Known, Repeat, Stored
from shared.answer import answer
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import contestation_deadline
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import (
    DimonaNumbers,
    order_key,
    order_key_of_in,
    parse_dimona_number,
    parse_employer_id,
    parse_enterprise_number,
    parse_ssin,
)
from shared.messages import (
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationProvisional,
    DeclarationRefused,
    DeclarationSettled,
    EmployerNumbers,
    Outcome,
    ReceivedDeclaration,
    Result,
    Sender,
    notification_id,
)
from shared.problems import problem
from shared.runtime import metrics
from shared.runtime.database import Connection, Transaction
from shared.runtime.logs import log
from shared.runtime.service import Service
from shared.runtime.settings import Settings
from shared.runtime.step import Asked, Effect, Step, Timer
from shared.topology import DECLARATIONS, RESULTS

COMPLETED_AS: Final = {
    Result.ACCEPTED: "accepted",
    Result.WARNING: "acceptedWithWarning",
    Result.REFUSED: "refused",
}
_BEAT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command on its way to being stored: who says it, about whom, and what the rules find."""

    command: Command
    declaration: Declaration
    organization: str
    employer: Employer | None
    known: Known | None
    entitled: bool

    @property
    def period(self) -> KnownPeriod | None:
        """The period a change names, if there is one."""
        return self.known.period if self.known else None


class Intake:
    """The two steps of intake and the beat of its heart."""

    def __init__(self, secret: bytes, simulation: bool) -> None:
        self._secret = secret
        self._numbers = DimonaNumbers(secret, simulation=simulation)

    # -- commands of clients

    async def receive(self, tx: Transaction, batch: Sequence[Asked[Command, None]]) -> Sequence[Effect]:
        """Receive commands: each new one gets its number and its answer, each repeat the answers it had."""
        commands = [asked.value for asked in batch]
        first = {(c.client_id, c.message_id): c for c in reversed(commands)}
        new = await store.claim(tx, {key: command.body_sha256 for key, command in first.items()})
        fresh = [command for key, command in first.items() if key in new]
        fresh.sort(key=commands.index)  # the order in which they came
        effects = await self._receive_new(tx, fresh)
        said_again = [c for c in commands if (c.client_id, c.message_id) not in new or c not in fresh]
        if said_again:
            effects += await self._answer_again(tx, said_again)
        return effects

    async def _receive_new(self, tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
        organizations = await store.organizations(tx, {command.client_id for command in commands})
        readable: list[tuple[Command, Declaration]] = []
        troubles: list[tuple[Command, dict[str, Any]]] = []
        for command in commands:
            if command.declaration is None or command.problem is not None:
                assert command.problem is not None, "what cannot be read says why"
                troubles.append((command, command.problem))
            elif command.client_id not in organizations:
                troubles.append((command, problem("missingPermission", "This client is not registered here")))
            else:
                readable.append((command, command.declaration))
        effects: list[Effect] = await _tell_problems(tx, troubles)
        if readable:
            effects += await self._receive_declarations(tx, readable, organizations)
        return effects

    async def _receive_declarations(
        self, tx: Transaction, readable: Sequence[tuple[Command, Declaration]], organizations: dict[str, str]
    ) -> list[Effect]:
        entries = await _look_up(tx, readable, organizations)
        waited = any(entry.command.waited for entry in entries)
        outage = await self._outage(tx) if waited else None
        numbers = [self._numbers.number(value) for value in await store.sequence(tx, len(entries))]
        judged = []
        for number, entry in zip(numbers, entries, strict=True):
            late_after = min(outage, tx.now) if outage and entry.command.waited else tx.now
            found = admit(entry.declaration, entry.employer, entry.entitled, entry.period, late_after)
            judged.append(self._received(number, entry, found, tx.now, late_after))
        stored = await _chained(tx, judged)
        refused = [(one.declaration, _refusal(one.declaration, tx.now)) for one in stored if _is_refused(one)]
        answers = {d.number: answer(d, o, None, notification_id(d.number)) for d, o in refused}
        if refused:
            await store.save_results(tx, [(d.number, True, o.result, answers[d.number]) for d, o in refused])
        return _effects(stored, {d.number: o for d, o in refused}, answers, tx.now)

    async def _outage(self, tx: Transaction) -> datetime | None:
        await store.beat(tx)  # a silence that ends just now is written down before it is asked for
        return await store.last_outage(tx)

    def _received(
        self, number: int, entry: _Entry, found: tuple[Anomaly, ...], now: datetime, late_after: datetime
    ) -> Stored:
        refused = any(anomaly.blocks for anomaly in found)
        command, employer = entry.command, entry.employer
        known_employer = employer is not None and entry.entitled
        worker = entry.declaration.worker
        ssin = parse_ssin(worker.ssin) if worker and worker.ssin else None
        if entry.known is not None:
            key = entry.known.order_key
        elif employer is not None and ssin is not None:
            key = order_key(self._secret, employer.enterprise_number, ssin)
        else:
            key = order_key_of_in(self._secret, number)
        declaration = ReceivedDeclaration(
            number=number,
            declared=entry.declaration,
            sender=Sender(
                client_id=command.client_id,
                organization=entry.organization,
                channel=command.channel,
                message_id=command.message_id,
                message_source=command.message_source,
            ),
            received_at=now,
            late_after=late_after,
            employer=EmployerNumbers(
                enterprise_number=employer.enterprise_number, employer_id=employer.employer_id
            )
            if employer is not None and known_employer
            else None,
            order_key=None if refused else key,
            anomalies=found,
        )
        return Stored(declaration, ssin, command.stamp)

    async def _answer_again(self, tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
        """The same replies with the same ids; another body under the same id is a problem, with no effect."""
        metrics.CONSUMED.labels(DECLARATIONS.name, "repeat").inc(len(commands))
        found = {
            (r.client_id, r.message_id): r
            for r in await store.repeats(tx, {(c.client_id, c.message_id) for c in commands})
        }
        effects: list[Effect] = []
        unreceived = []
        for command in commands:
            repeat = found[command.client_id, command.message_id]
            if repeat.number is not None and repeat.body_sha256 == command.body_sha256:
                effects += _said_before(repeat)
            else:
                unreceived.append(command)
        if unreceived:
            effects += await _tell_problems_again(tx, unreceived)
        return effects

    # -- results of the other services

    async def conclude(
        self, tx: Transaction, batch: Sequence[Asked[DeclarationSettled | DeclarationProvisional, None]]
    ) -> Sequence[Effect]:
        """Store results, once each, and reply to the senders."""
        rows = {}
        for asked in batch:
            message = asked.value
            worker = message.worker if isinstance(message, DeclarationSettled) else None
            declaration, outcome = message.declaration, message.outcome
            final = outcome.result is not Result.PROVISIONAL
            text = answer(declaration, outcome, worker, notification_id(declaration.number, final=final))
            rows[declaration.number, final] = (declaration, outcome, text)
        new = await store.save_results(
            tx, [(number, final, o.result, text) for (number, final), (_, o, text) in rows.items()]
        )
        effects: list[Effect] = []
        for key, (declaration, outcome, text) in rows.items():
            if key in new:
                _count_result(declaration, outcome, tx.now)
                effects.append(replies.result_of(declaration, outcome.result, tx.now, text))
        log.info("concluded", declarations=[number for number, _ in new])
        return effects

    # -- timers

    async def beat(self, tx: Transaction) -> Sequence[Effect]:
        """Say that intake is there, so that a silence can be told from it later (D9)."""
        await store.beat(tx)
        return ()


async def _look_up(
    tx: Transaction, readable: Sequence[tuple[Command, Declaration]], organizations: dict[str, str]
) -> list[_Entry]:
    """Employers, periods and mandates of a whole batch, each asked in one statement."""
    named = [d.employer for _, d in readable if d.employer is not None]
    period_ids = [parse_dimona_number(d.period_id) for _, d in readable if d.period_id is not None]
    known = await store.periods(tx, {each for each in period_ids if each is not None})
    enterprise_numbers: set[str | None] = {parse_enterprise_number(e.enterprise_number or "") for e in named}
    enterprise_numbers |= {each.period.employer for each in known.values()}
    employer_ids: set[int | None] = {parse_employer_id(e.employer_id or 0) for e in named}
    directory = await store.employers(tx, enterprise_numbers, employer_ids)
    by_number = {employer.enterprise_number: employer for employer in directory}
    mandates = await store.mandates(tx, set(organizations.values()), set(by_number))
    entries = []
    for command, declaration in readable:
        organization = organizations[command.client_id]
        period = known.get(declaration.period_id or 0)
        if declaration.kind is Kind.IN:
            employer = employer_among(declaration.employer, directory) if declaration.employer else None
        else:
            employer = by_number.get(period.period.employer) if period else None
        entitled = employer is not None and (
            employer.enterprise_number == organization
            or (organization, employer.enterprise_number) in mandates
        )
        entries.append(_Entry(command, declaration, organization, employer, period, entitled))
    return entries


async def _chained(tx: Transaction, judged: Sequence[Stored]) -> list[Stored]:
    """Put the admitted ones behind the last under their key, in order of reception, and store all (D1)."""
    keys = {one.declaration.order_key for one in judged if one.declaration.order_key is not None}
    last = await store.lasts(tx, keys) if keys else {}
    stored = []
    for one in judged:
        key = one.declaration.order_key
        if key is not None:
            declaration = one.declaration.model_copy(update={"previous": last.get(key)})
            last[key] = declaration.number
            one = Stored(declaration, one.ssin, one.stamp)
        stored.append(one)
    await store.save(tx, stored, last)
    return stored


def _is_refused(one: Stored) -> bool:
    return one.declaration.order_key is None


def _refusal(declaration: ReceivedDeclaration, now: datetime) -> Outcome:
    return Outcome(
        result=Result.REFUSED,
        anomalies=declaration.anomalies,
        period_id=None,
        decided_at=now,
        contestation_deadline=contestation_deadline(now),
    )


def _effects(
    stored: Sequence[Stored], refusals: dict[int, Outcome], answers: dict[int, str], now: datetime
) -> list[Effect]:
    effects: list[Effect] = []
    for one in stored:
        declaration, sender = one.declaration, one.declaration.sender
        kind = declaration.declared.kind
        metrics.RECEIVED.labels(sender.channel, kind).inc()
        effects.append(
            replies.received(
                declaration.number, sender.client_id, sender.message_id, sender.message_source, now
            )
        )
        if (outcome := refusals.get(declaration.number)) is not None:
            _count_result(declaration, outcome, now)
            effects.append(replies.result_of(declaration, outcome.result, now, answers[declaration.number]))
            effects.append(DeclarationRefused(declaration=declaration, outcome=outcome))
        elif kind is Kind.IN:
            effects.append(DeclarationAdmitted(declaration=declaration))
        else:
            effects.append(ChangeAdmitted(declaration=declaration))
    log.info("received", declarations=[one.declaration.number for one in stored], refused=list(refusals))
    return effects


def _count_result(declaration: ReceivedDeclaration, outcome: Outcome, now: datetime) -> None:
    channel = declaration.sender.channel
    seconds = max((now - declaration.received_at).total_seconds(), 0.0)
    if outcome.result is Result.PROVISIONAL:
        metrics.LATENCY.labels(channel, "provisional").observe(seconds)
        return
    metrics.COMPLETED.labels(channel, declaration.declared.kind, COMPLETED_AS[outcome.result]).inc()
    metrics.LATENCY.labels(channel, "final").observe(seconds)
    for found in outcome.anomalies:
        metrics.ANOMALIES.labels(found.code, "blocking" if found.blocks else "warning").inc()
        if found.code == "90256-155":
            metrics.MANDATE_DENIALS.labels("no_mandate").inc()


async def _tell_problems(tx: Transaction, troubles: Sequence[tuple[Command, dict[str, Any]]]) -> list[Effect]:
    if not troubles:
        return []
    told = [(command, replies.problem(command, tx.now, trouble)) for command, trouble in troubles]
    await store.save_problems(tx, [(c.client_id, c.message_id, c.body_sha256, d.id, d.body) for c, d in told])
    return [delivery for _, delivery in told]


async def _tell_problems_again(tx: Transaction, commands: Sequence[Command]) -> list[Effect]:
    """The problem each was told before; one that was not told any has taken the id of another message."""
    told = dict(await store.problems(tx, [(c.client_id, c.message_id, c.body_sha256) for c in commands]))
    effects: list[Effect] = []
    conflicts = []
    for command in commands:
        id_ = replies.problem_id(command)
        if id_ in told:
            effects.append(replies.again(command.client_id, id_, replies.PROBLEM, told[id_]))
        else:
            detail = "Another message was received under this id; give each message an id of its own"
            conflicts.append((command, problem("badRequest", detail)))
    return effects + await _tell_problems(tx, conflicts)


def _said_before(repeat: Repeat) -> list[Effect]:
    assert repeat.number is not None
    assert repeat.received_at is not None
    whom = (repeat.number, repeat.client_id, repeat.message_id, repeat.message_source)
    effects: list[Effect] = [replies.received(*whom, repeat.received_at)]
    for given, final in ((repeat.provisional, False), (repeat.final, True)):
        if given is not None:
            effects.append(replies.result(*whom, given.at, final, given.answer))
    return effects


async def observe(connection: Connection) -> None:
    """Intake's gauge: what should be accounted for and is not."""
    metrics.UNACCOUNTED.set(await store.unaccounted(connection))


def service(settings: Settings) -> Service:
    """Intake as a service."""
    intake = Intake(settings.secret, simulation=settings.deployment.endswith(".sim"))
    return Service(
        "intake",
        steps=(
            Step("declarations", (DECLARATIONS,), intake.receive, decode=read, inbox=False, prefetch=512),
            Step("results", (RESULTS,), intake.conclude),
        ),
        timers=(Timer("beat", _BEAT_SECONDS, intake.beat),),
        observe=observe,
    )
