"""The sending of a spreadsheet: its requests and keys, and the end of an attempt that fails."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from aiohttp import web

from deploy.local.processes import free_port
from services.portal.apis import Apis, client
from services.portal.rendering import speak
from services.portal.session.rules import Session
from services.portal.spreadsheet.rules import Row
from services.portal.spreadsheet.sending import Sending, read_answers, send_next
from services.portal.spreadsheet.store import Claim, Head, Outcome, Part, Sheets
from services.portal.spreadsheet.writing import Line

ID = UUID(int=1)
HEAD = Head("staff.csv", "digest", "0990101368", "0477472701", 3, 1, 0)
CANCEL = {"kind": "CANCEL", "period": "605114838201"}
PART = Part(0, [Row(2, CANCEL), Row(3, {}, {"kind": "kind"}), Row(4, CANCEL)])
PROBLEM = {"problem": {"type": "urn:problem-type:belgif:tooManyRequests"}}
UNREAD = {"problem": {"type": "urn:problem-type:belgif:badRequest"}}


@dataclass
class Kept:
    """The part of the store that the sending uses, in memory."""

    part: Part | None = PART
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    async def next_part(self, _id: UUID) -> Part | None:
        return self.part

    async def store(self, id_: UUID, place: int, outcomes: Mapping[int, Outcome], _pause: timedelta) -> None:
        self.calls.append(("store", id_, place, dict(outcomes)))

    async def end(self, id_: UUID, state: str) -> None:
        self.calls.append(("end", id_, state))

    async def postpone(self, id_: UUID, _pause: timedelta) -> None:
        self.calls.append(("postpone", id_))

    @property
    def sheets(self) -> Sheets:
        return cast("Sheets", self)


@dataclass
class Intake:
    """A service that gives prepared answers."""

    url: str
    status: int = 200
    answer: Any = None
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, request.headers, await request.json()))
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    app, port = web.Application(), free_port()
    service = Intake(f"http://127.0.0.1:{port}", answer={"items": [{"declarationId": 7}, UNREAD, PROBLEM]})
    app.router.add_post("/{path:.*}", service.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield service
    await runner.cleanup()


async def sent(intake: Intake, kept: Kept, head: Head = HEAD) -> None:
    async with client() as http:
        await send_next(Apis(http, {"intake": intake.url}, "token"), kept.sheets, ID, head)


async def test_a_part_is_one_request_with_the_right_rows_only(intake: Intake) -> None:
    kept = Kept()
    await sent(intake, kept)
    ((path, headers, body),) = intake.asked
    assert path.endswith("/declarations/batches")
    assert headers["Dimona-Organization"] == HEAD.organization
    cancel = {"dimonaCancel": {"periodId": 605114838201}}
    assert body == {"items": [cancel, None, cancel]}, "a row with a mistake keeps its place, without data"
    outcomes = {2: Outcome(7), 4: Outcome(problem="tooManyRequests")}
    assert kept.calls == [("store", ID, 0, outcomes)]


async def test_the_key_is_that_of_the_file_and_the_place_of_the_part(intake: Intake) -> None:
    """The key has no text of the file."""
    tries = [
        (PART, HEAD),
        (PART, HEAD),
        (replace(PART, place=1), HEAD),
        (PART, replace(HEAD, digest="other")),
    ]
    for part, head in tries:
        await sent(intake, Kept(part), head)
    keys = [headers["Idempotency-Key"] for _, headers, _ in intake.asked]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert all(len(key) <= 100 and HEAD.name not in key for key in keys)


async def test_a_row_keeps_its_key_when_another_row_becomes_right_or_wrong(intake: Intake) -> None:
    """Intake makes the key of a row from the key of the request and the place in it, so it declares once."""
    rights = [(True, False, True), (True, True, True), (False, True, True)]
    intake.answer = {"items": [PROBLEM] * 3}
    for right in rights:
        rows = [
            Row(number, CANCEL, {} if is_right else {"kind": "kind"})
            for number, is_right in enumerate(right, 2)
        ]
        await sent(intake, Kept(replace(PART, rows=rows)))
    assert len({headers["Idempotency-Key"] for _, headers, _ in intake.asked}) == 1
    assert [tuple(item is not None for item in body["items"]) for _, _, body in intake.asked] == rights


async def test_a_row_that_was_sent_with_other_data_is_not_sent_and_says_so(intake: Intake) -> None:
    intake.answer = {"items": [{"problem": {"type": "urn:problem-type:belgif:conflict"}}, UNREAD, PROBLEM]}
    kept = Kept()
    await sent(intake, kept)
    ((_, _, _, outcomes),) = kept.calls
    assert outcomes[2] == Outcome(problem="conflict")
    assert "other data were sent for this row" in Line(PART.rows[0], outcomes[2]).text(speak("en"))


async def test_a_part_without_a_right_row_is_not_sent(intake: Intake) -> None:
    kept = Kept(replace(PART, rows=PART.rows[1:2]))
    await sent(intake, kept)
    assert (intake.asked, kept.calls) == ([], [("store", ID, 0, {})])


async def test_after_the_last_part_the_file_is_sent(intake: Intake) -> None:
    kept = Kept(None)
    await sent(intake, kept)
    assert (intake.asked, kept.calls) == ([], [("end", ID, "sent")])


@pytest.mark.parametrize(
    ("status", "seconds", "call"),
    [
        (403, 60, ("end", ID, "stopped")),
        (401, 60, ("end", ID, "stopped")),
        (503, 60, ("postpone", ID)),
        (429, 60, ("postpone", ID)),
        (200, -1, ("postpone", ID)),
    ],
)
async def test_an_attempt_that_fails_stops_the_file_or_comes_again(
    intake: Intake, status: int, seconds: int, call: tuple[Any, ...]
) -> None:
    """A refusal stops it; an outage, too many requests and a token that has ended are tried again."""
    kept, intake.status = Kept(), status
    session = Session("token", time.time() + seconds, "u", "An", (), HEAD.organization, HEAD.employer)
    async with client() as http:
        sending = Sending(kept.sheets, http, {"intake": intake.url})
        await sending._send(Claim(ID, HEAD, session))
    assert kept.calls == [call]
    assert bool(intake.asked) == (seconds > 0), "nothing is sent with a token that has ended"


async def test_results_are_read_for_250_declarations_at_a_time(intake: Intake) -> None:
    status = {"declarationId": 7, "result": "W", "anomalies": [{"errorId": "90373-460"}, {"errorId": "1"}]}
    intake.answer = {"items": [{"declarationStatus": status}]}
    async with client() as http:
        found = await read_answers(Apis(http, {"intake": intake.url}), HEAD.organization, list(range(1, 502)))
    assert found == {7: {"result": "W", "codes": "90373-460 1"}}
    assert [len(body["declarationIds"]) for _, _, body in intake.asked] == [250, 250, 1]
