"""All attacks on a running deployment, in an order in which none spoils the next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from deploy.local.demo.directory import CLIENTS
from deploy.local.deployment import Endpoints
from tests.prove.security import fuzzing, ids, strangers
from tests.prove.security.figures import Figures
from tests.prove.security.flood import flood_apis, flood_queue
from tests.prove.security.party import Tokens, found
from tests.prove.security.resources import Maker, tried
from tests.prove.security.sending import Sender

SERVICES: Final = (
    "access", "contact", "feed", "files", "identification", "intake", "notifier", "personnel_file",
)  # fmt: skip
_SENDER: Final = "nursery"  #: the client that sends events to the queue


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of each attack."""

    declarations: int  #: with their messages, letters and deliveries: more than two ids for each
    bodies: int  #: over REST
    events: int  #: over the queue
    examples: int  #: of requests to each operation


FULL: Final = Sizes(declarations=350, bodies=45_000, events=5_000, examples=200)
SMALL: Final = Sizes(declarations=20, bodies=400, events=100, examples=30)


def attack(endpoints: Endpoints, sizes: Sizes) -> Iterator[tuple[str, Figures]]:
    """Run each attack and yield its name and figures."""
    urls = {service: endpoints.api_url(service) for service in SERVICES}
    victim, other = found(endpoints), found(endpoints)
    with closing(Sender(urls)) as sender:
        made = Maker(sender, victim).make(sizes.declarations)
        yield "strangers", strangers.refuse_all(sender, victim, strangers.strangers(victim, other))
        yield "ids", ids.compare(sender, tried(made, victim, other))
        yield "bodies", flood_apis(sender, victim, sizes.bodies)
    flooding = flood_queue(endpoints.document(), CLIENTS[_SENDER], sizes.events)
    yield "events", asyncio.run(flooding)
    for name, figures in fuzzing.fuzz(urls, victim, Tokens(), sizes.examples):
        yield f"requests from {name}", figures
