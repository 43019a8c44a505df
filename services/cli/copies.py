"""Parked messages: their facts, and a view of them without personal data."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.domain.declared import SubmittedDeclaration
from shared.domain.identifiers import parse_ssin
from shared.envelope import Event, declaration_number, read, unpack
from shared.messages import ChangeAdmitted, DeclarationAdmitted, IdentificationEnded, ReceivedDeclaration
from shared.runtime.browse import Found
from shared.runtime.logs import masked
from shared.topology import CREATE_DECLARATION, QUEUES, Queue

#: Events of declarations without a final result. To discard one of these events is to refuse its declaration.
AWAITS_FINAL: Final = (DeclarationAdmitted, ChangeAdmitted, IdentificationEnded)
_SUBMITTED: Final[TypeAdapter[Any]] = TypeAdapter(SubmittedDeclaration)
_HIDDEN: Final = "(hidden)"
#: Properties with personal data, wherever they stand in an event.
_PERSONAL: Final = frozenset({"worker", "ssin", "constructionControlCards"})
_UNREADABLE: Final = "unreadable"
_DIGITS: Final = re.compile(rb"(?<!\d)\d{11}(?!\d)")


@dataclass(frozen=True, slots=True)
class Copy:
    """One parked message. After a crash during parking, the queue may have it twice; `found` has both."""

    id: str
    public: bool  #: whether an integrator sent it; then only its `user_id` can be trusted
    found: Sequence[Found]
    events: Sequence[Event]  #: of its carrier; empty if it is no carrier, or of an integrator

    @property
    def parking(self) -> str:
        """Return the queue that the copy lies in."""
        return self.found[0].queue

    @property
    def body(self) -> bytes:
        """Return the message, byte for byte."""
        return self.found[0].body

    @property
    def _note(self) -> Mapping[str, Any]:
        """Return the headers about the parking, as the service that parked the message wrote them.

        If the broker parked the message, because of its delivery limit, return headers made from its header
        `x-death`. The headers of the sender are still in this message, but they are not used, because a
        sender could forge them.
        """
        headers = self.found[0].headers
        if "x-death" not in headers:
            return headers
        deaths = headers["x-death"]
        death = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
        return {
            "reason": "delivery limit of the broker",
            "queue": death.get("queue"),
            "parked-at": death.get("time"),
            "sender": self.found[0].user_id,
        }

    @property
    def origin(self) -> Queue | None:
        """Return the queue that the message came from; None if it is not known or no longer exists."""
        name = _text(self._note.get("queue"))
        return next((queue for queue in QUEUES if (queue.name, queue.public) == (name, self.public)), None)

    @property
    def reason(self) -> str:
        """Return the reason of the parking."""
        return _text(self._note.get("reason")) or "not known"

    @property
    def sender(self) -> str:
        """Return the client or operator that the broker verified; empty for a message of a service."""
        return _text(self._note.get("sender"))

    @property
    def parked_at(self) -> datetime | None:
        """Return the instant of the parking, or None if it is not known."""
        said = self._note.get("parked-at")
        try:
            return said if isinstance(said, datetime) else datetime.fromisoformat(_text(said))
        except ValueError:
            return None

    @property
    def types(self) -> list[str]:
        """Return the CloudEvents types in the message."""
        if self.events:
            return list(dict.fromkeys(event.type for event in self.events))
        return [CREATE_DECLARATION] if _is_declaration(_document(self.body)) else [_UNREADABLE]

    @property
    def numbers(self) -> list[int]:
        """Return the Dimona numbers of the declarations in the message."""
        found = (declaration_number(event.document.get("data")) for event in self.events)
        return list(dict.fromkeys(number for number in found if number is not None))

    @property
    def ssins(self) -> list[str]:
        """Return the NISS anywhere in the message."""
        found = (parse_ssin(digits.decode()) for digits in _DIGITS.findall(self.body))
        return list(dict.fromkeys(ssin for ssin in found if ssin is not None))

    @property
    def awaiting(self) -> ReceivedDeclaration | None:
        """Return the declaration that gets no final result while this message is parked.

        Return None if no declaration waits for this message, or if the message cannot be read.
        """
        if len(self.events) != 1:
            return None
        try:
            message = read(self.events[0])
        except ValueError:
            return None
        return message.declaration if isinstance(message, AWAITS_FINAL) else None

    def summary(self) -> dict[str, Any]:
        """Return the copy as a row of `dimona parked list`."""
        return {
            "id": self.id,
            "parking": self.parking,
            "types": self.types,
            "origin": self.origin.name if self.origin else None,
            "reason": self.reason,
            "parkedAt": self.parked_at.isoformat() if self.parked_at else None,
            "declarations": self.numbers,
            "events": max(len(self.events), 1),
            "copies": len(self.found),
            "discardable": self.awaiting is not None,
        }

    def shown(self, *, personal: bool) -> dict[str, Any]:
        """Return the summary and the message. Without `personal`, personal data in the message are hidden."""
        summary = self.summary() | ({"sender": self.sender} if self.sender else {})
        if personal:
            return summary | {"message": _document(self.body) or self.body.decode(errors="replace")}
        if self.events:
            return summary | {"message": {"messages": [_hidden_event(event) for event in self.events]}}
        document = _document(self.body)
        return summary | {"message": _hidden(document) if _is_declaration(document) else _HIDDEN}


def copies(found: Iterable[Found], *, public: bool) -> list[Copy]:
    """Return the parked messages of one vhost, each message once, in order of parking.

    `found` is the content of its parking queues; `public` says whether it is the vhost of integrators.
    """
    together: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        id_ = one.message_id or f"sha256-{hashlib.sha256(one.body).hexdigest()[:32]}"
        together.setdefault((one.queue, id_), []).append(one)
    return [
        Copy(id_, public, same, () if public else _events(same[0].body))
        for (_, id_), same in together.items()
    ]


def _events(body: bytes) -> Sequence[Event]:
    try:
        return unpack(body)
    except ValueError:
        return ()


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _is_declaration(document: Any) -> bool:
    """Return whether a document is a readable declaration of an integrator.

    Only in a readable declaration it is known which fields have personal data.
    """
    if not isinstance(document, dict) or document.get("type") != CREATE_DECLARATION:
        return False
    try:
        _SUBMITTED.validate_python(document.get("data"))
    except ValidationError:
        return False
    return True


def _hidden_event(event: Event) -> Any:
    """Return an event without personal data. For an unreadable event return the paths of its errors only."""
    try:
        message: BaseModel = read(event)
    except ValidationError as error:
        places = [".".join(map(str, found["loc"])) + ": " + found["type"] for found in error.errors()]
        return _hidden({**event.document, "data": _HIDDEN}) | {
            "unreadable": [masked(text) for text in places]
        }
    except ValueError as error:
        return _hidden({**event.document, "data": _HIDDEN}) | {"unreadable": [str(error)]}
    data = message.model_dump(mode="json", by_alias=True, exclude_none=True)
    return _hidden({**event.document, "data": data})


def _hidden(value: Any) -> Any:
    """Return a value without personal data; every text that looks like a NISS is masked."""
    if isinstance(value, dict):
        return {key: _HIDDEN if key in _PERSONAL else _hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    return (
        value.decode(errors="replace")
        if isinstance(value, bytes)
        else value
        if isinstance(value, str)
        else ""
    )
