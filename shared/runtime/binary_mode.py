"""Binary mode of CloudEvents over AMQP: the attributes in headers, the data alone in the body.

A message in binary mode is converted to the equal event in structured mode when it arrives, so that every
later step reads only one form. Header names begin with `cloudEvents:` or `cloudEvents_`, as in the AMQP 1.0
binding of CloudEvents 1.0.2, or with `ce-`, as libraries for AMQP 0-9-1 write them. A content type that
begins with `application/cloudevents` means structured mode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json

from shared.topology import MAX_MESSAGE_BYTES

_PREFIXES: Final = ("cloudEvents:", "cloudEvents_", "ce-")
#: A message with more headers is read in structured mode: a limit, as this runs before the sender's turn.
_MOST_HEADERS: Final = 64
_STRUCTURED: Final = "application/cloudevents"
#: Attributes that the body or its content type gives.
_OF_THE_BODY: Final = frozenset({"data", "data_base64", "datacontenttype"})


def attributes_of(headers: Mapping[str, Any], content_type: str | None) -> dict[str, str]:
    """Return the attributes of an event in binary mode by name, or {} for a message in structured mode.

    Headers with different prefixes are not mixed: only headers with the first prefix found are read.
    """
    if len(headers) > _MOST_HEADERS or (content_type or "").lower().startswith(_STRUCTURED):
        return {}
    for prefix in _PREFIXES:
        if any(name.startswith(prefix) for name in headers):
            return _with_prefix(headers, prefix)
    return {}


def _with_prefix(headers: Mapping[str, Any], prefix: str) -> dict[str, str]:
    found = {
        name.removeprefix(prefix): value
        for name, value in headers.items()
        if name.startswith(prefix) and isinstance(value, str)
    }
    return {name: found[name] for name in sorted(found.keys() - _OF_THE_BODY)}


def structured(body: bytes, attributes: Mapping[str, str]) -> bytes:
    """Return an event, given as the body and attributes of binary mode, in structured mode.

    Return the body unchanged if there are no attributes, or if the body is too large or not JSON.
    """
    if not attributes or len(body) > MAX_MESSAGE_BYTES:
        return body
    try:
        from_json(body)
    except ValueError:
        return body
    return b'%s, "data": %s}' % (json.dumps(attributes).encode()[:-1], body)
