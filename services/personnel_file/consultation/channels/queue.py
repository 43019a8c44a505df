"""Searches by queue: the message of a client with the query, and the reply messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import Field

from services.personnel_file.consultation.channels.answer import item
from services.personnel_file.consultation.channels.request import SearchRequest
from services.personnel_file.consultation.rules import Level, Order, Place, Query
from services.personnel_file.consultation.store import Count, Found
from shared.messages import Delivery, derived_id
from shared.runtime import commands
from shared.runtime.commands import Commands, problem_reply
from shared.runtime.inputs import HIGHEST, NOT_NULL
from shared.runtime.searching import Day, Part
from shared.topology import QUERY_PERIODS

REPLY: Final = f"{QUERY_PERIODS}.reply"
PROBLEM: Final = f"{QUERY_PERIODS}.problemReply"
_BY: Final = "personnel_file"


class _After(Part):
    """The place after which a page begins. The reply with the previous page contains it."""

    start_date: Day
    number: Annotated[int, Field(strict=True, ge=0, le=HIGHEST)]


class PeriodsQuery(Part):
    """The data of the message by which a client searches."""

    criteria: SearchRequest
    level: Level = Level.PERIOD
    sort: Order = Order.NUMBER
    page_size: Annotated[int, Field(strict=True, ge=1, le=100)] = 50
    after: Annotated[_After | None, NOT_NULL] = None
    total: bool = False

    def query(self) -> Query:
        """Return the query, without `employerId`.

        The handler reads this number separately, and adds the enterprise number of the employer to the query.
        """
        after = None if self.after is None else Place(self.after.start_date, self.after.number)
        return Query(self.level, self.criteria.criteria(), self.sort, after, self.page_size)


Command = commands.Command[PeriodsQuery]
#: One query for each message: a search takes longer than the reception of a declaration.
COMMANDS: Final = Commands(QUERY_PERIODS, PeriodsQuery, most=1)


def reply(command: Command, at: datetime, found: Found, count: Count | None, base: str) -> Delivery:
    """Return the reply with a page of a search; `base` is the public address of the REST API, for `href`."""
    assert command.data is not None, "a command without data has a problem"
    data: dict[str, Any] = {
        "items": [item(command.data.level, row, base) for row in found.rows],
        "pageSize": command.data.page_size,
    }
    if count is not None:
        data |= {"total": count.rows, "isTotalComplete": count.whole}
    if found.rest is not None:
        data["after"] = _after(found.rest.day, found.rest.number)
    # An equal message after a crash has an equal id.
    id_ = derived_id("queryReply", *command.key, command.body_sha256.hex())
    return commands.reply(
        id_, REPLY, command.client_id, (command.message_id, command.message_source), _BY, at, json.dumps(data)
    )


def problem(command: Command, at: datetime, document: Mapping[str, Any]) -> Delivery:
    """Return the reply to a query that failed; `document` is the problem."""
    return problem_reply(command, PROBLEM, _BY, at, dict(document))


def _after(day: date, number: int) -> dict[str, Any]:
    return {"startDate": str(day), "number": number}
