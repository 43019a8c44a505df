"""`dimona send`, `dimona tail` and `dimona query`: declare, read the reply queue, and search."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import uuid4

import typer

from services.cli.integrators import queue
from services.cli.integrators.client import Answer, Client, ClientOption, ask, bearer, load_client
from shared.runtime.operator import ENDPOINTS, EndpointsOption, SecretsOption

FileArgument = Annotated[
    typer.FileText, typer.Argument(help="JSON: a declaration or a list of them; `-` reads standard input.")
]
WaitOption = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the results.")]
_FINAL: Final = ("A", "W", "B")
_POLL_SECONDS: Final = 1.0


class Channel(StrEnum):
    """The ways to declare."""

    QUEUE = "queue"
    REST = "rest"


class Subject(StrEnum):
    """The kinds of objects that `dimona query` searches over REST."""

    DECLARATIONS = "declarations"
    PERIODS = "periods"
    RELATIONS = "relations"


def send(
    file: FileArgument,
    by: Annotated[Channel, typer.Option("--by", help="The channel.")] = Channel.QUEUE,
    id_: Annotated[
        str, typer.Option("--id", help="Id of one declaration: a repeat with it has no second effect.")
    ] = "",
    wait: WaitOption = 30,
    client: ClientOption = "",
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Declare, and print the answers as JSON Lines.

    The exit code is 1 unless every declaration gets its final result in time.
    """
    declarations = _read(file)
    if id_ and len(declarations) > 1:
        raise typer.BadParameter("an id is for one declaration")
    sent = {id_ or str(uuid4()): declaration for declaration in declarations}
    settings = load_client(endpoints, secrets_dir, client)
    if by is Channel.QUEUE:
        done = asyncio.run(_by_queue(settings, sent, wait))
    else:
        finals = [_by_rest(settings, each, declaration, wait) for each, declaration in sent.items()]
        done = all(finals)
    raise typer.Exit(not done)


def tail(
    take: Annotated[bool, typer.Option("--take", help="Remove the messages that are printed.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,
    client: ClientOption = "",
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Print answers and notifications of the reply queue as JSON Lines.

    Without --take they stay in the queue.
    """
    settings, seen = load_client(endpoints, secrets_dir, client), set[str]()
    while True:
        for event in asyncio.run(queue.read(settings, take=take)):
            if event["id"] not in seen:
                seen.add(event["id"])
                _print(event)
        if not follow:
            return
        time.sleep(_POLL_SECONDS)


def query(
    subject: Annotated[Subject, typer.Argument(help="What to search.")],
    file: Annotated[typer.FileText, typer.Argument(help="JSON: the criteria; `-` reads standard input.")],
    most: Annotated[int, typer.Option("--most", min=1, help="Stop after so many items.")] = 1000,
    client: ClientOption = "",
    endpoints: EndpointsOption = ENDPOINTS,
    secrets_dir: SecretsOption = None,
) -> None:
    """Search over REST, and print the items of all pages as JSON Lines."""
    settings, criteria = load_client(endpoints, secrets_dir, client), file.read().encode()
    headers = {**bearer(settings), "Content-Type": "application/json"}
    address: str | None = f"{settings.need('rest_url')}/{subject}/search?pageSize={min(most, 100)}"
    left = most
    while address and left:
        answer = ask(address, "POST", criteria, headers)
        if answer.status != 200:
            _print(answer.body)
            raise typer.Exit(1)
        for item in answer.body["items"][:left]:
            _print(item)
            left -= 1
        address = answer.body.get("next")


def _read(file: typer.FileText) -> Sequence[Any]:
    try:
        document = json.load(file)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}") from None
    return document if isinstance(document, list) else [document]


async def _by_queue(client: Client, sent: dict[str, Any], wait: float) -> bool:
    """Publish declarations and print their answers. Return whether each has a final result in time."""
    await queue.publish_all(client, [queue.event_of(client, *each) for each in sent.items()])
    final = set()
    async for event in queue.answers(client, sent.keys(), wait):
        _print(event)
        if event["type"].endswith(queue.FINAL):
            final.add(event["relatedto"])
    return final == sent.keys()


def _by_rest(client: Client, key: str, declaration: Any, wait: float) -> bool:
    """Post a declaration and print its final result. Return whether the result came in time."""
    rest, headers = client.need("rest_url"), bearer(client)
    posting = {**headers, "Content-Type": "application/json", "Idempotency-Key": f'"{key}"'}
    answer = ask(f"{rest}/declarations", "POST", json.dumps(declaration).encode(), posting)
    if answer.status != 201:
        _print(answer.body)
        return False
    location = answer.headers["location"]
    print(location, file=sys.stderr)
    end = time.monotonic() + wait
    while True:
        result = ask(location, headers=headers)
        if _is_final(result):
            _print(result.body)
            return True
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)


def _is_final(answer: Answer) -> bool:
    return answer.status == 200 and answer.body["declarationStatus"]["result"] in _FINAL


def _print(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False), flush=True)
