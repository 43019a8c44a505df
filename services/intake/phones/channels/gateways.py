"""The HTTP interfaces of SMS gateways: three common forms, as a table (docs/phones.md).

Each form says how a gateway proves that a request comes from it, where the fields of an SMS are, how the
answer is written, and how an SMS is sent through it later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

_TOLERANCE: Final = 300  #: seconds by which the time stamp of a signature may differ
_SECONDS_DIGITS: Final = 12  #: of a time stamp, at most
_PREFIX: Final = "whsec_"
_FORM: Final = "application/x-www-form-urlencoded"
ID_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a gateway as it arrived."""

    url: str  #: the public address that the gateway has for this route
    headers: Mapping[str, str]  #: names in lower case
    body: bytes
    now: float  #: seconds since 1970


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user name and the secret that this system shares with a gateway."""

    account: str
    secret: str


@dataclass(frozen=True, slots=True)
class Sms:
    """An SMS that arrived: the gateway's id of it, the number of the sender, and the text."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An SMS that goes out. A gateway that gets one id twice sends the SMS once."""

    id: str
    to: str
    text: str
    sender: str = ""  #: the number that it comes from, for gateways that ask for it


@dataclass(frozen=True, slots=True)
class Form:
    """The interface of a kind of gateways."""

    proves: Callable[[Credentials, Call], bool]
    fields: Callable[[bytes], Mapping[str, Any]]  #: raises ValueError for an unreadable body
    names: tuple[str, str, str]  #: of the fields id, sender and text
    answer: Callable[[str], tuple[str, str]]  #: media type and body of the answer with a text
    request: Callable[[Credentials, Outgoing, int], tuple[dict[str, str], bytes]]  #: headers and body


def read(form: Form, body: bytes) -> Sms | None:
    """Return the SMS in the body of a request; None for a body that has none."""
    try:
        fields = form.fields(body)
        id_, sender, text = (fields[name] for name in form.names)
    except (ValueError, KeyError, TypeError):
        return None
    if not all(isinstance(value, str) for value in (id_, sender, text)) or "\0" in text:
        return None
    return Sms(id_, sender, text) if 0 < len(id_) <= ID_CHARACTERS and id_.isprintable() else None


def form_fields(body: bytes) -> dict[str, str]:
    """Return the fields of an HTML form. Raise ValueError for a body that is no form."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=100))


# -- a form with an HMAC-SHA1 over the address and the sorted fields, as Twilio signs


def _url_signed(credentials: Credentials, call: Call) -> bool:
    try:
        fields = parse_qsl(call.body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return False
    signed = call.url + "".join(f"{name}{value}" for name, value in sorted(fields))
    expected = base64.b64encode(hmac.digest(credentials.secret.encode(), signed.encode(), "sha1"))
    return hmac.compare_digest(expected, call.headers.get("x-twilio-signature", "").encode())


def _markup(text: str) -> tuple[str, str]:
    return "application/xml", (
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(text)}</Message></Response>'
    )


def _capitalized_form(credentials: Credentials, sms: Outgoing, _: int) -> tuple[dict[str, str], bytes]:
    fields = {"From": sms.sender, "To": sms.to, "Body": sms.text}
    return _headers(credentials, sms, _FORM), urlencode(fields).encode()


# -- JSON with an HMAC-SHA256 over id, time stamp and body, as Standard Webhooks has it


def _body_signed(credentials: Credentials, call: Call) -> bool:
    id_, at = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdigit() and len(at) <= _SECONDS_DIGITS):
        return False
    if abs(call.now - int(at)) > _TOLERANCE:
        return False
    expected = signature(credentials.secret, id_, int(at), call.body).encode()
    given = call.headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, each.encode()) for each in given)


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    """Return the signature of a body, as `v1,<base64>`; the key is the base64 part of `whsec_<base64>`."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return f"v1,{base64.b64encode(hmac.digest(key, f'{id_}.{at}.'.encode() + body, hashlib.sha256)).decode()}"


def _document(body: bytes) -> dict[str, Any]:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("an object is expected")
    return document


def _json_text(text: str) -> tuple[str, str]:
    return "application/json", json.dumps({"text": text}, ensure_ascii=False)


def _json(credentials: Credentials, sms: Outgoing, at: int) -> tuple[dict[str, str], bytes]:
    body = json.dumps({"id": sms.id, "to": sms.to, "text": sms.text}).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": sms.id,
        "webhook-id": sms.id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(credentials.secret, sms.id, at, body),
    }
    return headers, body


# -- a form with a user name and a password (RFC 7617), as smaller gateways have it


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.account}:{credentials.secret}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _password(credentials: Credentials, call: Call) -> bool:
    given = call.headers.get("authorization", "")
    return hmac.compare_digest(_basic(credentials).encode(), given.encode())


def _plain(text: str) -> tuple[str, str]:
    return "text/plain", text


def _small_form(credentials: Credentials, sms: Outgoing, _: int) -> tuple[dict[str, str], bytes]:
    fields = {"id": sms.id, "to": sms.to, "text": sms.text}
    return _headers(credentials, sms, _FORM), urlencode(fields).encode()


def _headers(credentials: Credentials, sms: Outgoing, media_type: str) -> dict[str, str]:
    return {
        "Content-Type": f"{media_type}; charset=utf-8",
        "Authorization": _basic(credentials),
        "Idempotency-Key": sms.id,
    }


FORMS: Final[Mapping[str, Form]] = {
    "urlSigned": Form(_url_signed, form_fields, ("MessageSid", "From", "Body"), _markup, _capitalized_form),
    "bodySigned": Form(_body_signed, _document, ("id", "from", "text"), _json_text, _json),
    "password": Form(_password, form_fields, ("id", "from", "text"), _plain, _small_form),
}
