"""The permissions of the broker's users: the exchanges, queues and routing keys of each role.

The functions are pure: they have no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from shared.topology import (
    COMMANDED,
    COMMANDS,
    CONSUMING,
    DECLARATIONS,
    EVENTS,
    FACING_CLIENTS,
    FEED_WRITERS,
    MOVED,
    OWN_PREFIX,
    PARKED,
    PUBLIC_IN,
    PUBLIC_WRITERS,
    QUEUES,
    REPLY,
    Deployment,
    institution_queue,
    own_key,
    parking_of,
    reply_queue,
    writable,
)  # fmt: skip

_DEFAULT: Final = "amq.default"  #: the default exchange, as permissions name it


def exactly(*names: str, beginning: str = "") -> str:
    """Return a permission pattern of RabbitMQ that matches only the given names.

    The pattern is anchored with ^ and $, because RabbitMQ also accepts a match inside a name. Without
    arguments it matches only the empty name. The beginning that all names share is written once, because
    RabbitMQ 4.3 refuses a pattern of more than 1024 characters.

    Args:
        *names: The names that match.
        beginning: A text; longer names that begin with it match, too. An empty text adds no names.
    """
    if not names and not beginning:
        return "^$"
    common = _common_beginning(names) if len(names) > 1 and not beginning else ""
    patterns = [re.escape(name[len(common) :]) for name in names]
    if beginning:
        patterns.append(f"{re.escape(beginning)}.+")
    return f"^{re.escape(common)}({'|'.join(patterns)})$"


def _common_beginning(names: Collection[str]) -> str:
    first, last = min(names), max(names)
    length = next((place for place, letter in enumerate(first) if letter != last[place]), len(first))
    return first[:length]


def permissions(
    deployment: Deployment, names: Mapping[str, str], feeds: Mapping[str, str]
) -> Iterable[dict[str, str]]:
    """Yield the permissions of each user per vhost. Only the role `operator` may configure (threat T9).

    Args:
        deployment: The names of the vhosts.
        names: The user of each role.
        feeds: The vhost of each institution.
    """
    for role, user in names.items():
        kind, _, name = role.partition(":")
        match kind:
            case "client":
                rights = [(deployment.public, exactly(PUBLIC_IN), exactly(reply_queue(name)))]
            case "institution":
                rights = [(feeds[name], "^$", exactly(institution_queue(name)))]
            case "job":  # the provisioner empties the queue of an institution without authorization
                rights = [(vhost, "^$", exactly(institution_queue(each))) for each, vhost in feeds.items()]
            case "service":
                rights = _service_rights(deployment, name, feeds)
            case "operator" if name:
                rights = _operator_rights(deployment)
            case _:
                continue
        for vhost, write, read in rights:
            yield {"user": user, "vhost": vhost, "configure": "^$", "write": write, "read": read}
    if operator := names.get("operator"):
        for vhost in (deployment.public, deployment.internal, *feeds.values()):
            yield {"user": operator, "vhost": vhost, "configure": ".*", "write": ".*", "read": ".*"}


def _operator_rights(deployment: Deployment) -> list[tuple[str, str, str]]:
    """Return the rights of an operator: send commands, and read and remove parked messages.

    The default exchange leads into every queue, so only the account `operator` may put messages back there.
    Each row has a vhost, the pattern for writing and the pattern for reading.
    """
    inside = exactly(*map(parking_of, CONSUMING))
    outside = exactly(*map(parking_of, FACING_CLIENTS))
    return [
        (deployment.internal, exactly(COMMANDED), inside),
        (deployment.public, exactly(), outside),
    ]


def _service_rights(
    deployment: Deployment, service: str, feeds: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    receives = service == DECLARATIONS.service

    def own(public: bool) -> str:
        return exactly(
            *(queue.name for queue in QUEUES if queue.service == service and queue.public == public),
            beginning=OWN_PREFIX if public and receives else "",
        )

    rights = [(deployment.internal, exactly(EVENTS, PARKED), own(public=False))]
    if service in PUBLIC_WRITERS:
        to = (REPLY, PARKED, MOVED) if receives else (REPLY, PARKED)
        rights.append((deployment.public, exactly(*to), own(public=True)))
    if service in FEED_WRITERS:
        rights += [(vhost, exactly(_DEFAULT), "^$") for vhost in feeds.values()]
    return rights


def topic_permissions(deployment: Deployment, names: Mapping[str, str]) -> Iterable[dict[str, str]]:
    """Yield the topic permission of each client and each service: the routing keys with which it may publish.

    Args:
        deployment: The names of the vhosts.
        names: The user of each role.
    """
    for role, user in names.items():
        kind, _, name = role.partition(":")
        keys: tuple[str, ...]
        match kind:
            case "client":
                vhost, exchange, keys = deployment.public, PUBLIC_IN, (*COMMANDS, own_key(name))
            case "service":
                vhost, exchange, keys = deployment.internal, EVENTS, writable(name)
            case _:
                continue
        yield {
            "user": user,
            "vhost": vhost,
            "exchange": exchange,
            "write": exactly(*keys),
            "read": "^$",
        }
