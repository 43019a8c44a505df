"""The removal of old rows of the inbox, so that it does not grow for ever (decision D10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from shared.runtime.database import Transaction
from shared.runtime.step import Effect, Step, Timer

#: Time for which the inbox finds a repeat (decision D10). A copy comes within seconds, or once the broker or
#: its backup is back.
KEEP: Final = timedelta(days=90)
SECONDS: Final = 10.0
#: Rows of each consumer that one transaction looks at, in the order of the primary key: no further index.
MOST: Final = 1_000

#: Leaves a row that another process removes at this moment to it, and returns the last row that it looked at.
#: The limit is a constant, so that the planner knows that few rows of a large table are meant.
_REMOVE: Final = f"""
WITH looked AS MATERIALIZED (
    SELECT message_id, handled_at FROM inbox
    WHERE consumer = $1 AND message_id > $2 ORDER BY message_id LIMIT {MOST}),
old AS (
    SELECT i.message_id FROM inbox i JOIN looked l USING (message_id)
    WHERE i.consumer = $1 AND l.handled_at < platform.now() - $3::interval FOR UPDATE OF i SKIP LOCKED),
gone AS (DELETE FROM inbox i USING old o WHERE i.consumer = $1 AND i.message_id = o.message_id)
SELECT message_id FROM looked ORDER BY message_id DESC LIMIT 1"""  # noqa: S608 - our own number


class Handled:
    """A walk through the rows of each consumer, round after round.

    It begins at a random row, so that processes that are restarted often look at all rows too.
    """

    def __init__(self, consumers: Iterable[str]) -> None:
        self._places = {consumer: uuid4() for consumer in consumers}

    async def remove(self, tx: Transaction) -> Sequence[Effect]:
        """Remove the old ones among the next rows of each consumer, and return no messages."""
        for consumer, place in self._places.items():
            last = await tx.connection.fetchval(_REMOVE, consumer, place, KEEP)
            self._places[consumer] = last or UUID(int=0)
        return ()


def removing_handled(steps: Sequence[Step[Any]]) -> Sequence[Timer]:
    """Return the timer of a service with an inbox; nothing for a service without one."""
    consumers = [step.name for step in steps if step.inbox]
    return [Timer("inbox", SECONDS, Handled(consumers).remove)] if consumers else []
