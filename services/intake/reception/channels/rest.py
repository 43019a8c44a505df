"""The REST channel: a body of `POST /declarations` becomes a command to receive a declaration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Final
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from shared.domain.declared import Declaration, SubmittedDeclaration
from shared.messages import Channel
from shared.problems import invalid, issue, no_json
from shared.problems import problem as problem_of
from shared.runtime import metrics
from shared.runtime.api import ProblemError
from shared.runtime.commands import Command
from shared.runtime.json_items import TooManyItemsError, after_space, items
from shared.runtime.structure import StructureError, check
from shared.topology import MAX_MESSAGE_BYTES

#: A REST request has no message id and no source: each request is a command of its own (client Q28), unless
#: it has an Idempotency-Key.
SOURCE: Final = "urn:dimona:rest"
BATCH_DECLARATIONS: Final = 500
_KEYED: Final = f"{SOURCE}#"
_BODY: Final[TypeAdapter[Declaration]] = TypeAdapter(SubmittedDeclaration)
#: A structured field text (RFC 8941), as the draft of the header has it, or the bare text.
_KEY: Final = re.compile(r'"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,200}"|[\x21\x23-\x7e]{1,200}')
_BATCH: Final = re.compile(r'[ \t\n\r]*\{[ \t\n\r]*"items"[ \t\n\r]*:[ \t\n\r]*')


def key_of(header: str | None) -> str | None:
    """Return the Idempotency-Key in a header; None without header. Raise ProblemError (400) for a bad key."""
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        detail = "Give a text of 1 to 200 visible ASCII characters, such as a UUID"
        raise ProblemError(
            "badRequest",
            "The input message is incorrect",
            issues=[issue("invalid_input", (), "header", detail) | {"name": "Idempotency-Key"}],
        )
    return header.strip('"')


def is_keyed(command: Command[Declaration]) -> bool:
    """Return whether a command has an Idempotency-Key, so that it can be repeated."""
    return command.message_id.startswith(_KEYED)


def read(
    client_id: str,
    body: bytes,
    key: str | None = None,
    *,
    channel: Channel = Channel.REST,
    party: str | None = None,
) -> Command[Declaration]:
    """Return the command in the body of a request.

    If the body is too large or cannot be read, the command has a problem and no declaration (decision D4).

    Args:
        client_id: The technical client.
        body: The body of the request.
        key: The Idempotency-Key; None without one.
        channel: The channel of the declaration.
        party: The party under which a repeat is found; None: the client.
    """
    declaration, problem = None, None
    try:
        if len(body) > MAX_MESSAGE_BYTES:  # in a batch; a single one is refused before it is read
            problem = problem_of("payloadTooLarge", "The declaration is too large", limit=MAX_MESSAGE_BYTES)
        else:
            check(body)
            declaration = _BODY.validate_json(body)
    except StructureError as error:
        problem = problem_of("badRequest", str(error))
    except ValidationError as error:
        problem = invalid(error)
    if problem is not None:
        metrics.UNREADABLE.labels("tooLarge" if problem["status"] == 413 else "invalid").inc()
    message_id = str(uuid4()) if key is None else f"{_KEYED}{key}"
    return Command(
        client_id, message_id, SOURCE, channel, hashlib.sha256(body).digest(),
        declaration, problem, None, False, None, party=party,
    )  # fmt: skip


def read_batch(
    client_id: str,
    bodies: list[bytes],
    key: str | None,
    *,
    channel: Channel = Channel.REST,
    party: str | None = None,
) -> Iterator[Command[Declaration]]:
    """Yield the command of each declaration of a batch.

    The Idempotency-Key of each is the key of the request with the place in the batch, such as `key/0`. If the
    request has no key, the commands have none.
    """
    for place, body in enumerate(bodies):
        of_place = None if key is None else f"{key}/{place}"
        yield read(client_id, body, of_place, channel=channel, party=party)


def bodies_of(body: bytes) -> list[bytes]:
    """Return the bytes of each declaration in the body of a batch, not yet parsed.

    Raise ProblemError: 413 for more than 500 declarations, 400 for an empty batch or a body that is no batch.
    """
    try:
        text = body.decode()
        head = _BATCH.match(text)
        if head is None:
            raise ProblemError("badRequest", 'A batch is an object with one property, the list "items"')
        bodies, end = items(text, head.end(), BATCH_DECLARATIONS)
        end = after_space(text, end)
        if text[end : end + 1] != "}" or after_space(text, end + 1) != len(text):
            raise JSONDecodeError("text after the list", text, end)
    except TooManyItemsError:
        detail = f"The batch has more than {BATCH_DECLARATIONS} declarations"
        raise ProblemError("payloadTooLarge", detail, limit=BATCH_DECLARATIONS) from None
    except JSONDecodeError as error:
        raise ProblemError("badRequest", no_json(error.lineno, error.colno)) from None
    except UnicodeDecodeError:
        raise ProblemError("badRequest", "The batch is not UTF-8") from None
    if not bodies:
        raise ProblemError("badRequest", "The batch is empty")
    return bodies
