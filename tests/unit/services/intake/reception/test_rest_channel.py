"""The REST channel: commands from bodies, and the answers of the API that need no database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.intake import api
from services.intake.api import app
from services.intake.dialogue.api import CONSULT, PATH
from services.intake.reception.api import DECLARE, seconds_preferred
from services.intake.reception.channels.queue import Command
from services.intake.reception.channels.rejection import Rejection
from services.intake.reception.channels.rest import is_keyed, key_of, read
from services.intake.settings import IntakeSettings
from shared.messages import Channel
from shared.problems import ISSUES_MOST, problem
from shared.runtime.stage import Stage
from shared.runtime.tokens import Caller
from shared.topology import MAX_MESSAGE_BYTES
from tests.asgi import Answer, call

NUMBER = 605114838201
CANCEL = {"dimonaCancel": {"periodId": NUMBER}}
SCOPES = frozenset({DECLARE, CONSULT})
CLIENT = Caller("client", "client", SCOPES, 0)


def test_each_declaration_becomes_a_command() -> None:
    body = json.dumps(CANCEL).encode()
    one, other = read("client", body), read("client", body)
    assert (one.problem, one.channel, one.client_id) == (None, Channel.REST, "client")
    assert one.data is not None
    assert one.data.period_id == NUMBER
    assert one.body_sha256 == other.body_sha256
    assert one.message_id != other.message_id, "client Q28: the same said twice is no repeat"
    assert not one.waited, "D9: whoever waits for his answer waited for nothing of ours"


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        (b"", None, "schemaViolation"),
        (b"{", None, "schemaViolation"),
        (b"[]", None, "schemaViolation"),
        (b'{"dimonaIn":{"startDate":"2026-02-21"}}', "dimonaIn.features", "schemaViolation"),  # Client Q27
        (b'{"dimonaCancel":{"periodId":"x"}}', "dimonaCancel.periodId", "schemaViolation"),
        (b'{"dimonaCancel":{"periodId":"1234567890123456789"}}', "dimonaCancel.periodId", "schemaViolation"),
        (b'{"dimonaUpdate":{"periodId":1},"periodId":2}', "periodId", "unknownInput"),
        (b'{"dimonaCancel":{},"periodId":2}', "periodId", "unknownInput"),
        (b'{"dimonaUpdate":{"periodId":1,"startHour":""}}', "dimonaUpdate.startHour", "schemaViolation"),
        (b'{"dimonaCancel":{"periodId":1},"x":1}', "x", "unknownInput"),
        (b'{"dimonaCancel":{"periodId":1},"93051822361":1}', "\N{HORIZONTAL ELLIPSIS}", "unknownInput"),
        (b'{"dimonaCancel":{},"dimonaOut":{}}', None, "exactlyOneOfExpected"),
        (b"{}", None, "exactlyOneOfExpected"),
        (b'{"worker":{"familyName":"\\ud800"},"dimonaCancel":{}}', None, "schemaViolation"),
    ],
)
def test_the_problem_of_an_unreadable_body_names_the_place(body: bytes, name: str | None, kind: str) -> None:
    """Structural faults only; the problem repeats no value that was sent (decisions D4, D27)."""
    found = read("client", body).problem
    assert found is not None
    assert found["status"] == 400
    (issue,) = found["issues"]
    assert (issue["in"], issue.get("name"), issue["type"].rpartition(":")[2]) == ("body", name, kind)
    assert "93051822361" not in json.dumps(found)


@pytest.mark.parametrize(
    "document",
    [
        {"dimonaCancel": {"periodId": str(NUMBER)}},
        {"dimonaUpdate": {"periodId": str(NUMBER)}},
        {"dimonaUpdate": {"endDate": "2026-02-21"}, "periodId": NUMBER},
        {"dimonaUpdate": {"periodId": NUMBER}, "periodId": NUMBER},
    ],
)
def test_the_number_of_a_period_as_clients_write_it(document: dict[str, Any]) -> None:
    """ADR 22: as text, and beside the UPDATE."""
    command = read("client", json.dumps(document).encode())
    assert command.data is not None
    assert command.data.period_id == NUMBER


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a":1,\n "93051822361" 2}', "line 2, column 16"),
        (b'{"a":tru}', "line 1, column 9"),
        (b"{", "line 1, column 1"),
    ],
)
def test_broken_json_has_a_position(body: bytes, place: str) -> None:
    found = read("client", body).problem
    assert found is not None
    assert found["issues"][0]["detail"] == f"The body is not valid JSON: {place}"
    assert "93051822361" not in json.dumps(found)


def test_the_number_of_reported_errors_is_limited() -> None:
    found = read("client", json.dumps({f"p{chr(97 + n % 26)}{n}": 1 for n in range(200)}).encode()).problem
    assert found is not None
    assert len(found["issues"]) == ISSUES_MOST


@pytest.mark.parametrize("body", [b'{"a":' * 100 + b"1" + b"}" * 100, b'{"worker":{},"worker":{}}'])
def test_a_body_outside_the_limits_of_structure_is_a_problem_without_issues(body: bytes) -> None:
    found = read("client", body).problem
    assert found is not None
    assert (found["status"], found.get("issues")) == (400, None)


class Api:
    """An API with a known caller, over a stage without a database."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, Any] | None = None, **settings: Any
    ) -> None:
        self.trouble, self.received, self.asked, self.who = trouble, list[Command](), 0, CLIENT
        nowhere: dict[str, Any] = {"database_dsn": "x://x", "amqp_url": "x://x", "key": "00" * 32, **settings}
        monkeypatch.setattr(api, "Verifier", SimpleNamespace(of=lambda _: self))
        stage = cast("Stage", SimpleNamespace(work=self.work, has_room=True, pool=None))
        self.app = app(IntakeSettings(**nowhere), self.receive, stage)

    async def caller(self, _token: str) -> Caller:
        """Return the caller instead of verifying a token."""
        return self.who

    @asynccontextmanager
    async def work(self, **_timed: bool) -> AsyncIterator[tuple[Any, list[Any]]]:
        self.asked += 1
        yield None, []

    async def receive(
        self, _tx: Any, commands: Sequence[Command]
    ) -> tuple[Sequence[int | Rejection], Sequence[Any]]:
        self.received += commands
        return [NUMBER if self.trouble is None else Rejection(one, self.trouble) for one in commands], ()

    async def post(self, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        token = {"Authorization": "Bearer token", **(headers or {})}
        return await call(self.app, "POST", PATH, token, body)

    async def get(self, number: str) -> Answer:
        return await call(self.app, "GET", f"{PATH}/{number}", {"Authorization": "Bearer token"})


@pytest.mark.parametrize(
    ("setting", "headers", "base"),
    [
        ("", {"Host": "forged.example"}, "http://127.0.0.1:8080/REST/dimona/v2"),
        (
            "https://services.example.be/REST/dimona/v2",
            {"Host": "x"},
            "https://services.example.be/REST/dimona/v2",
        ),
        ("https://services.example.be/v2/", {}, "https://services.example.be/v2"),
    ],
)
async def test_the_location_of_the_answer(
    monkeypatch: pytest.MonkeyPatch, setting: str, headers: dict[str, str], base: str
) -> None:
    """201 without a body; an absolute address, no trailing slash, no query (clients Q13 to Q15)."""
    answer = await Api(monkeypatch, rest_url=setting, api_port=8080).post(CANCEL, headers)
    assert (answer.status, answer.body) == (201, b"")
    assert answer.headers["location"] == f"{base}/declarations/{NUMBER}"


async def test_an_unreadable_body_does_not_reach_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Api(monkeypatch)
    answer = await desk.post({"dimonaIn": {}})
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert (desk.asked, desk.received) == (0, [])


async def test_a_problem_of_the_reception_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await Api(monkeypatch, problem("missingPermission", "No mandate")).post(CANCEL)
    assert (answer.status, answer.json()["detail"]) == (403, "No mandate")
    assert "location" not in answer.headers


async def test_a_too_large_body_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decision D28."""
    desk = Api(monkeypatch)
    body = json.dumps(CANCEL).encode()
    assert (await desk.post(body.ljust(MAX_MESSAGE_BYTES))).status == 201
    answer = await desk.post(body.ljust(MAX_MESSAGE_BYTES + 1))
    assert (answer.status, answer.json()["type"]) == (413, "urn:problem-type:belgif:payloadTooLarge")
    assert answer.json()["detail"] == "The body is larger than the limit of this API"
    assert desk.asked == 1


@pytest.mark.parametrize(
    "number", ["1", "abc", "0605114838201", "60511483820", "605114838201.0", "-05114838201", "٦٠٥١١٤٨٣٨٢٠١"]
)
async def test_a_path_without_dimona_number_is_404(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    desk = Api(monkeypatch)
    answer = await desk.get(number)
    assert (answer.status, answer.json()["type"]) == (404, "urn:problem-type:belgif:resourceNotFound")
    assert desk.asked == 0


async def test_a_person_is_no_technical_client(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Api(monkeypatch)
    desk.who = Caller("somebody", "portal", SCOPES, 400)
    answers = [await desk.post(CANCEL), await desk.get(str(NUMBER))]
    assert {(a.status, a.json()["type"].rpartition(":")[2]) for a in answers} == {(403, "missingPermission")}
    assert desk.asked == 0


async def test_each_operation_has_its_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Api(monkeypatch)
    for scope, post, get in ((DECLARE, 201, 403), (CONSULT, 403, 404)):
        desk.who = Caller("client", "client", frozenset({scope}), 0)
        answers = [await desk.post(CANCEL), await desk.get("nothing")]
        assert [answer.status for answer in answers] == [post, get]


async def test_a_flood_over_rest_is_answered_with_429_and_the_seconds_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = Api(monkeypatch, organization_rate="0.5", organization_burst="3")
    assert [(await desk.post(CANCEL)).status for _ in range(2)] == [201, 201]
    assert (await desk.get(str(NUMBER))).status != 429
    for refused in (await desk.post(CANCEL), await desk.get(str(NUMBER))):
        assert refused.status == 429
        assert refused.headers["retry-after"] == "2" == str(refused.json()["retryAfterSec"])
    assert len(desk.received) == 2, "a refused request is not read"


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ([], 0),
        (["wait=5"], 5),
        (["respond-async, wait = 7"], 7),
        (["return=minimal", 'wait="3"; x=1'], 3),
        (["wait=99999"], 10),
        (["wait=-1"], 0),
        (["wait"], 0),
        (["nowait=5"], 0),
        (["wait=12345678"], 0),
    ],
)
def test_the_seconds_that_a_client_prefers_to_wait(values: list[str], seconds: int) -> None:
    assert seconds_preferred(values) == seconds


@pytest.mark.parametrize(
    ("header", "key"), [(None, None), ("k", "k"), ('"k k"', "k k"), ("x" * 200, "x" * 200)]
)
def test_the_key_of_a_request(header: str | None, key: str | None) -> None:
    assert key_of(header) == key


def test_a_command_with_a_key_can_be_repeated() -> None:
    body = json.dumps(CANCEL).encode()
    one, other, without = read("client", body, "k"), read("client", body, "k"), read("client", body)
    assert one.key == other.key
    assert (is_keyed(one), is_keyed(without)) == (True, False)


async def test_a_batch_counts_as_so_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Api(monkeypatch, organization_rate="0.5", organization_burst="5")
    body = {"items": [CANCEL, {"dimonaIn": {}}, CANCEL, CANCEL]}
    answer = await call(desk.app, "POST", f"{PATH}/batches", {"Authorization": "Bearer token"}, body)
    outcomes = [each.get("declarationId") for each in answer.json()["items"]]
    assert (answer.status, outcomes) == (200, [NUMBER, None, NUMBER, NUMBER])
    assert (desk.asked, len(desk.received)) == (1, 3), "one transaction; an unreadable one does not reach it"
    assert [(await desk.post(CANCEL)).status for _ in range(2)] == [201, 429]


async def test_a_declaration_of_a_batch_has_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Api(monkeypatch)
    large = {**CANCEL, "reference": ["x" * MAX_MESSAGE_BYTES]}
    body = {"items": [large, CANCEL]}
    answer = await call(desk.app, "POST", f"{PATH}/batches", {"Authorization": "Bearer token"}, body)
    problem_, received_ = answer.json()["items"]
    assert (problem_["problem"]["status"], received_["declarationId"]) == (413, NUMBER)


async def test_a_wait_that_is_too_short_ends_without_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the look for the result fails: the declaration is received."""
    answer = await Api(monkeypatch).post(CANCEL, {"Prefer": "wait=1"})
    assert (answer.status, answer.body, answer.headers["preference-applied"]) == (201, b"", "wait=1")
