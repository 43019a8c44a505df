"""Receive commands: store each with its number, its order key and its replies, in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from services.intake.dialogue import channels
from services.intake.outages.handler import Heartbeat
from services.intake.probing.rules import USUAL, WorkerBound
from services.intake.reception import store
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.handler.bounding import beyond_the_bound
from services.intake.reception.handler.deny import (
    denials_of,
    no_mandate,
    not_registered,
    too_many_workers,
)
from services.intake.reception.handler.forwarding import count_inferred_pair, next_event, registers_days
from services.intake.reception.handler.lookup import Submission, look_up, needs_of
from services.intake.reception.handler.repeats import (
    Body,
    answer_again,
    answer_repeats,
    body_of,
    kept_rejections,
    outcome_before,
    problem_replies,
)
from services.intake.reception.rules import admit
from services.intake.reception.store import Stored
from services.intake.reception.store.loading import Known, Loaded, begin
from shared.answer import answer
from shared.domain.anomalies import Anomaly
from shared.domain.calendar import contestation_deadline
from shared.domain.identifiers import DimonaNumbers, order_key, order_key_of_in, parse_ssin
from shared.messages import (
    SECURED_CHANNELS,
    DeclarationRefused,
    Delivery,
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
from shared.topology import DECLARATIONS

_NUMBERS_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class _Judged:
    """A submission with its Dimona number and the anomalies that the rules found."""

    number: int
    submission: Submission
    anomalies: tuple[Anomaly, ...]
    late_after: datetime

    @property
    def blocked(self) -> bool:
        """Whether the declaration is refused."""
        return any(anomaly.blocks for anomaly in self.anomalies)


@dataclass(frozen=True, slots=True)
class _Received:
    """A received declaration with the replies to its sender.

    `refusal` is the outcome and the answer of a refused declaration; None for an admitted declaration.
    `arrived_at` is that of its command.
    """

    stored: Stored
    refusal: tuple[Outcome, str] | None
    body: Body
    replies: list[Effect]
    arrived_at: float


class Reception:
    """The step `declarations`, and the reception of requests for the API."""

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
            heartbeat: finds the outage during which a command waited.
            simulation: whether the numbers come from the range of the simulation.
            bound: how many new workers an organization may name on one day.
        """
        self._secret = secret
        self._weekend = weekend
        self._heartbeat = heartbeat
        self._numbers = DimonaNumbers(secret, simulation=simulation)
        self._bound = bound
        self._unused: deque[int] = deque()

    async def receive(self, tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
        """Receive a batch. A new command gets a number and replies, a repeat only its earlier replies."""
        new, later, loaded = await self._begin(tx, commands)
        judged, rejections = await self._judge(tx, new, loaded)
        repeats = [(commands[place], repeat) for place, repeat in loaded.repeats.items()]
        before, conflicts = answer_repeats(repeats)
        problems = problem_replies(tx, [*rejections, *conflicts])
        again, conflicts = answer_again(later, {**{one.body: one.replies for one in judged}, **problems})
        problems |= problem_replies(tx, conflicts)
        metrics.CONSUMED.labels(DECLARATIONS.name, "repeat").inc(len(repeats) + len(later))
        effects = await self._save(tx, judged, rejections, problems)
        return [*effects, *chain.from_iterable(problems.values()), *before, *again]

    async def receive_requests(
        self, tx: Transaction, commands: Sequence[Command]
    ) -> tuple[Sequence[int | Rejection], Sequence[Effect]]:
        """Receive the commands of one request; their ids differ.

        Returns:
            First, the Dimona number or the rejection of each command; a repeat gets the outcome of the first
            time. Second, the effects.
        """
        new, _, loaded = await self._begin(tx, commands)
        received, rejections = await self._judge(tx, new, loaded)
        effects = await self._save(tx, received, rejections, kept_rejections(rejections))
        outcomes: dict[store.Key, int | Rejection] = {one.key: number for number, one in new.items()}
        outcomes |= {rejection.command.key: rejection for rejection in rejections}
        for place, repeat in loaded.repeats.items():
            outcomes[commands[place].key] = outcome_before(commands[place], repeat)
        return [outcomes[command.key] for command in commands], effects

    async def _begin(
        self, tx: Transaction, commands: Sequence[Command]
    ) -> tuple[dict[int, Command], list[Command], Loaded]:
        """Store commands, and load the facts about them.

        Returns:
            First, the new commands by Dimona number. Second, the commands with an id that came earlier in
            this batch. Third, the loaded facts.
        """
        first: dict[store.Key, int] = {}
        is_first = [first.setdefault(command.key, place) == place for place, command in enumerate(commands)]
        taken = iter(await self._take_numbers(tx, len(first)))
        numbers = [next(taken) if begins else None for begins in is_first]
        loaded = await begin(
            tx,
            [Known(command.client_id, command.key, command.body_sha256) for command in commands],
            numbers,
            needs_of([command.data for command in commands if command.data is not None]),
        )
        placed = list(zip(numbers, commands, strict=True))
        new = {number: command for number, command in placed if number in loaded.fresh and number is not None}
        later = [
            command
            for place, (number, command) in enumerate(placed)
            if number is None and place not in loaded.repeats
        ]
        return new, later, loaded

    async def _take_numbers(self, tx: Transaction, count: int) -> list[int]:
        """Return `count` unused Dimona numbers. If this process has too few, take more from the database.

        Numbers that are still unused when the process ends are never used. Requests that run at the same
        time get different numbers, because no other task runs while numbers are taken.
        """
        if len(self._unused) < count:
            self._unused += await store.take_sequence_values(tx, max(count, _NUMBERS_AT_ONCE))
        return [self._numbers.number(self._unused.popleft()) for _ in range(count)]

    async def _judge(
        self, tx: Transaction, commands: Mapping[int, Command], loaded: Loaded
    ) -> tuple[list[_Received], list[Rejection]]:
        """Decide on new commands, given by number. Return the received declarations and the rejections."""
        submissions: dict[int, Submission] = {}
        rejections: list[Rejection] = []
        for number, command in commands.items():
            if command.problem is not None:
                rejections.append(Rejection(command, command.problem))
            elif command.client_id not in loaded.organizations:
                rejections.append(not_registered(command))
            else:
                assert command.data is not None, "a command without data has a problem"
                submissions[number] = look_up(command, command.data, loaded)
        late_after = await self._heartbeat.late_after(tx, [s.command for s in submissions.values()])
        stored: list[Stored] = []
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
                rejections.append(rejection)
            else:
                count_inferred_pair(submission.declaration, anomalies)
                stored.append(self._stored(tx, _Judged(number, submission, anomalies, instant)))
        beyond = await beyond_the_bound(tx, self._secret, self._bound, stored, submissions)
        rejections += [too_many_workers(submissions[number], tx.now) for number in sorted(beyond)]
        chained = store.chained(one for one in stored if one.number not in beyond)
        return [self._receive(tx, one, submissions[one.number].command) for one in chained], rejections

    def _receive(self, tx: Transaction, stored: Stored, command: Command) -> _Received:
        """Return a stored declaration with the replies to its sender.

        The replies are the confirmation of reception and, for a declaration that intake refuses, its final
        result (decision D2).
        """
        declaration, body = stored.declaration, body_of(command)
        replies: list[Effect] = [*channels.reception_of(declaration, tx.now)]
        if not stored.is_refused:
            return _Received(stored, None, body, replies, command.arrived_at)
        outcome, answer_ = refusal = self._refuse(tx, declaration)
        refused = DeclarationRefused(declaration=declaration, outcome=outcome)
        replies += channels.result_of(refused, tx.now, answer_)
        return _Received(stored, refusal, body, replies, command.arrived_at)

    async def _save(
        self,
        tx: Transaction,
        received: Sequence[_Received],
        rejections: Sequence[Rejection],
        problems: Mapping[Body, Sequence[Delivery]],
    ) -> list[Effect]:
        """Save a batch; return the replies to received declarations and the events for the next service.

        Each declaration gets the number of the previous declaration with its order key (decision D1).
        """
        denials = denials_of(rejections)
        if not (received or denials or problems):
            return []
        last = await store.save(
            tx,
            [one.stored for one in received],
            [(one.stored.number, one.refusal[1]) for one in received if one.refusal is not None],
            denials,
            [(*body, reply.id, reply.body) for body, replies in problems.items() for reply in replies],
        )
        refused = [one.stored.number for one in received if one.refusal is not None]
        log.info("received", declarations=[one.stored.number for one in received], refused=refused)
        effects: list[Effect] = []
        for one in received:
            declaration = one.stored.declaration
            if declaration.previous is None and (before := last.get(declaration.order_key or "")) is not None:
                declaration = declaration.model_copy(update={"previous": before})
            effects += [*one.replies, next_event(tx, declaration, one.refusal, one.arrived_at)]
        return effects

    def _refuse(self, tx: Transaction, declaration: ReceivedDeclaration) -> tuple[Outcome, str]:
        outcome = Outcome(result=Result.REFUSED, anomalies=declaration.anomalies, decided_at=tx.now)
        deadline = contestation_deadline(tx.now, self._weekend)
        return outcome, answer(declaration, outcome, None, notification_id(declaration.number), deadline)

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
            registers_days=registers_days(submission),
            order_key=None if judged.blocked else self._order_key(judged.number, submission, ssin),
            anomalies=judged.anomalies,
        )
        return Stored(declaration, ssin, command.stamp)

    def _order_key(self, number: int, submission: Submission, ssin: str | None) -> str:
        """Return the order key of a declaration (decision D1).

        The key of an IN is made from its employer and NISS. Without a known employer or NISS it is made from
        the number of the IN. A change and a daily registration have the key of their IN.
        """
        if submission.named is not None:
            return submission.named.order_key
        if submission.employer is not None and ssin is not None:
            return order_key(self._secret, submission.employer.enterprise_number, ssin)
        return order_key_of_in(self._secret, number)
