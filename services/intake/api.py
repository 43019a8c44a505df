"""The REST API of intake: `/REST/dimona/v2/declarations`, as in Dimona REST v2."""

from __future__ import annotations

from functools import partial

from starlette.applications import Starlette

from services.intake import documentation, relay, unserved
from services.intake.consultation import api as consultation
from services.intake.dialogue import api as dialogue
from services.intake.dialogue.store import find_answered
from services.intake.phones import api as phones
from services.intake.reception import api as reception
from services.intake.reception.api import Receive
from services.intake.reference import api as reference
from services.intake.settings import IntakeSettings
from shared.runtime.api import Bearer
from shared.runtime.guard import face, guarded_routes
from shared.runtime.request_queue import RequestQueue
from shared.runtime.stage import Stage
from shared.runtime.tokens import Verifier
from shared.runtime.waiting import Waiting
from shared.topology import BATCH_BYTES, MAX_MESSAGE_BYTES


def app(settings: IntakeSettings, receive: Receive, stage: Stage) -> Starlette:
    """Return the REST API of intake. It calls `receive` to store the commands of a request."""
    queue = RequestQueue(settings.organization_rate, settings.organization_burst)
    api = face(queue, MAX_MESSAGE_BYTES)
    bearer, routes = Bearer(Verifier.of(settings)), guarded_routes()
    waiting = Waiting(lambda numbers: find_answered(stage.pool, numbers))
    declaring = reception.Declaring(settings, receive, stage, queue, waiting)
    # A request that waits for its result must not hold a slot meanwhile.
    declarations = guarded_routes(queued=False, bounded=False)
    reception.add_routes(declarations, declaring, bearer)
    batches = guarded_routes(most_bytes=BATCH_BYTES, bounded=False)
    reception.add_batches(batches, declaring, bearer)
    dialogue.add_routes(routes, settings, stage, bearer)
    consultation.add_routes(routes, settings, stage, bearer)
    unserved.add_routes(routes, bearer)
    phones.add_routes(routes, settings, stage, receive)
    relayed = guarded_routes(own_queue=RequestQueue(limits=relay.LIMITS))
    relay.add_routes(relayed, settings, bearer)
    # Tables of the code and pages need no database, and must not take a slot from a declaration.
    public = guarded_routes(own_queue=RequestQueue())
    reference.add_routes(public, settings)
    documentation.add_routes(public, settings.documentation)
    for each in (batches, declarations, routes, relayed, public):
        api.include_router(each)
    api.router.lifespan_context = partial(relay.connected, settings=settings)
    return api
