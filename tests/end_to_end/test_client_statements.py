"""Clients Q13 to Q44 and Q48: how real clients declare and poll, one test for each statement.

The statements are in `docs/clients.md`; client Q36 is in `tests/integration/face/test_request_queue.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from deploy.local.demo.data import DemoData
from services.cli.main import commands
from shared.domain.identifiers import parse_dimona_number
from tests.conftest import TLS
from tests.prove.world import FLEXI, OTHER, STUDENT, World, cancel, change
from tests.rest import UNKNOWN, Rest, kind_of, outcome

ON_STACK = (pytest.mark.stack, pytest.mark.asyncio(loop_scope="session"))
pytestmark = [*ON_STACK, pytest.mark.usefixtures("sound")]

EXTRA = {"workerType": "EXT", "jointCommissionNumber": 302}
EVENING = {"startHour": "1700", "endHour": "2130"}
PLACE = {
    "name": "Test",
    "address": {
        "street": "Wetstraat", "houseNumber": "1", "boxNumber": None, "postCode": "1000",
        "municipality": {"code": 99999, "name": "BRUSSEL"}, "country": 150,
    },
}  # fmt: skip


@pytest.fixture
def ordinary(world: World) -> dict[str, Any]:
    """Return an ordinary IN."""
    return world.engage(world.relation("bakery"))


async def accepted(bakery: Rest, *documents: Mapping[str, Any]) -> None:
    assert await bakery.ends(*documents) == ["A"] * len(documents)


def problem_of(answer: Any, place: str) -> None:
    """Assert that an answer is a problem about one place."""
    assert (answer.status, kind_of(answer)) == (400, "badRequest")
    (issue,) = answer.json()["issues"]
    assert issue["name"] == place
    assert issue["detail"]


async def test_client_q13_success_is_exactly_201(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q13."""
    assert (await bakery.post(ordinary)).status == 201


async def test_client_q14_the_201_is_empty_and_has_an_address(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q14."""
    answer = await bakery.post(ordinary)
    assert (answer.body, answer.headers.get("content-length", "0")) == (b"", "0")
    assert answer.headers["location"]


async def test_client_q15_the_address_ends_with_the_number(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q15: by its last segment, and by the text after "declarations/"."""
    location = (await bakery.post(ordinary)).headers["location"]
    parts = urlsplit(location)
    assert (parts.query, parts.fragment, location.startswith(f"{bakery.url}/")) == ("", "", True)
    assert int(location.rpartition("/")[2]) == int(location.partition("declarations/")[2])


async def test_client_q16_the_number_has_12_digits_and_its_check(
    bakery: Rest, ordinary: dict[str, Any]
) -> None:
    """Client Q16: as a float it keeps its value."""
    number = await bakery.declare(ordinary)
    assert len(str(number)) == 12
    assert number % 100 == (number // 100 % 97 or 97)
    assert parse_dimona_number(number) == number == int(float(number))


async def test_client_q17_an_employer_by_either_number(bakery: Rest, world: World, data: DemoData) -> None:
    """Client Q17."""
    employer = data.organizations["bakery"].employer
    assert employer is not None
    number = data.organizations["bakery"].enterprise_number
    numbers: list[dict[str, Any]] = [{"enterpriseNumber": number}, {"employerId": employer.employer_id}]
    await accepted(
        bakery, *({**world.engage(world.relation("bakery")), "employer": each} for each in numbers)
    )


async def test_client_q18_nine_digits_are_the_same_employer(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q18: so the second IN is a duplicate."""
    short = {"enterpriseNumber": ordinary["employer"]["enterpriseNumber"].removeprefix("0")}
    assert len(short["enterpriseNumber"]) == 9
    assert await bakery.ends(ordinary, {**ordinary, "employer": short}) == ["A", "B 90373-333"]


async def test_client_q19_a_joint_commission_as_an_integer(bakery: Rest, world: World) -> None:
    """Client Q19: 124 is read as "124", and not allowed for OTH here; 302 is allowed for EXT."""
    wrong = {"workerType": "OTH", "jointCommissionNumber": 124}
    text = {**wrong, "jointCommissionNumber": "124"}
    documents = [world.engage(world.relation("bakery"), 1, 1, each) for each in (wrong, text)]
    first, second = await bakery.ends(*documents)
    assert first == second
    await accepted(bakery, world.engage(world.relation("bakery"), 1, 1, EXTRA, **EVENING))


async def test_client_q20_planned_hours_are_whole(bakery: Rest, world: World) -> None:
    """Client Q20: 8 and 8.0 are equal; 8.5 is refused."""
    relation = world.relation("bakery")
    whole, decimal, half = (
        world.engage(relation, 1, 1, STUDENT, plannedHoursNumber=hours) for hours in (8, 8.0, 8.5)
    )
    assert await bakery.ends(whole, decimal) == ["A", "B 90373-333"]
    problem_of(await bakery.post(half), "dimonaIn.plannedHoursNumber")


async def test_client_q21_a_box_number_may_be_null_and_no_text_is_empty(bakery: Rest, world: World) -> None:
    """Client Q21."""
    document = world.engage(
        world.relation("bakery"), 1, 1, STUDENT, plannedHoursNumber=8, studentPlaceOfWork=PLACE
    )
    await accepted(bakery, document)
    empty = {**document, "worker": {**document["worker"], "initial": ""}}
    problem_of(await bakery.post(empty), "worker.initial")


async def test_client_q22_a_municipality_that_is_not_known(bakery: Rest, world: World) -> None:
    """Client Q22."""
    relation = world.relation("bakery")
    more = {"plannedHoursNumber": 8, "studentPlaceOfWork": PLACE}
    await accepted(bakery, world.engage(relation, 1, 1, STUDENT, **more))


async def test_client_q23_gender_0_is_kept(bakery: Rest, world: World, data: DemoData) -> None:
    """Client Q23."""
    worker = {**data.people[-121].identity(), "gender": 0}
    number = await bakery.declare({**world.engage(world.relation("bakery")), "worker": worker})
    assert outcome(await bakery.answer(number)) == "A"
    kept = "SELECT declared::jsonb #>> '{worker,gender}' FROM intake.declarations WHERE number = $1"
    assert await world.database.value(kept, number) == "0"


async def test_client_q24_older_and_current_names(bakery: Rest, world: World, data: DemoData) -> None:
    """Client Q24."""
    renamed = {"familyName": "lastName", "givenName": "firstName"}
    current = data.people[-122].identity()
    older = {renamed.get(name, name): value for name, value in data.people[-123].identity().items()}
    await accepted(
        bakery, *({**world.engage(world.relation("bakery")), "worker": each} for each in (current, older))
    )


async def test_client_q25_changes_name_the_period_alone(bakery: Rest, world: World) -> None:
    """Client Q25: rights are those on the employer of the period."""
    period = await bakery.declare(world.engage(world.relation("bakery")))
    stranger = Rest(world, "nursery")
    assert outcome(await stranger.answer(await stranger.declare(cancel(period)))) == "B 00913-354"
    await accepted(bakery, world.leave(period, 20), change(period, endDate=world.day(25)), cancel(period))


async def test_client_q26_a_second_features_object_is_ignored(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q26."""
    await accepted(bakery, {**ordinary, "features": OTHER})


async def test_client_q27_without_features_a_readable_problem(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q27."""
    bare = {name: value for name, value in ordinary["dimonaIn"].items() if name != "features"}
    problem_of(await bakery.post({**ordinary, "dimonaIn": bare}), "dimonaIn.features")


async def test_client_q28_the_same_in_twice(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q28."""
    assert await bakery.ends(ordinary, ordinary) == ["A", "B 90373-333"]


async def test_client_q29_a_student_with_hours(bakery: Rest, world: World) -> None:
    """Client Q29."""
    relation = world.relation("bakery")
    timed = world.engage(relation, 1, 1, STUDENT, plannedHoursNumber=4, **EVENING)
    without = world.engage(relation, 1, 1, STUDENT, **EVENING)
    assert await bakery.ends(timed, without) == [
        "B 00777-005 00778-005", "B 00777-005 00778-005 01135-001",
    ]  # fmt: skip


async def test_client_q30_joint_commissions_of_students_and_flexi_jobs(bakery: Rest, world: World) -> None:
    """Client Q30."""
    documents = [
        world.engage(world.relation("bakery"), 1, 1, {**features, "jointCommissionNumber": number}, **more)
        for features, more in ((STUDENT, {"plannedHoursNumber": 4}), (FLEXI, EVENING))
        for number in ("302", "XXX")
    ]
    assert await bakery.ends(*documents) == ["B 90374-349", "A"] * 2


async def test_client_q31_the_number_of_the_in_is_that_of_its_period(bakery: Rest, world: World) -> None:
    """Client Q31: by the number of the 201, and by period.id."""
    number = await bakery.declare(world.engage(world.relation("bakery")))
    period = (await bakery.answer(number))["declarationStatus"]["period"]["id"]
    assert period == number
    await accepted(bakery, world.leave(number, 20), change(period, endDate=world.day(25)), cancel(number))


async def test_client_q32_an_update_that_repeats_values(bakery: Rest, world: World) -> None:
    """Client Q32."""
    period = await bakery.declare(world.engage(world.relation("bakery"), 3, 3, FLEXI, **EVENING))
    same = {"startDate": world.day(3), "endDate": world.day(3), **EVENING}
    assert await bakery.ends(change(period, **same), change(period, **{**same, "endHour": "2230"})) == [
        "B 90378-444", "A",
    ]  # fmt: skip


async def test_client_q33_404_and_then_a_result(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q33: `answer` fails on a 200 without result, and on any other status."""
    number = await bakery.declare(ordinary)
    assert (await bakery.get(number)).status in (200, 404)
    assert (await bakery.answer(number))["declarationStatus"]["result"] == "A"


async def test_client_q34_an_unknown_number_is_404(bakery: Rest) -> None:
    """Client Q34."""
    answer = await bakery.get(UNKNOWN)
    assert (answer.status, kind_of(answer)) == (404, "resourceNotFound")


async def test_client_q35_polls_of_many_declarations_meet_no_429(bakery: Rest) -> None:
    """Client Q35: one client polls all its open declarations at one time."""
    answers = await asyncio.gather(*(bakery.get(UNKNOWN) for _ in range(60)))
    assert {answer.status for answer in answers} == {404}


async def test_client_q37_a_cancel_is_settled_within_30_seconds(
    bakery: Rest, ordinary: dict[str, Any]
) -> None:
    """Client Q37: within 30 seconds."""
    period = await bakery.declare(ordinary)
    await bakery.answer(period)
    async with asyncio.timeout(30):
        await accepted(bakery, cancel(period))


async def test_client_q38_anomalies_are_a_list_or_absent(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q38."""
    numbers = [await bakery.declare(ordinary), await bakery.declare(ordinary)]
    first, second = [(await bakery.answer(number))["declarationStatus"] for number in numbers]
    assert first.get("anomalies", []) == []
    assert isinstance(second["anomalies"], list)


async def test_client_q39_one_form_of_an_anomaly_serves_all(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q39: by `label.nl`, by `errorId` and `label.fr`, and by the code in the text."""
    await bakery.declare(ordinary)
    answer = await bakery.answer(await bakery.declare(ordinary))
    (found,) = answer["declarationStatus"]["anomalies"]
    assert found["errorId"] == "90373-333"
    assert found["label"]["nl"]
    assert found["label"]["fr"]
    assert "90373-333" in json.dumps(answer)


async def test_client_q40_every_accepted_declaration_names_its_period(bakery: Rest, world: World) -> None:
    """Client Q40."""
    period = await bakery.declare(world.engage(world.relation("bakery")))
    changes = [world.leave(period, 20), change(period, endDate=world.day(25)), cancel(period)]
    numbers = [period, *[await bakery.declare(each) for each in changes]]
    answers = [await bakery.answer(number) for number in numbers]
    assert [each["declarationStatus"]["period"]["id"] for each in answers] == [period] * 4


async def test_client_q41_the_result_is_one_of_four_letters(
    bakery: Rest, world: World, data: DemoData, endpoints_file: Any
) -> None:
    """Client Q41: A, W, B and S."""
    late = world.engage(world.relation("bakery"), -1)
    unknown = {**world.engage(world.relation("bakery")), "worker": data.strangers[-6].identity()}
    documents = [world.engage(world.relation("bakery")), late, cancel(UNKNOWN), unknown]
    numbers = [await bakery.declare(each) for each in documents]
    answers = [await bakery.answer(number, "AWBS") for number in numbers]
    assert [each["declarationStatus"]["result"] for each in answers] == ["A", "W", "B", "S"]
    line = ["case", "resolve", str(numbers[-1]), "--give-up", "--endpoints", str(endpoints_file)]
    assert (await asyncio.to_thread(CliRunner().invoke, commands, line)).exit_code == 0


async def test_client_q42_after_a_warning_cancel_and_declare_oth(bakery: Rest, world: World) -> None:
    """Client Q42: a student beyond the quota."""
    start = world.days_in_one_quarter(3)
    relation = world.relation("bakery")
    beyond = world.engage(relation, start, start, STUDENT, plannedHoursNumber=999)
    number = await bakery.declare(beyond)
    assert outcome(await bakery.answer(number)) == "W 90017-369"
    await accepted(bakery, cancel(number), world.engage(relation, start, start))


async def test_client_q43_a_second_cancel(bakery: Rest, ordinary: dict[str, Any]) -> None:
    """Client Q43."""
    period = await bakery.declare(ordinary)
    assert await bakery.ends(cancel(period), cancel(period)) == ["A", "B 00913-355"]


async def test_client_q44_a_warning_of_another_kind_is_an_acceptance(bakery: Rest, world: World) -> None:
    """Client Q44: the period is there."""
    number = await bakery.declare(world.engage(world.relation("bakery"), -1))
    assert outcome(await bakery.answer(number)) == "W 90373-460"
    await accepted(bakery, cancel(number))


@pytest.mark.skipif(TLS, reason="this client speaks plain HTTP")
async def test_client_q48_plain_http_on_loopback(bakery: Rest) -> None:
    """Client Q48."""
    assert bakery.url.startswith("http://127.0.0.1:")
    assert (await bakery.get(UNKNOWN)).status == 404
