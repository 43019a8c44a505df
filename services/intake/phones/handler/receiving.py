"""Receive declarations by phone: recognize the phone, receive the command, and answer in its language."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from services.intake.phones import store
from services.intake.phones.channels.gateways import Sms
from services.intake.phones.rules import short_form, texts
from services.intake.phones.store import EnrolledPhone
from services.intake.reception.api import Receive
from services.intake.reception.channels.rejection import Rejection
from shared.domain.declared import Declaration
from shared.domain.phones import canonical_number, number_code, pin_code
from shared.messages import Channel, to_json
from shared.runtime import metrics
from shared.runtime.api import away
from shared.runtime.commands import Command
from shared.runtime.rate import TokenBuckets
from shared.runtime.request_queue import too_many
from shared.runtime.sealing import Sealer
from shared.runtime.stage import Stage

#: Messages and turns of one phone: the most at once, and the average per second. A call has about 15 turns.
_BURST, _RATE = 60, 0.2
_FALLBACK: Final = "fr"  #: language of an answer if neither labels nor an enrolled phone decide it
#: The text for a command that is not received, by the status of its problem.
_REJECTED: Final = {403: texts.NOT_KNOWN, 409: texts.ID_USED, 429: texts.TOO_MANY_WORKERS}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A declaration that arrived by phone: its channel, gateway and id there, and the number of the phone."""

    channel: Channel
    gateway: str
    id: str
    number: str

    @property
    def source(self) -> str:
        """The source of the command, for the history."""
        return f"urn:dimona:{self.channel}:{self.gateway}"


class Phones:
    """The reception of declarations by phone.

    Args:
        stage: The stage of the service.
        receive: Receives the commands of a request.
        key: The key of the codes of numbers and PINs.
        sealer: Seals the numbers to which results are sent.
    """

    def __init__(self, stage: Stage, receive: Receive, key: bytes, sealer: Sealer) -> None:
        self._stage, self._receive, self._key, self._sealer = stage, receive, key, sealer
        self._buckets = TokenBuckets(_RATE, _BURST)

    async def receive_sms(self, gateway: str, sms: Sms) -> str:
        """Receive the declaration in an SMS and return the answer: the Dimona number, or the mistakes.

        Raises ProblemError: 429 for too many messages of one phone, 503 while the service is busy.
        """
        number, message = canonical_number(sms.sender), short_form.read(sms.text)
        language = message.language or _FALLBACK
        phone = None
        if number is not None:
            self.check_rate(number)
            phone = await self.recognize(number, message.pin) if message.pin is not None else None
        if phone is not None:
            language = message.language or phone.language
        if message.pin is not None and phone is None:
            text = texts.translator(language)(texts.NOT_KNOWN)
        elif message.declaration is None:
            text = texts.mistakes_of(message, language)
        else:
            assert phone is not None, "a message with a declaration has a PIN"
            assert number is not None, "a recognized phone has a number"
            arrived = Arrived(Channel.SMS, gateway, sms.id, number)
            text = await self._answer(arrived, phone.client_id, message.declaration, language)
        return texts.sms(text)

    async def _answer(self, arrived: Arrived, client_id: str, declaration: Declaration, language: str) -> str:
        outcome = await self.receive(arrived, client_id, declaration, language)
        if isinstance(outcome, int):
            return texts.translator(language)(texts.RECEIVED, number=outcome)
        return texts.translator(language)(outcome)

    def check_rate(self, number: str) -> None:
        """Count a message or turn of a phone. Raise ProblemError (429) for a phone that exceeds its rate."""
        if (seconds := self._buckets.take(number)) > 0.0:
            raise too_many("phone", int(seconds) + 1)

    async def recognize(self, number: str, pin: str) -> EnrolledPhone | None:
        """Return the enrolled phone with a number and a PIN.

        Return None for an unknown number, a wrong PIN, and after too many wrong ones: the answer does not
        tell them apart. A number may have phones of several clients: the right PIN of one keeps the count of
        wrong ones, so that it does not help to guess the PIN of another.
        """
        code, given = number_code(self._key, number), pin_code(self._key, number, pin)
        known = await store.try_pin(self._stage.pool, code)
        found = next((phone for phone in known if hmac.compare_digest(phone.pin_code, given)), None)
        metrics.PHONE_ATTEMPTS.labels("wrong" if found is None else "right").inc()
        if found is not None and len(known) == 1:
            await store.forget_attempts(self._stage.pool, code)
        elif found is not None:
            await store.take_attempt_back(self._stage.pool, code, found.blocked_until)
        return found

    async def receive(
        self, arrived: Arrived, client_id: str, declaration: Declaration, language: str
    ) -> int | str:
        """Receive a declaration; return its Dimona number, or the untranslated reason against it.

        The final result of a declaration by SMS goes to its phone later. A repeated id of the gateway gets
        the number of the first time. Raises ProblemError (503) while the service is busy.
        """
        if not self._stage.has_room:
            raise away()
        body = to_json(declaration).encode()  # without the PIN, which is stored nowhere
        command = Command(
            client_id, f"{arrived.source}#{arrived.id}", arrived.source, arrived.channel,
            hashlib.sha256(body).digest(), declaration, None, None, False, None,
        )  # fmt: skip
        async with self._stage.work() as (tx, effects):
            (outcome,), messages = await self._receive(tx, [command])
            effects += messages
            if isinstance(outcome, int) and arrived.channel is Channel.SMS:
                sealed = self._sealer.seal(arrived.number, str(outcome))
                await store.expect_result(tx, outcome, arrived.gateway, language, sealed)
        if isinstance(outcome, Rejection):
            return _REJECTED.get(outcome.problem["status"], texts.NOT_RECEIVED)
        return outcome
