"""The API of the notifier: delivery channels and e-Boxes."""

from __future__ import annotations

from starlette.applications import Starlette

from services.notifier.delivery import api as delivery
from services.notifier.delivery.channels.webhook import TrustedNetworks
from services.notifier.ebox import api as ebox
from services.notifier.ebox.api.operations import OPERATIONS
from services.notifier.ebox.store import store_refusal
from services.notifier.settings import WEBHOOKS, NotifierSettings
from shared.runtime.api import Bearer, face
from shared.runtime.authorization import Authorization
from shared.runtime.sealing import Sealer
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier


def app(settings: NotifierSettings, stage: Stage) -> Starlette:
    """Return the API of the notifier."""
    api = face()
    authorization = Authorization(Bearer(Verifier.of(settings)), stage, OPERATIONS, store_refusal)
    trusted = TrustedNetworks(settings.webhook_trusted_networks)
    sealer = Sealer(settings.key_for(WEBHOOKS))
    api.include_router(delivery.router(authorization, trusted, sealer))
    api.include_router(ebox.router(authorization))
    return api
