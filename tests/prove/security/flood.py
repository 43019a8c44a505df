"""Send hostile bodies to every operation with a JSON body, and over the queue (threat T13)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import cycle, islice
from random import Random
from typing import Any, Final
from uuid import uuid4

from deploy.local.demo.telephone import Telephone
from tests.asgi import Answer
from tests.contracts.openapi import Operation, operations
from tests.foreign.events import CREATE, PROBLEM, until
from tests.foreign.integrator import Integrator
from tests.prove.observe import depths
from tests.prove.security.bodies import hostile
from tests.prove.security.figures import SERVER_ERRORS, Figures
from tests.prove.security.party import FEED, Party, Tokens, agent, institution
from tests.prove.security.samples import body_of, path_of
from tests.prove.security.sending import Sender, spread

#: Statuses of a refused body: it cannot be read, it is too large, or the operation takes few per hour.
REFUSED: Final = frozenset({400, 413, 429})
#: Operations of gateways, which sign each body. They take further properties, which products of gateways add.
_OF_GATEWAYS: Final = "/phones/"
_OF_AGENTS: Final = (
    "/cases", "/identifications", "/institutions", "/omissions", "/periods", "/persons", "/registrations",
)  # fmt: skip
_DECLARE: Final = "createDeclaration"
_BATCH: Final = "createDeclarationBatch"
#: Attacks by a value: a CloudEvent may have any other attribute, so they are tried in its data only.
_OF_VALUES: Final = frozenset({"large number", "no number", "NUL", "unknown property"})
#: Bodies that are on their way over the queue at one time.
_BURST: Final = 500
_ANSWER_SECONDS: Final = 120.0


def flood_apis(sender: Sender, party: Party, count: int, seed: int = 1) -> Figures:
    """Send hostile bodies: one half declarations, the others to all operations in turn."""
    figures, tokens, random = Figures(), Tokens(), Random(seed)
    declare = _declaring()
    others = cycle(each for each in operations() if body_of(each) is not None and each is not declare)
    authority = agent(party.client.endpoints)
    gateway = Telephone(party.client.endpoints.document(), "city")
    known = {**party.known, "gateway": "city"}

    def send(case: tuple[Operation, str, bytes]) -> None:
        operation, attack, body = case
        path, method = path_of(operation, known), operation.method.upper()
        if path.startswith(_OF_GATEWAYS):
            headers: Mapping[str, str] = gateway.signed(attack, body)
        elif operation.contract == FEED:
            headers = institution(party.client.endpoints)
        else:
            headers = tokens.of(
                authority if path.startswith(_OF_AGENTS) else party.callers(operation.service)[0]
            )
        judge(figures, operation, attack, sender.ask(operation.service, method, path, headers, body))

    cases = (
        (operation, *hostile(body_of(operation), random))
        for operation in (declare if n % 2 else next(others) for n in range(count))
    )
    spread(send, cases)
    return figures


def judge(figures: Figures, operation: Operation, attack: str, answer: Answer) -> None:
    """Note the answer to a hostile body; only a problem of REFUSED is right, or an SMS of a gateway."""
    figures.add(str(answer.status))
    kind = answer.headers.get("content-type", "")
    right = answer.status in REFUSED and kind == "application/problem+json"
    right |= operation.path.startswith(_OF_GATEWAYS) and answer.status == 200
    if not (right or (operation.document["operationId"] == _BATCH and _refuses_an_item(answer))):
        where = f"{operation.method} {operation.path}"
        figures.blame(SERVER_ERRORS, f"{where}: {answer.status} for {attack}")


def _refuses_an_item(answer: Answer) -> bool:
    """Return whether a batch was read and one of its declarations has a problem, the others a number."""
    return answer.status == 200 and any("problem" in each for each in answer.json()["items"])


async def flood_queue(document: Mapping[str, Any], client_id: str, count: int, seed: int = 2) -> Figures:
    """Send hostile events to intake; each has to be answered with a problem, and none is parked."""
    figures, random = Figures(), Random(seed)
    declaration = body_of(_declaring())
    before = await _parked(document)
    async with Integrator(document["integrators"][client_id]["amqp_url"], client_id) as client:
        bodies = islice(_events(client, declaration, random), count)
        while burst := list(islice(bodies, _BURST)):
            for id_, _, body in burst:
                await client.send(body, None, message_id=id_)
            await _answered(client, burst, figures)
    for queue in (await _parked(document)).items() - before.items():
        figures.blame(SERVER_ERRORS, f"parked: {queue}")
    return figures


def _declaring() -> Operation:
    return next(each for each in operations() if each.document["operationId"] == _DECLARE)


def _events(client: Integrator, declaration: Any, random: Random) -> Iterable[tuple[str, str, bytes]]:
    """Yield id, attack and body of events; a batch would be answered for each of its items."""
    while True:
        id_ = str(uuid4())
        whole = json.loads(client.body(declaration, id_))
        attack, body = hostile(whole, random)
        if attack in _OF_VALUES or random.random() < 0.5:
            attack, data = hostile(declaration, random)
            body = json.dumps({**whole, "data": "@@"}).encode().replace(b'"@@"', data)
        if not body[:64].lstrip().startswith(b"["):
            yield id_, attack, body


async def _answered(client: Integrator, burst: list[tuple[str, str, bytes]], figures: Figures) -> None:
    """Wait for the answers to events, and note those without a problem as their only answer."""
    with suppress(TimeoutError):  # those without an answer are noted below
        await until(lambda: all(client.answered(id_) for id_, _, _ in burst), _ANSWER_SECONDS, "problems")
    for id_, attack, _ in burst:
        types = [event.type for event in client.answered(id_)]
        problem = types == [PROBLEM]
        figures.add("problem" if problem else "no problem")
        if not problem:
            said = " and ".join(each.removeprefix(CREATE) or "reply" for each in types) or "no answer"
            figures.blame(SERVER_ERRORS, f"queue: {said} for {attack}")


async def _parked(document: Mapping[str, Any]) -> dict[str, int]:
    return {name: count for name, count in (await depths(document)).items() if name.endswith(".parked")}
