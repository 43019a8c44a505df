"""Receive commands: store each with its number, its order key and its replies, in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.intake.dialogue import channels
from services.intake.dialogue import store as dialogue
from services.intake.dialogue.handler import count_result
from services.intake.dialogue.store import StoredResult
from services.intake.outages.handler import Heartbeat
from services.intake.probing.rules import USUAL, WorkerBound
from services.intake.reception import store
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.bounding import beyond_the_bound
from services.intake.reception.handler.deny import (
    no_mandate,
    not_registered,
    store_denials,
    too_many_workers,
)
from services.intake.reception.handler.lookup import Submission, look_up
from services.intake.reception.handler.repeats import answer_rejections, answer_repeats
from services.intake.reception.rules import admit, inferred_pair
from services.intake.reception.store import Stored, directory
from shared.answer import answer
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import contestation_deadline
from shared.domain.declared import Declaration, Kind
from shared.domain.identifiers import DimonaNumbers, order_key, order_key_of_in, parse_ssin
from shared.messages import (
    SECURED_CHANNELS,
    ChangeAdmitted,
    DeclarationAdmitted,
    DeclarationRefused,
    EmployerNumbers,
    Outcome,
    ReceivedDeclaration,
    Result,
    Sender,
    notification_id,
)
from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.step import Effect

_NUMBERS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class _Judged:
    """A submission with the anomalies that the rules found, under its number."""

    number: int
    submission: Submission
    anomalies: tuple[Anomaly, ...]
    late_after: datetime

    @property
    def blocked(self) -> bool:
        """Whether the declaration is refused."""
        return any(anomaly.blocks for anomaly in self.anomalies)


class Reception:
    """The step `declarations`, and the reception of single commands for the API."""

    def __init__(
        self,
        secret: bytes,
        weekend: frozenset[int],
        heartbeat: Heartbeat,
        *,
        simulation: bool,
        bound: WorkerBound = USUAL,
    ) -> None:
        """Create the step.

        Args:
            secret: the key behind Dimona numbers and order keys.
            weekend: days that do not count for the contestation deadline of a refusal.
            heartbeat: finds the outage that a command has waited out.
            simulation: whether the numbers come from the range of the simulation.
            bound: how many new workers a client may name on one day.
        """
        self._secret = secret
        self._weekend = weekend
        self._heartbeat = heartbeat
        self._numbers = DimonaNumbers(secret, simulation=simulation)
        self._bound = bound
        self._unused: deque[int] = deque()

    async def receive(self, tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
        """Receive a batch: each new command gets a number and replies, each repeat its earlier replies."""
        first: dict[store.Key, Command] = {}
        repeats = [command for command in commands if first.setdefault(command.key, command) is not command]
        numbers = await self._take_numbers(tx, len(first))
        digests = {key: command.body_sha256 for key, command in first.items()}
        new = await store.store_commands(tx, digests, numbers)
        fresh = {n: command for n, (key, command) in zip(numbers, first.items(), strict=True) if key in new}
        effects, rejections = await self._receive_new(tx, fresh) if fresh else ([], [])
        effects += await answer_rejections(tx, rejections)
        repeats += [command for key, command in first.items() if key not in new]
        return effects + await answer_repeats(tx, repeats) if repeats else effects

    async def receive_one(
        self, tx: Transaction, command: Command
    ) -> tuple[int | Rejection, Sequence[Effect]]:
        """Receive one command and return its Dimona number, or its rejection, and the effects."""
        (number,) = await self._take_numbers(tx, 1)
        await store.store_commands(tx, {command.key: command.body_sha256}, [number])
        effects, rejections = await self._receive_new(tx, {number: command})
        return (rejections[0] if rejections else number), effects

    async def _take_numbers(self, tx: Transaction, count: int) -> list[int]:
        """Return unused Dimona numbers. Numbers that are still unused when the process ends are never used.

        Several requests may run at once: no other task can run between the check and the taking.
        """
        if len(self._unused) < count:
            self._unused += await store.take_sequence_values(tx, max(count, _NUMBERS_AT_ONCE))
        return [self._numbers.number(self._unused.popleft()) for _ in range(count)]

    async def _receive_new(
        self, tx: Transaction, commands: Mapping[int, Command]
    ) -> tuple[list[Effect], list[Rejection]]:
        """Receive new commands under these numbers; return the effects and the rejections."""
        clients = {command.client_id for command in commands.values()}
        organizations = await directory.load_organizations(tx, clients)
        readable: dict[int, tuple[Command, Declaration]] = {}
        rejections: list[Rejection] = []
        for number, command in commands.items():
            if command.problem is not None:
                rejections.append(Rejection(command, command.problem))
            elif command.client_id not in organizations:
                rejections.append(not_registered(command))
            else:
                assert command.data is not None, "a command without data has a problem"
                readable[number] = (command, command.data)
        effects: list[Effect] = []
        if readable:
            submissions = await look_up(tx, list(readable.values()), organizations)
            effects, denied = await self._receive_declarations(
                tx, dict(zip(readable, submissions, strict=True))
            )
            rejections += denied
        await store_denials(tx, rejections)
        return effects, rejections

    async def _receive_declarations(
        self, tx: Transaction, submissions: Mapping[int, Submission]
    ) -> tuple[list[Effect], list[Rejection]]:
        late_after = await self._heartbeat.late_after(tx, [s.command for s in submissions.values()])
        judged: list[Stored] = []
        denied = []
        for (number, submission), instant in zip(submissions.items(), late_after, strict=True):
            anomalies = admit(
                submission.declaration,
                submission.employer,
                submission.entitled,
                submission.period,
                instant,
                received_at=tx.now,
                declared_employer=submission.declared_employer,
                secured=submission.command.channel in SECURED_CHANNELS,
                user_known=submission.user_known,
            )
            if rejection := no_mandate(submission, anomalies):
                denied.append(rejection)
            else:
                _count_inferred_pair(submission.declaration, anomalies)
                judged.append(self._stored(tx, _Judged(number, submission, anomalies, instant)))
        beyond = await beyond_the_bound(tx, self._secret, self._bound, judged, submissions)
        denied += [too_many_workers(submissions[number], tx.now) for number in sorted(beyond)]
        judged = [one for one in judged if one.number not in beyond]
        return await self._store(tx, judged) if judged else [], denied

    async def _store(self, tx: Transaction, judged: Sequence[Stored]) -> list[Effect]:
        """Store declarations, and the results of the refused ones: these are final at once (decision D2)."""
        chained = await _chain(tx, judged)
        refusals = {one.number: self._refuse(tx, one.declaration) for one in chained if one.is_refused}
        if refusals:
            await dialogue.store_results(tx, [result for _, result in refusals.values()])
        log.info("received", declarations=[one.number for one in chained], refused=list(refusals))
        return [
            effect
            for stored in chained
            for effect in _effects(tx, stored.declaration, refusals.get(stored.number))
        ]

    def _refuse(self, tx: Transaction, declaration: ReceivedDeclaration) -> tuple[Outcome, StoredResult]:
        outcome = Outcome(result=Result.REFUSED, anomalies=declaration.anomalies, decided_at=tx.now)
        deadline = contestation_deadline(tx.now, self._weekend)
        text = answer(declaration, outcome, None, notification_id(declaration.number), deadline)
        return outcome, StoredResult(declaration.number, Result.REFUSED, text)

    def _stored(self, tx: Transaction, judged: _Judged) -> Stored:
        """Return the declaration as it is stored, still without `previous`."""
        submission, command = judged.submission, judged.submission.command
        employer, worker = submission.employer, submission.declaration.worker
        ssin = parse_ssin(worker.ssin) if worker and worker.ssin else None
        numbers = None
        if employer is not None and submission.entitled:
            numbers = EmployerNumbers(
                enterprise_number=employer.enterprise_number, employer_id=employer.employer_id
            )
        declaration = ReceivedDeclaration(
            number=judged.number,
            declared=submission.declaration,
            sender=Sender(
                client_id=command.client_id,
                organization=submission.organization,
                channel=command.channel,
                message_id=command.message_id,
                message_source=command.message_source,
            ),
            received_at=tx.now,
            late_after=judged.late_after,
            employer=numbers,
            registers_days=_registers_days(submission),
            order_key=None if judged.blocked else self._order_key(judged.number, submission, ssin),
            anomalies=judged.anomalies,
        )
        return Stored(declaration, ssin, command.stamp)

    def _order_key(self, number: int, submission: Submission, ssin: str | None) -> str:
        """Return the key of employer and declared NISS; without NISS, of the IN's number (decision D1).

        A change and a daily registration have the key of their IN.
        """
        if submission.named is not None:
            return submission.named.order_key
        if submission.employer is not None and ssin is not None:
            return order_key(self._secret, submission.employer.enterprise_number, ssin)
        return order_key_of_in(self._secret, number)


def _registers_days(submission: Submission) -> bool | None:
    if submission.declaration.kind is not Kind.DAILY:
        return None
    return submission.employer is not None and submission.employer.registers_days


async def _chain(tx: Transaction, judged: Sequence[Stored]) -> list[Stored]:
    """Store declarations in order of reception, each after the last one under its order key (decision D1)."""
    keys = {one.declaration.order_key for one in judged if one.declaration.order_key is not None}
    last = await store.lock_chains(tx, keys) if keys else {}
    chained = []
    for stored in judged:
        key = stored.declaration.order_key
        if key is not None:
            declaration = stored.declaration.model_copy(update={"previous": last.get(key)})
            stored = replace(stored, declaration=declaration)
            last[key] = stored.number
        chained.append(stored)
    await store.store_declarations(tx, chained, last)
    return chained


def _effects(
    tx: Transaction, declaration: ReceivedDeclaration, refusal: tuple[Outcome, StoredResult] | None
) -> list[Effect]:
    """Count a declaration; return the replies to its sender and the event for the next service."""
    kind = declaration.declared.kind
    metrics.RECEIVED.labels(declaration.sender.channel, kind).inc()
    effects: list[Effect] = [*channels.reception_of(declaration, tx.now)]
    if refusal is not None:
        outcome, result = refusal
        count_result(declaration, outcome, tx.now)
        effects += channels.result_of(declaration, outcome.result, tx.now, result.answer)
        effects.append(DeclarationRefused(declaration=declaration, outcome=outcome))
    elif kind is Kind.IN:
        effects.append(DeclarationAdmitted(declaration=declaration))
    else:
        effects.append(ChangeAdmitted(declaration=declaration))
    return effects


def _count_inferred_pair(declaration: Declaration, anomalies: Sequence[Anomaly]) -> None:
    """Count an admitted IN with a pair of joint commission and worker type without evidence (rule R52)."""
    pair = inferred_pair(declaration)
    if pair is not None and not any(anomaly.blocks for anomaly in anomalies):
        metrics.INFERRED_PAIRS.labels(*pair).inc()
