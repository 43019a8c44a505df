"""The commands that clients send over the queue: reading of CloudEvents, and replies."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from shared.envelope import cloud_event
from shared.messages import Channel, Delivery, derived_id
from shared.problems import invalid, no_json, problem
from shared.runtime import metrics
from shared.runtime.incoming import Incoming
from shared.runtime.json_items import TooManyItemsError, after_space, items
from shared.runtime.logs import log
from shared.runtime.step import Decoded, Item
from shared.runtime.structure import StructureError, check
from shared.topology import BATCH_BYTES, BATCH_COMMANDS, MAX_MESSAGE_BYTES, reply_queue

D = TypeVar("D", bound=BaseModel)  #: the type of the data of the command

_ID: Final = re.compile(r"[^\x00-\x1f\ud800-\udfff]{1,255}")
_YEAR_3000: Final = 32_503_680_000_000  #: milliseconds
_BEGINNING: Final = 4096  #: bytes that are kept of a message that is too large, to distinguish it from others
_LOOK: Final = 64  #: first bytes of a message, in which the opening bracket of a batch is looked for
Attribute = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]


class _Addressable(BaseModel):
    """The attributes of an unreadable command that the problem reply needs."""

    model_config = ConfigDict(extra="ignore")

    id: Attribute
    source: Attribute = "unknown"


@dataclass(frozen=True, slots=True)
class Command(Generic[D]):
    """The command of a client. If it cannot be read, `data` is None and `problem` says why."""

    client_id: str
    message_id: str  #: the CloudEvents id, or a replacement that is equal for equal bodies
    message_source: str
    channel: Channel
    body_sha256: bytes
    data: D | None
    problem: dict[str, Any] | None
    stamp: datetime | None  #: the time stamp of the broker, if it sets one
    waited: bool  #: whether it waited in the queue because of an outage of this system
    came: float | None  #: `time.monotonic()` when it left the queue; None: it was in no queue
    since: float | None = None  #: `time.monotonic()` before it came into a queue that was behind; else None
    party: str | None = None  #: the party with ids that it must differ from; None: the client
    #: `time.monotonic()` when it was read; over REST when its request arrived
    read_at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """The key by which a repeated command is found: its party, and the id that the party gave it."""
        return self.party or self.client_id, self.message_id

    @property
    def arrived_at(self) -> float:
        """Return `time.monotonic()` when it arrived at this service, or came into a queue that was behind."""
        if self.came is None:
            return self.read_at
        return self.came if self.since is None else self.since


class Commands(Generic[D]):
    """A reader of the commands of one type: CloudEvents 1.0 in structured JSON, with Belgif attributes."""

    def __init__(self, type_: str, model: type[D], most: int = BATCH_COMMANDS) -> None:
        self._most = most  #: commands in one message
        self.event: Final[Any] = create_model(
            "CommandEvent",
            __config__=ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True),
            specversion=Annotated[str, Field(pattern=r"^1\.\d+$")],
            id=Attribute,
            source=Attribute,
            type=Annotated[str, Field(pattern=f"^{re.escape(type_)}$")],
            data=model,
        )

    def read(self, incoming: Incoming) -> Iterator[Decoded[Command[D]]]:
        """Yield the commands in a message of a sender that the broker has verified.

        A JSON array is a batch of commands. Each command has its own id and its own reply, and repeats are
        found for each command. So an unreadable command does not affect the other commands.
        """
        assert incoming.user_id, "messages without a sender are moved"
        if incoming.cut:
            yield self._item(incoming, incoming.user_id, incoming.body, _too_large(incoming.body))
            return
        try:
            bodies = _bodies(incoming.body, self._most)
        except _BatchError as error:
            yield self._item(incoming, incoming.user_id, incoming.body, error.problem)
            return
        for body in bodies:
            yield self._item(incoming, incoming.user_id, body)

    def _item(
        self, incoming: Incoming, client_id: str, body: bytes, trouble: dict[str, Any] | None = None
    ) -> Item[Command[D]]:
        """Return one command. `trouble` is a problem that was found before the command is read, or None."""
        try:
            command = self._command(incoming, client_id, body, trouble)
        except Exception as error:  # gets a reply: no message of a sender is parked (decision D4)
            log.error("unforeseen_message", queue=incoming.queue, error=error)
            command = _unforeseen(incoming, client_id, body)
        return Item(derived_id("command", command.client_id, command.message_id), command, body)

    def _command(
        self, incoming: Incoming, client_id: str, body: bytes, trouble: dict[str, Any] | None
    ) -> Command[D]:
        data = None
        message_id, source = _fallback_id(incoming, body), "unknown"
        if trouble is None and len(body) > MAX_MESSAGE_BYTES:
            trouble = _too_large(body)
        if trouble is None:
            try:
                check(body)
                event: Any = self.event.model_validate_json(body)
                data, message_id, source = event.data, event.id, event.source
            except StructureError as error:
                trouble = problem("badRequest", str(error))
            except ValidationError as error:
                trouble = invalid(error)
            if trouble is not None:
                message_id, source = _addressee(body, message_id)
        if trouble is not None:
            metrics.UNREADABLE.labels("tooLarge" if trouble["status"] == 413 else "invalid").inc()
        return Command(
            client_id, message_id, source, Channel.QUEUE, hashlib.sha256(body).digest(),
            data, trouble, _stamp(incoming.stamp), incoming.waited, incoming.came, incoming.since,
        )  # fmt: skip


def needed(body: bytes) -> bytes:
    """Return the body of a message. If it is too large, return only the part that the reply needs."""
    return body if len(body) <= _limit(body) else body[:_BEGINNING]


def _limit(body: bytes) -> int:
    return BATCH_BYTES if _is_batch(body) else MAX_MESSAGE_BYTES


def _too_large(body: bytes) -> dict[str, Any]:
    """Return the problem of a message or batch that is too large, with the limit that applies to it."""
    kind = "batch" if _is_batch(body) else "message"
    return problem("payloadTooLarge", f"The {kind} is too large", limit=_limit(body))


def _is_batch(body: bytes) -> bool:
    return body[:_LOOK].lstrip(b" \t\n\r").startswith(b"[")


class _BatchError(ValueError):
    """The error for a batch that cannot be divided into commands. No command of the batch is received."""

    def __init__(self, problem_: dict[str, Any]) -> None:
        super().__init__("no batch of commands")
        self.problem = problem_


def _bodies(body: bytes, most: int) -> list[bytes]:
    """Return the body of each command: the whole message, or the bytes of each item of a batch.

    A message that begins with `[` is a batch. Raise _BatchError for a batch that has more than BATCH_BYTES
    bytes or more than `most` commands, is empty, or is not a JSON array in UTF-8.
    """
    if not _is_batch(body):
        return [body]
    if len(body) > BATCH_BYTES:
        raise _BatchError(_too_large(body))
    try:
        text = body.decode()
        bodies, end = items(text, after_space(text, 0), most)
        if after_space(text, end) != len(text):
            raise json.JSONDecodeError("text after the array", text, after_space(text, end))
    except TooManyItemsError:
        detail = f"The batch has more than {most} command{'s' if most > 1 else ''}"
        raise _BatchError(problem("payloadTooLarge", detail, limit=most)) from None
    except json.JSONDecodeError as error:
        raise _BatchError(problem("badRequest", no_json(error.lineno, error.colno))) from None
    except ValueError:
        raise _BatchError(problem("badRequest", "The batch is not UTF-8")) from None
    if not bodies:
        raise _BatchError(problem("badRequest", "The batch is empty"))
    return bodies


def reply(
    id_: UUID, type_: str, client_id: str, relates_to: tuple[str, str], by: str, at: datetime, data: str,
    **attributes: str,
) -> Delivery:  # fmt: skip
    """Return a reply to a command, for the queue of the client.

    Args:
        id_: The id of the reply.
        type_: The CloudEvents type of the reply.
        client_id: The client that gets the reply.
        relates_to: The id and the source of the command.
        by: The source of the reply.
        at: The time of the reply.
        data: The data of the reply, as JSON.
        **attributes: Further CloudEvents attributes.
    """
    message_id, message_source = relates_to
    event = cloud_event(
        id_, type_, by, at, data, relatedto=message_id, relatedtosource=message_source, **attributes
    )
    return Delivery(id_, reply_queue(client_id), type_, event)


def problem_reply(
    command: Command[D], type_: str, by: str, at: datetime, trouble: dict[str, Any]
) -> Delivery:
    """Return the problem reply to a command.

    A repeat with an equal body and an equal message id gets a reply with an equal id.

    Args:
        command: The command to reply to.
        type_: The CloudEvents type of the reply.
        by: The source of the reply.
        at: The time of the reply.
        trouble: The problem document.
    """
    return reply(
        problem_id(command), type_, command.client_id, (command.message_id, command.message_source), by, at,
        json.dumps(trouble), content_type="application/problem+json",
    )  # fmt: skip


def problem_id(command: Command[D]) -> UUID:
    """Return the id of the problem reply to this body under this message id."""
    return derived_id("problemReply", command.client_id, command.message_id, command.body_sha256.hex())


def _unforeseen(incoming: Incoming, client_id: str, body: bytes) -> Command[Any]:
    digest = hashlib.sha256(body)
    return Command(
        client_id, f"sha256:{digest.hexdigest()}", "unknown", Channel.QUEUE, digest.digest(),
        None, problem("badRequest", "The message cannot be read"), None, incoming.waited, incoming.came,
    )  # fmt: skip


def _stamp(milliseconds: object) -> datetime | None:
    """Return the time stamp of the message, or None. A client can forge it, so it has no legal effect."""
    if isinstance(milliseconds, int) and 0 <= milliseconds < _YEAR_3000:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return None


def _fallback_id(incoming: Incoming, body: bytes) -> str:
    """Return the id of an unreadable command: the AMQP message id if it is usable, else a digest.

    The message id of a batch names no single command, so a command of a batch gets the digest.
    """
    if body is incoming.body and incoming.message_id and _ID.fullmatch(incoming.message_id):
        return incoming.message_id
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _addressee(body: bytes, message_id: str) -> tuple[str, str]:
    try:
        envelope = _Addressable.model_validate_json(body)
    except ValidationError:
        return message_id, "unknown"
    return envelope.id, envelope.source
