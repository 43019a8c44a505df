"""Contact as a service: what can be contested, contestations, and when data become final."""

from __future__ import annotations

from functools import partial
from typing import Final

from services.contact.api import app
from services.contact.contestation.channels import COMMANDS
from services.contact.contestation.handler import contest, finish, keep
from services.contact.settings import ContactSettings
from shared.runtime.service import Service
from shared.runtime.step import Step, Timer
from shared.topology import CONTESTATIONS, NOTIFIED

_FINISH_SECONDS: Final = 1.0


def service(settings: ContactSettings) -> Service:
    """Contact as a service."""
    return Service(
        "contact",
        steps=(
            Step("notifications", (NOTIFIED,), keep),
            Step("contestations", (CONTESTATIONS,), contest, decode=COMMANDS.read, inbox=False),
        ),
        timers=(Timer("finish", _FINISH_SECONDS, finish),),
        api=partial(app, settings),
    )
