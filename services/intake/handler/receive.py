"""Receiving: each new command gets its number, its place in its chain and its answer, in one transaction."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from services.intake import store
from services.intake.channels import replies
from services.intake.channels.queue import Command
from services.intake.channels.trouble import Trouble
from services.intake.handler.conclude import count
from services.intake.handler.deny import denied_at_once, not_registered, write_down
from services.intake.handler.lookup import Entry, look_up
from services.intake.handler.repeats import answer_again, tell
from services.intake.rules import admit
from services.intake.store import Stored, world
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
#: A message that was in our hands so long waited because of us, whatever it was that held it.
_HELD_SECONDS: Final = 1.0


class Reception:
    """The step that receives; it holds the secret behind numbers and order keys.

    `weekend` are the days that do not count for the deadline to contest a refusal.
    """

    def __init__(self, secret: bytes, weekend: frozenset[int], *, simulation: bool) -> None:
        self._secret = secret
        self._weekend = weekend
        self._numbers = DimonaNumbers(secret, simulation=simulation)
        self._unused: deque[int] = deque()
        self._last_seen: datetime | None = None

    async def beat(self, tx: Transaction) -> Sequence[Effect]:
        """Say that intake is there, so that a silence can be told from it later (D9)."""
        await store.beat(tx)
        self._last_seen = tx.now
        return ()

    async def catch_up(self, tx: Transaction) -> Sequence[Effect]:
        """Say that the backlog of whatever outage there was is behind us."""
        await store.caught_up(tx)
        return ()

    async def receive(self, tx: Transaction, commands: Sequence[Command]) -> Sequence[Effect]:
        """Receive commands: each new one gets its number and its answer, each repeat the answers it had."""
        first: dict[store.Key, Command] = {}
        repeated = [each for each in commands if first.setdefault(each.key, each) is not each]
        numbers = await self._take_numbers(tx, len(first))
        new = await store.claim(tx, {key: command.body_sha256 for key, command in first.items()}, numbers)
        fresh = {n: c for n, (key, c) in zip(numbers, first.items(), strict=True) if key in new}
        effects, troubles = await self._receive_new(tx, fresh) if fresh else ([], [])
        effects += await tell(tx, [(trouble.command, trouble.problem) for trouble in troubles])
        repeated += [command for key, command in first.items() if key not in new]
        return effects + await answer_again(tx, repeated) if repeated else effects

    async def receive_one(self, tx: Transaction, command: Command) -> tuple[int | Trouble, Sequence[Effect]]:
        """Receive the command of somebody who waits for the answer: its Dimona number, or why not."""
        (number,) = await self._take_numbers(tx, 1)
        await store.claim(tx, {command.key: command.body_sha256}, [number])
        effects, troubles = await self._receive_new(tx, {number: command})
        return (troubles[0] if troubles else number), effects

    async def _take_numbers(self, tx: Transaction, count: int) -> list[int]:
        """Dimona numbers that nobody else has; some stay unused when a process ends.

        Several requests may be here at once: between the look and the taking, none lets another in.
        """
        if len(self._unused) < count:
            self._unused += await store.sequence(tx, max(count, _NUMBERS_AT_ONCE))
        return [self._numbers.number(self._unused.popleft()) for _ in range(count)]

    async def _receive_new(
        self, tx: Transaction, commands: Mapping[int, Command]
    ) -> tuple[list[Effect], list[Trouble]]:
        organizations = await world.organizations(tx, {command.client_id for command in commands.values()})
        readable: dict[int, tuple[Command, Declaration]] = {}
        troubles: list[Trouble] = []
        for number, command in commands.items():
            if command.problem is not None:
                troubles.append(Trouble(command, command.problem))
            elif command.client_id not in organizations:
                troubles.append(not_registered(command))
            else:
                assert command.data is not None, "what cannot be read says why"
                readable[number] = (command, command.data)
        effects: list[Effect] = []
        if readable:
            effects, denied = await self._receive_declarations(tx, readable, organizations)
            troubles += denied
        await write_down(tx, troubles)
        return effects, troubles

    async def _receive_declarations(
        self,
        tx: Transaction,
        readable: Mapping[int, tuple[Command, Declaration]],
        organizations: Mapping[str, str],
    ) -> tuple[list[Effect], list[Trouble]]:
        entries = await look_up(tx, list(readable.values()), organizations)
        silent = self._last_seen is not None and tx.now - self._last_seen > store.OUTAGE
        clock = time.monotonic()
        waited = [
            entry.command.came is not None
            and (silent or entry.command.waited or clock - entry.command.came > _HELD_SECONDS)
            for entry in entries
        ]
        outage = None
        if any(waited):
            await store.beat(tx)  # a silence that ends just now is written down before it is asked for
            outage = await store.waited_out(tx)
        judged, denied = [], []
        for number, entry, late in zip(readable, entries, waited, strict=True):
            late_after = outage if outage and late else tx.now
            found = admit(
                entry.declaration,
                entry.employer,
                entry.entitled,
                entry.period,
                late_after,
                secured=entry.command.channel in SECURED_CHANNELS,
                user_known=entry.user_known,
            )
            if trouble := denied_at_once(entry, found):
                denied.append(trouble)
            else:
                judged.append(self._received(number, entry, found, tx.now, late_after))
        return await self._keep(tx, judged) if judged else [], denied

    async def _keep(self, tx: Transaction, judged: Sequence[Stored]) -> list[Effect]:
        stored = await _chain(tx, judged)
        refusals = {
            one.declaration.number: _refusal(one.declaration, tx.now) for one in stored if _is_refused(one)
        }
        answers = await _save_refusals(tx, stored, refusals, self._weekend)
        return _effects(stored, refusals, answers, tx.now)

    def _received(
        self, number: int, entry: Entry, found: tuple[Anomaly, ...], now: datetime, late_after: datetime
    ) -> Stored:
        command, employer = entry.command, entry.employer
        worker = entry.declaration.worker
        ssin = parse_ssin(worker.ssin) if worker and worker.ssin else None
        numbers = None
        if employer is not None and entry.entitled:
            numbers = EmployerNumbers(
                enterprise_number=employer.enterprise_number, employer_id=employer.employer_id
            )
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
            employer=numbers,
            registers_days=_registers_days(entry),
            order_key=None if any(each.blocks for each in found) else self._order_key(number, entry, ssin),
            anomalies=found,
        )
        return Stored(declaration, ssin, command.stamp)

    def _order_key(self, number: int, entry: Entry, ssin: str | None) -> str:
        """Employer and declared NISS; without NISS the IN's own number; all else inherits its IN's (D1)."""
        if entry.known is not None:
            return entry.known.order_key
        if entry.employer is not None and ssin is not None:
            return order_key(self._secret, entry.employer.enterprise_number, ssin)
        return order_key_of_in(self._secret, number)


def _registers_days(entry: Entry) -> bool | None:
    if entry.declaration.kind is not Kind.DAILY:
        return None
    return entry.employer is not None and entry.employer.registers_days


async def _chain(tx: Transaction, judged: Sequence[Stored]) -> list[Stored]:
    """Put the admitted ones behind the last under their key, in order of reception, and store all (D1)."""
    keys = {one.declaration.order_key for one in judged if one.declaration.order_key is not None}
    last = await store.lasts(tx, keys) if keys else {}
    stored = []
    for one in judged:
        key = one.declaration.order_key
        if key is None:
            stored.append(one)
            continue
        declaration = one.declaration.model_copy(update={"previous": last.get(key)})
        last[key] = declaration.number
        stored.append(Stored(declaration, one.ssin, one.stamp))
    await store.save(tx, stored, last)
    return stored


def _is_refused(one: Stored) -> bool:
    return one.declaration.order_key is None


def _refusal(declaration: ReceivedDeclaration, now: datetime) -> Outcome:
    return Outcome(
        result=Result.REFUSED,
        anomalies=declaration.anomalies,
        decided_at=now,
    )


async def _save_refusals(
    tx: Transaction,
    stored: Sequence[Stored],
    refusals: Mapping[int, Outcome],
    weekend: frozenset[int],
) -> dict[int, str]:
    """What intake refuses is final at once (D2); returns the answers by number."""
    answers = {
        one.declaration.number: answer(
            one.declaration,
            refusals[one.declaration.number],
            None,
            notification_id(one.declaration.number),
            contestation_deadline(tx.now, weekend),
        )
        for one in stored
        if one.declaration.number in refusals
    }
    if answers:
        await store.save_results(
            tx, [(number, True, Result.REFUSED, text) for number, text in answers.items()]
        )
    return answers


def _effects(
    stored: Sequence[Stored], refusals: Mapping[int, Outcome], answers: Mapping[int, str], now: datetime
) -> list[Effect]:
    effects: list[Effect] = []
    for one in stored:
        declaration, sender = one.declaration, one.declaration.sender
        kind, number = declaration.declared.kind, declaration.number
        metrics.RECEIVED.labels(sender.channel, kind).inc()
        effects += replies.reception_of(declaration, now)
        if (outcome := refusals.get(number)) is not None:
            count(declaration, outcome, now)
            effects += replies.result_of(declaration, outcome.result, now, answers[number])
            effects.append(DeclarationRefused(declaration=declaration, outcome=outcome))
        elif kind is Kind.IN:
            effects.append(DeclarationAdmitted(declaration=declaration))
        else:
            effects.append(ChangeAdmitted(declaration=declaration))
    log.info("received", declarations=[one.declaration.number for one in stored], refused=list(refusals))
    return effects
