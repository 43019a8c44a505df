"""An access manager enrolls and ends the phones of the clients of the organization."""

from __future__ import annotations

import pytest

from deploy.local.deployment import Endpoints
from services.access.clients.handler.phones import MOST_PHONES
from shared.domain.phones import PHONES, number_code, pin_code
from shared.runtime.settings import Settings
from tests.directory import Caller, refusals, rows, user

pytestmark = pytest.mark.stack

NUMBER = "+32470000101"
PHONE = {"number": NUMBER, "label": "Reception desk", "language": "nl"}


@pytest.fixture(scope="module")
def manager(served: Endpoints) -> Caller:
    return user(served, "nursery.principal")


@pytest.fixture(scope="module")
def client_id(served: Endpoints) -> str:
    return served.data.client_of("nursery").client_id


@pytest.fixture(scope="module")
def path(served: Endpoints, client_id: str) -> str:
    number = served.data.organizations["nursery"].enterprise_number
    return f"/organizations/{number}/clients/{client_id}/phones"


def key_of(endpoints: Endpoints) -> bytes:
    settings = Settings(database_dsn="x", amqp_url="x", key=endpoints.key)
    return settings.key_for(PHONES)


async def test_a_manager_enrolls_and_ends_a_phone(
    manager: Caller, client_id: str, path: str, served: Endpoints
) -> None:
    """The PIN is shown once. The database has only keyed codes, and the history not even these."""
    made = manager.post(path, PHONE)
    assert made.keys() == {"id", "label", "language", "addedAt", "pin"}
    assert (len(made["pin"]), made["pin"].isdigit()) == (6, True)
    assert manager.ask("POST", path, PHONE).status == 409, "the client has this phone"
    key = key_of(served)
    enrolled = "SELECT * FROM access.phones WHERE number_code = $1"
    (row,) = await rows(served, enrolled, number_code(key, NUMBER))
    assert (row["client_id"], row["pin_code"]) == (client_id, pin_code(key, NUMBER, made["pin"]))
    shown = manager.get(path)["items"][-1]
    assert shown.keys() == {"id", "label", "language", "addedAt"}
    assert (shown["id"], shown["label"]) == (made["id"], PHONE["label"])
    assert manager.ask("DELETE", f"{path}/{made['id']}").status == 204
    assert manager.ask("DELETE", f"{path}/{made['id']}").status == 404
    assert await rows(served, enrolled, number_code(key, NUMBER)) == []
    again = manager.post(path, PHONE)
    assert again["id"] != made["id"]
    manager.ask("DELETE", f"{path}/{again['id']}")
    found = await rows(
        served,
        """SELECT type, after::text AS after FROM access.history
        WHERE type LIKE 'clientPhones.%' AND changed_by::text = $1 ORDER BY id""",
        manager.subject,
    )
    assert [each["type"].rpartition(".")[2] for each in found] == ["added", "changed", "added", "changed"]
    assert not any("code" in each["after"] or NUMBER[1:] in each["after"] for each in found)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"number": "0470000101"}, "number"),
        ({"number": "+32 470 00 01 01"}, "number"),
        ({"label": ""}, "label"),
        ({"label": "a\nb"}, "label"),
        ({"language": "es"}, "language"),
        ({"pin": "000000"}, "pin"),
    ],
)
def test_an_invalid_phone_is_refused_with_its_field(
    manager: Caller, path: str, changed: dict[str, str], named: str
) -> None:
    answer = manager.ask("POST", path, PHONE | changed)
    assert answer.status == 400
    (issue,) = answer.json()["issues"]
    assert issue["name"] == named
    assert changed.get("number", "+") not in answer.body.decode() or named != "number"


async def test_only_managers_of_the_organization_enroll(served: Endpoints, path: str, client_id: str) -> None:
    another = user(served, "bakery.principal")
    assert another.ask("POST", path, PHONE).status == 403
    number = served.data.organizations["nursery"].enterprise_number
    assert await refusals(served, another, "addClientPhone") == [[number]]
    assert another.ask("GET", path).status == 403
    assert user(served, "nursery.principal", 350).ask("POST", path, PHONE).status == 401, "a level too low"
    assert Caller(served, client_id, 0).ask("POST", path, PHONE).status == 403, "the program itself"


def test_a_client_has_a_bounded_number_of_phones(manager: Caller, path: str) -> None:
    """Other limits count per client and per phone."""
    present = sum("endedAt" not in each for each in manager.get(path)["items"])
    numbers = [f"+3247000020{place:02}" for place in range(MOST_PHONES - present)]
    made = [manager.post(path, PHONE | {"number": number})["id"] for number in numbers]
    assert manager.ask("POST", path, PHONE).status == 409
    for id_ in made:
        assert manager.ask("DELETE", f"{path}/{id_}").status == 204
