"""Answer a turn of a voice call: open its state, advance the dialogue, and seal the new state.

Nothing of a call is stored. The state holds a NISS, so the gateway gets it encrypted, for this call only.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.intake.phones import store
from services.intake.phones.channels.voice import Spoken, Turn
from services.intake.phones.handler.receiving import Arrived, Phones
from services.intake.phones.rules import texts
from services.intake.phones.rules.dialogue import MOST_MISTAKES, State, advance, pending
from services.intake.phones.rules.values import Field, declaration_of
from shared.domain.phones import canonical_number
from shared.messages import Channel
from shared.runtime.sealing import SealBrokenError, Sealer, is_sealed
from shared.runtime.stage import Stage

#: Seconds after which the state of a call is no longer accepted.
_LONGEST_CALL: Final = 1800
_FALLBACK: Final = "fr"


class Calls:
    """The voice server: a turn of a call becomes the sentences and the question that follow."""

    def __init__(self, stage: Stage, phones: Phones, sealer: Sealer) -> None:
        self._stage, self._phones, self._sealer = stage, phones, sealer

    async def answer(self, gateway: str, turn: Turn, now: float) -> Spoken:
        """Return the answer to a turn.

        Raises ProblemError: 429 for too many turns of one phone, 503 while the service is busy.
        """
        number = canonical_number(turn.caller)
        if number is None:
            return _end(texts.NOT_KNOWN, _FALLBACK)
        self._phones.check_rate(number)
        owner = f"{gateway}/{turn.call}/{number}"
        state, phone_id = self._open(turn.state, owner, now)
        if turn.digits is not None and turn.state is not None:
            state = advance(state, turn.digits)
        language = state.language or _FALLBACK
        if state.mistakes >= MOST_MISTAKES:
            return _end(texts.TOO_MANY_MISTAKES, language)
        if phone_id is None and Field.PIN in state.values:
            phone = await self._phones.recognize(number, state.values[Field.PIN])
            if phone is None:
                return _end(texts.NOT_KNOWN, language)
            phone_id = phone.phone_id
            state = replace(state, values={**state.values, Field.PIN: ""})  # needed no more
        asking = pending(state)
        if asking is None:
            assert phone_id is not None, "a confirmed declaration has a checked PIN"
            return await self._declare(Arrived(Channel.VOICE, gateway, turn.call, number), phone_id, state)
        least = asking.question.most if asking.question.least is None else asking.question.least
        sealed = self._sealer.seal(_written(state, phone_id, now), owner)
        return Spoken(list(texts.prompt_of(state)), (least, asking.question.most), sealed)

    async def _declare(self, arrived: Arrived, phone_id: UUID, state: State) -> Spoken:
        language = state.language or _FALLBACK
        async with self._stage.pool.acquire() as connection:
            client_id = await store.client_of(connection, phone_id)
        if client_id is None:
            return _end(texts.NOT_KNOWN, language)
        outcome = await self._phones.receive(arrived, client_id, declaration_of(state.values), language)
        if isinstance(outcome, int):
            return Spoken([texts.number_spoken(outcome, language)])
        return _end(outcome, language)

    def _open(self, sealed: str | None, owner: str, now: float) -> tuple[State, UUID | None]:
        """Return the state of a call and its recognized phone; a new state for one that cannot be opened."""
        if sealed is None or not is_sealed(sealed):
            return State(), None
        try:
            document: dict[str, Any] = json.loads(self._sealer.open(sealed, owner))
        except SealBrokenError:
            return State(), None
        if now - document["at"] > _LONGEST_CALL:
            return State(), None
        values = {Field(name): value for name, value in document["values"].items()}
        phone_id = document["phone"]
        state = State(document["language"], values, document["mistakes"])
        return state, None if phone_id is None else UUID(phone_id)


def _written(state: State, phone_id: UUID | None, now: float) -> str:
    return json.dumps({
        "at": int(now), "language": state.language, "values": state.values, "mistakes": state.mistakes,
        "phone": None if phone_id is None else str(phone_id),
    })  # fmt: skip


def _end(text: str, language: str) -> Spoken:
    """Return the end of a call without a declaration."""
    return Spoken([(language, texts.translator(language)(text))])
