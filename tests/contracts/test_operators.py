"""The rights of the account of one operator at the broker (decision D35)."""

from __future__ import annotations

import re
from typing import Any, Final

from shared.definitions import Account, definitions
from shared.topology import COMMANDED, Deployment

DEPLOYMENT: Final = Deployment()
ACCOUNTS: Final = {"operator:alice": Account("alice", "secret"), "operator": Account("operator", "secret")}
WHOLE: Final[dict[str, Any]] = definitions(DEPLOYMENT, ACCOUNTS, ("a",), ("onem",), b"salt")


def test_an_operator_sends_commands_and_reads_parked_messages_only() -> None:
    """In both vhosts, and in none of an institution. No exchange leads into a queue of its choice."""
    rights = {row["vhost"]: row for row in WHOLE["permissions"] if row["user"] == "alice"}
    assert {row["configure"] for row in rights.values()} == {"^$"}
    for vhost, writes in (
        (DEPLOYMENT.public, set[str]()),
        (DEPLOYMENT.internal, {COMMANDED}),
    ):
        names = {row["name"] for row in (*WHOLE["queues"], *WHOLE["exchanges"]) if row["vhost"] == vhost}
        parking = {name for name in names if name.endswith(".parked")} - {"dimona.parked"}
        assert parking
        assert allowed(rights[vhost]["write"], names | {"amq.default"}) == writes
        assert allowed(rights[vhost]["read"], names) == parking
    assert len(rights) == 2


def allowed(pattern: str, names: set[str]) -> set[str]:
    """Return the names that RabbitMQ allows for a pattern."""
    return {name for name in names if re.search(pattern, name)}
