"""Send the rows of spreadsheets to intake, part by part, with the token of the person (ADR 40)."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import aiohttp

from services.portal.apis import Apis, AwayError, RefusedError
from services.portal.spreadsheet.rules import body
from services.portal.spreadsheet.store import Claim, Head, Outcome, Part, Sheets
from shared.runtime import metrics
from shared.runtime.logs import log

#: Header with the enterprise number of the organization for which a person acts.
ORGANIZATION: Final = "Dimona-Organization"
_DECLARATIONS: Final = "/REST/dimona/v2/declarations"
#: Spreadsheets of which one process sends a part at one time.
_AT_ONCE: Final = 8
_TURN_SECONDS: Final = 0.5
#: One part of a spreadsheet in a second is the rate of requests that intake allows to a person.
PAUSE: Final = timedelta(seconds=1)
_AFTER_FAILURE: Final = timedelta(seconds=5)
_READ_AT_ONCE: Final = 250  #: results that intake gives in one request


async def send_next(apis: Apis, sheets: Sheets, id_: UUID, head: Head) -> None:
    """Send the next part of a spreadsheet, or note that there is none.

    Raise RefusedError if intake refuses the request, and AwayError if it does not answer.
    """
    part = await sheets.next_part(id_)
    if part is None:
        await sheets.end(id_, "sent")
        return
    outcomes = await _send(apis, head, part)
    await sheets.store(id_, part.place, outcomes, PAUSE)
    for outcome in outcomes.values():
        metrics.PORTAL_ROWS.labels("received" if outcome.number else "refused").inc()


async def _send(apis: Apis, head: Head, part: Part) -> dict[int, Outcome]:
    """Send the rows of a part that have no mistake. Return their outcomes by number of the row.

    Intake makes the key of a declaration from its place in the request. So a row with a mistake keeps its
    place, with `null` instead of a declaration: intake gives it a problem and stores nothing.
    """
    if all(row.mistakes for row in part.rows):
        return {}
    document = {"items": [None if row.mistakes else body(row, head.employer) for row in part.rows]}
    headers = {ORGANIZATION: head.organization, "Idempotency-Key": _key(head, part.place)}
    reply = await apis.send("POST", "intake", f"{_DECLARATIONS}/batches", document, headers)
    told = zip(part.rows, reply.json()["items"], strict=True)
    return {row.number: _outcome(item) for row, item in told if not row.mistakes}


def _key(head: Head, place: int) -> str:
    """Return the key of a request for a part of a file. Mistakes in its rows do not change the key."""
    return f"spreadsheet-{hashlib.sha256(f'{head.digest}/{place}'.encode()).hexdigest()}"


def _outcome(item: Mapping[str, Any]) -> Outcome:
    if "declarationId" in item:
        return Outcome(item["declarationId"])
    return Outcome(problem=item["problem"]["type"].rpartition(":")[2])


async def read_answers(apis: Apis, organization: str, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the result and the codes of anomalies of declarations, by number. Those without are absent."""
    found = {}
    for place in range(0, len(numbers), _READ_AT_ONCE):
        asked = {"declarationIds": numbers[place : place + _READ_AT_ONCE]}
        headers = {ORGANIZATION: organization}
        reply = await apis.send("POST", "intake", f"{_DECLARATIONS}/results", asked, headers)
        for answer in reply.json()["items"]:
            status = answer["declarationStatus"]
            codes = " ".join(anomaly["errorId"] for anomaly in status.get("anomalies", ()))
            found[status["declarationId"]] = {"result": status["result"], "codes": codes}
    return found


class Sending:
    """The loop of one process of the portal that sends the spreadsheets that people have released."""

    def __init__(self, sheets: Sheets, http: aiohttp.ClientSession, urls: Mapping[str, str]) -> None:
        self._sheets, self._http, self._urls = sheets, http, urls

    async def run(self) -> None:
        """Send until canceled. An outage of the database ends no turn for good."""
        while True:
            try:
                await self.turn()
            except Exception as error:  # the database is away; the next turn tries again
                log.warning("sending_postponed", error=error)
            await asyncio.sleep(_TURN_SECONDS)

    async def turn(self) -> None:
        """Send one part of each spreadsheet that is due."""
        claims = await self._sheets.claim(_AT_ONCE)
        await asyncio.gather(*(self._send(claim) for claim in claims))

    async def _send(self, claim: Claim) -> None:
        """Send one part. Without a living token wait: the next page that the person loads renews it."""
        if not claim.session.has_token(time.time()):
            await self._sheets.postpone(claim.id, _AFTER_FAILURE)
            return
        apis = Apis(self._http, self._urls, claim.session.token)
        try:
            await send_next(apis, self._sheets, claim.id, claim.head)
        except RefusedError as error:  # of the right, the level of the login or the token
            log.warning("spreadsheet_refused", status=error.status)
            await self._sheets.end(claim.id, "stopped")
        except AwayError:
            await self._sheets.postpone(claim.id, _AFTER_FAILURE)
