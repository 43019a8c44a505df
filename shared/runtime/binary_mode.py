"""Binary mode of CloudEvents over AMQP: the attributes in headers, the data alone in the body.

Such a message becomes the equal event in structured mode when it arrives, so that every later step knows one
form only. Header names begin with `cloudEvents:` or `cloudEvents_`, as the AMQP binding of CloudEvents 1.0.2
has them; a content type that begins with `application/cloudevents` means structured mode.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from shared.topology import MAX_MESSAGE_BYTES

_PREFIXES: Final = ("cloudEvents:", "cloudEvents_")
_LENGTH: Final = 12  #: of each prefix
_STRUCTURED: Final = "application/cloudevents"
#: Attributes that the body or its content type gives.
_OF_THE_BODY: Final = frozenset({"data", "data_base64", "datacontenttype"})


def attributes_of(headers: Mapping[str, Any], content_type: str | None) -> dict[str, str]:
    """Return the attributes of an event in binary mode by name; none for a message in structured mode."""
    if (content_type or "").lower().startswith(_STRUCTURED):
        return {}
    found = {
        name[_LENGTH:]: value
        for name, value in headers.items()
        if name.startswith(_PREFIXES) and isinstance(value, str)
    }
    return {name: found[name] for name in sorted(found.keys() - _OF_THE_BODY)}


def structured(body: bytes, attributes: Mapping[str, str]) -> bytes:
    """Return the event in structured mode. A body that is too large or no JSON stays."""
    if not attributes or len(body) > MAX_MESSAGE_BYTES:
        return body
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return body
    return b'%s, "data": %s}' % (json.dumps(attributes).encode()[:-1], body)
