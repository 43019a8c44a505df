"""`/phones/{gateway}`: the routes for gateways of SMS and voice. A gateway proves itself with its secret."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from services.intake.phones.channels import gateways, voice
from services.intake.phones.channels.gateways import FORMS, Call, Credentials
from services.intake.phones.channels.voice import VOICE_FORMS
from services.intake.phones.handler.calling import Calls
from services.intake.phones.handler.receiving import Phones
from services.intake.reception.api import Receive
from services.intake.settings import Gateway, IntakeSettings
from shared.domain.phones import PHONES
from shared.runtime.api import ProblemError
from shared.runtime.rate import TokenBuckets
from shared.runtime.request_queue import too_many
from shared.runtime.stage import Stage

PATH: Final = "/phones/{gateway}"
#: Requests of one gateway: the average per second, and the most at once.
_RATE, _BURST = 50.0, 500


@dataclass(frozen=True, slots=True)
class _Entrance:
    """The check of a request: a known gateway, its proof, and its rate."""

    known: Mapping[str, Gateway]
    base: str  #: public address of this API
    buckets: TokenBuckets

    async def admit(self, request: Request, name: str) -> Gateway:
        """Return the gateway of a request. Raise ProblemError: 404 unknown, 401 no proof, 429 too many."""
        gateway = self.known.get(name)
        if gateway is None:
            raise ProblemError("resourceNotFound", "No gateway has this name")
        headers = {key.lower(): value for key, value in request.headers.items()}
        call = Call(f"{self.base}{request.url.path}", headers, await request.body(), time.time())
        credentials = Credentials(gateway.account, gateway.secret.get_secret_value())
        if not FORMS[gateway.form].proves(credentials, call):
            raise ProblemError("invalidAccessToken", "The signature or the password of the gateway is wrong")
        if (seconds := self.buckets.take(name)) > 0.0:
            raise too_many("gateway", max(1, math.ceil(seconds)))
        return gateway


def add_routes(routes: APIRouter, settings: IntakeSettings, stage: Stage, receive: Receive) -> None:
    """Add the routes of gateways: an SMS, the start of a call, and a turn of a call."""
    entrance = _Entrance(settings.phone_gateways, settings.origin, TokenBuckets(_RATE, _BURST))
    sealer = settings.sealer(PHONES)
    phones = Phones(stage, receive, settings.key_for(PHONES), sealer)
    calls = Calls(stage, phones, sealer)

    @routes.post(f"{PATH}/sms")
    async def receive_sms(gateway: str, request: Request) -> Response:
        known = await entrance.admit(request, gateway)
        form = FORMS[known.form]
        sms = gateways.read(form, await request.body())
        if sms is None:
            raise ProblemError("badRequest", "The request has no id, sender and text of an SMS")
        media_type, body = form.answer(await phones.receive_sms(gateway, sms))
        return Response(body, media_type=media_type)

    @routes.get(f"{PATH}/voice")
    async def start_call(gateway: str) -> Response:
        """Answer with the first VoiceXML document of every call; it has no data."""
        if gateway not in settings.phone_gateways:
            raise ProblemError("resourceNotFound", "No gateway has this name")
        return Response(voice.START, media_type="application/voicexml+xml")

    @routes.post(f"{PATH}/voice")
    async def answer_turn(gateway: str, request: Request) -> Response:
        known = await entrance.admit(request, gateway)
        form = VOICE_FORMS.get(known.form)
        if form is None:
            raise ProblemError("notImplemented", "This form of gateway has no voice")
        turn = voice.read(form, await request.body())
        if turn is None:
            raise ProblemError("badRequest", "The request has no call and no caller")
        media_type, body = form.write(turn, await calls.answer(gateway, turn, time.time()))
        return Response(body, media_type=media_type)
