"""The HTTP API of the service notifier: delivery channels, samples and e-Boxes."""

from __future__ import annotations

from starlette.applications import Starlette

from services.notifier.delivery import api as delivery
from services.notifier.delivery.api import Webhooks
from services.notifier.delivery.channels.webhook import TrustedNetworks
from services.notifier.ebox.api import marking, paper, reading
from services.notifier.ebox.api.operations import OPERATIONS
from services.notifier.ebox.store.readers import store_refusal
from services.notifier.sample import api as sample
from services.notifier.settings import WEBHOOKS, NotifierSettings
from shared.runtime.api import Bearer
from shared.runtime.authorization import Authorization
from shared.runtime.guard import face
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier


def app(settings: NotifierSettings, stage: Stage) -> Starlette:
    """Return the application with all routes of the service notifier."""
    api = face(RequestQueue())
    api.state.authorization = Authorization(Bearer(Verifier.of(settings)), stage, OPERATIONS, store_refusal)
    api.state.webhooks = Webhooks(
        TrustedNetworks(settings.webhook_trusted_networks), settings.sealer(WEBHOOKS)
    )
    api.state.settings = settings
    for routes in (sample.routes, delivery.routes, reading.routes, marking.routes, paper.routes):
        api.include_router(routes)
    return api
