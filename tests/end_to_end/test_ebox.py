"""The e-Box through its API: rights of readers, labels, attention, events, and paper or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from deploy.local.demo.data import DemoData
from deploy.local.demo.users import USERS
from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.prove.world import Relation, World
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]
#: Indexes of workers near the end of the register, which no other test declares by number.
_WORKERS = count(60)
PERSON = {user.name: user.user_id for user in USERS}


@dataclass(frozen=True, slots=True)
class Box:
    """The e-Box of one enterprise, as its API shows it."""

    deployment: Endpoints
    enterprise_number: str

    async def ask(
        self, who: str, path: str, method: str = "GET", body: Any = b"", level: int = 400
    ) -> Answer:
        """Return the answer to a user; `path` starts after the enterprise number."""
        token = bearer(self.deployment, PERSON[who], "scope:dimona:ebox", level=level)
        url = f"{self.deployment.api_url('notifier')}/eboxes/{self.enterprise_number}/{path}"
        return await asyncio.to_thread(ask, url, method, token, body)

    async def overview(self, who: str, query: str = "") -> dict[str, Any]:
        """Return a page of the overview."""
        answer = await self.ask(who, f"messages?{query}")
        assert answer.status == 200, answer.body
        page: dict[str, Any] = answer.json()
        return page


@pytest.fixture
def box(deployment: Endpoints, data: DemoData) -> Callable[[str], Box]:
    """Return the e-Box of the organization in a role."""
    return lambda role: Box(deployment, data.organizations[role].enterprise_number)


async def notify(world: World, sender: str, document: Mapping[str, Any]) -> int:
    """Declare; return the number once its final notification is in an e-Box."""
    client = world[sender]
    id_ = await client.declare(document)
    await client.finals([id_])
    number = await client.number(id_)
    await world.database.until("SELECT count(*) FROM notifier.messages WHERE declaration_id = $1", number)
    return number


def engage(world: World, box: Box) -> dict[str, Any]:
    """Build an IN for the enterprise of an e-Box, of a worker without relations."""
    worker = box.deployment.data.people[-next(_WORKERS)].ssin
    return world.engage(Relation("", box.enterprise_number, worker))


def refused(world: World, box: Box) -> dict[str, Any]:
    """Build an IN that ends before it begins."""
    document = engage(world, box)
    return {**document, "dimonaIn": {**document["dimonaIn"], "endDate": "2020-01-01"}}


def ids(page: Mapping[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_a_user_sees_only_permitted_types(world: World, box: Callable[[str], Box]) -> None:
    """Other types are absent from every view."""
    bakery = box("bakery")
    good = await notify(world, "bakery", engage(world, bakery))
    bad = await notify(world, "bakery", refused(world, bakery))
    whole = await bakery.overview("bakery.declarer", f"declarationId={good}")
    (hidden,) = ids(whole)
    (seen,) = ids(await bakery.overview("bakery.reader", f"declarationId={bad}"))
    assert whole["items"][0]["messageType"] == "dimonaPositive"
    page = await bakery.overview("bakery.reader", "pageSize=200")
    assert {item["messageType"] for item in page["items"]} == {"dimonaNegative"}
    refusals = await bakery.overview("bakery.reader", "messageType=dimonaNegative")
    assert page["total"] == refusals["total"]
    for query in (f"declarationId={good}", "messageType=dimonaPositive", f"q={good}"):
        assert await bakery.overview("bakery.reader", query) == {"items": [], "total": 0}
    unknown = "00000000-0000-4000-8000-000000000000"
    for method, path in (
        ("GET", "messages/{}"),
        ("GET", "messages/{}/attachments/letter.html"),
        ("PUT", "messages/{}/labels/mine"),
        ("DELETE", "messages/{}/labels/mine"),
        ("PUT", f"messages/{{}}/attention/{PERSON['bakery.declarer']}"),
    ):
        answers = [
            await bakery.ask("bakery.reader", path.format(id_), method, b"") for id_ in (hidden, unknown)
        ]
        assert [answer.status for answer in answers] == [404, 404], path
        bodies = [{**answer.json(), "instance": ""} for answer in answers]
        assert bodies[0] == bodies[1], path
    announced = "SELECT count(*) = 2 FROM notifier.ebox_events WHERE message_id = ANY($1::uuid[])"
    await world.database.until(announced, [hidden, seen])
    before = await world.database.value(
        "SELECT min(sequence) - 1 FROM notifier.ebox_events WHERE message_id = ANY($1::uuid[])",
        [hidden, seen],
    )
    events = await bakery.ask("bakery.reader", f"events?lastSequenceNumber={before}")
    told_of = {event["messageId"] for event in events.json()["items"]}
    assert seen in told_of
    assert hidden not in told_of


@pytest.mark.parametrize("who", ["hotel.all", "bakery.principal", "secretariat.clerk", "authority.agent"])
async def test_strangers_and_colleagues_without_the_right_are_refused_and_audited(
    world: World, box: Callable[[str], Box], who: str
) -> None:
    bakery = box("bakery")
    refusals = "SELECT count(*) FROM notifier.refusals WHERE subject = $1 AND enterprise_number = $2"
    before = await world.database.value(refusals, PERSON[who], bakery.enterprise_number)
    for path in ("messages", "events", "labels", "preferences"):
        answer = await bakery.ask(who, path)
        assert answer.status == 403
        assert answer.json()["type"].endswith(":missingPermission")
    assert await world.database.value(refusals, PERSON[who], bakery.enterprise_number) == before + 4


async def test_a_message_has_letter_and_event_and_opening_marks_it_read(
    world: World, box: Callable[[str], Box]
) -> None:
    hotel = box("hotel")
    number = await notify(world, "provider", engage(world, hotel))
    query = f"declarationId={number}"
    (id_,) = ids(await hotel.overview("hotel.reader", f"{query}&isRead=false"))
    message = (await hotel.ask("hotel.reader", f"messages/{id_}")).json()
    assert [each["name"] for each in message["attachments"]] == ["letter.html", "event.json"]
    assert ids(await hotel.overview("hotel.reader", f"{query}&isRead=false")) == []
    assert ids(await hotel.overview("hotel.all", f"{query}&isRead=false")) == [id_], "each reads for himself"
    letter = await hotel.ask("hotel.reader", f"messages/{id_}/attachments/letter.html")
    assert letter.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in letter.headers["content-security-policy"]
    assert letter.headers["content-language"] == "fr"
    assert str(number) in letter.body.decode()
    event = await hotel.ask("hotel.reader", f"messages/{id_}/attachments/event.json")
    assert event.json()["data"]["notificationId"] == id_
    looks = (
        "SELECT count(*) FROM platform.looks WHERE about = $1 AND reader = $2 AND organizations = ARRAY[$3]"
    )
    assert await world.database.value(looks, id_, PERSON["hotel.reader"], hotel.enterprise_number) == 3


async def test_labels_are_private_or_shared_and_listed_in_pages(
    world: World, box: Callable[[str], Box]
) -> None:
    hotel = box("hotel")
    numbers = [await notify(world, "provider", engage(world, hotel)) for _ in range(3)]
    (first,) = ids(await hotel.overview("hotel.all", f"declarationId={numbers[0]}"))
    for_all = f"messages/{first}/labels/season?isForAll=true"
    assert (await hotel.ask("hotel.all", for_all, "PUT")).status == 204
    assert (await hotel.ask("hotel.all", f"messages/{first}/labels/mine", "PUT")).status == 204
    forbidden = await hotel.ask("hotel.reader", for_all, "DELETE")
    assert forbidden.status == 403, "everybody's labels are for whoever manages the e-Box"
    labels = (await hotel.ask("hotel.reader", "labels")).json()["items"]
    assert {"label": "season", "messages": 1} in labels
    assert "mine" not in {each["label"] for each in labels}
    assert ids(await hotel.overview("hotel.reader", "label=season")) == [first]
    assert (await hotel.ask("hotel.all", f"messages/{first}/labels/mine", "DELETE")).status == 204
    assert ids(await hotel.overview("hotel.all", "label=mine")) == []
    seen, query = [], "sort=depositedAt&pageSize=2"
    page = await hotel.overview("hotel.all", query)
    while True:
        seen += ids(page)
        if "nextAfter" not in page:
            break
        page = await hotel.overview("hotel.all", f"{query}&after={page['nextAfter']}")
    assert len(seen) == len(set(seen)) == page["total"]
    assert (await hotel.ask("hotel.all", "messages?after=nonsense")).status == 400


async def test_attention_can_be_asked_of_a_user_with_the_right_only(
    world: World, box: Callable[[str], Box]
) -> None:
    hotel = box("hotel")
    bad = await notify(world, "provider", refused(world, hotel))
    good = await notify(world, "provider", engage(world, hotel))
    (negative,) = ids(await hotel.overview("hotel.all", f"declarationId={bad}"))
    (positive,) = ids(await hotel.overview("hotel.all", f"declarationId={good}"))
    reader = PERSON["hotel.reader"]
    assert (await hotel.ask("hotel.all", f"messages/{negative}/attention/{reader}", "PUT")).status == 409
    assert (await hotel.ask("hotel.all", f"messages/{positive}/attention/{reader}", "PUT")).status == 204
    assert ids(await hotel.overview("hotel.reader", f"attentionOf={reader}")) == [positive]
    assert (
        await hotel.ask("hotel.reader", f"messages/{positive}/attention/{reader}", "DELETE")
    ).status == 204
    assert ids(await hotel.overview("hotel.reader", f"attentionOf={reader}")) == []


async def test_changing_the_channels_needs_level_400_and_refusals_are_audited(
    world: World, deployment: Endpoints, data: DemoData
) -> None:
    """Reading needs 300, changing 400; the refusal is a row, as at the e-Box itself."""
    number = data.organizations["hotel"].enterprise_number
    base = f"{deployment.api_url('notifier')}/organizations/{number}"

    async def asked(who: str, path: str, method: str, level: int) -> int:
        token = bearer(deployment, PERSON[who], "scope:dimona:ebox", level=level)
        body = {"url": "https://hooks.example.be/"} if path.endswith("webhook") and method == "PUT" else b""
        return (await asyncio.to_thread(ask, f"{base}/{path}", method, token, body)).status

    id_ = "123e4567-e89b-42d3-a456-426614174002"
    changes = [
        ("deliveryChannels/webhook", "PUT", 200), ("deliveryChannels/webhook/secrets", "POST", 201),
        ("deliveryChannels/webhook", "DELETE", 204), ("deliveryChannels/file", "PUT", 200),
        ("deliveryChannels/file", "DELETE", 204), (f"deliveries/{id_}/retries", "POST", 404),
    ]  # fmt: skip
    for path, method, status in changes:
        assert await asked("hotel.all", path, method, 350) == 401, (path, method)
        assert await asked("hotel.all", path, method, 400) == status, (path, method)
    for path in ("deliveryChannels", "deliveries"):
        assert await asked("hotel.all", path, "GET", 300) == 200
    refusals = "SELECT count(*) FROM notifier.refusals WHERE subject = $1 AND operation = $2"
    before = await world.database.value(refusals, PERSON["hotel.reader"], "channels")
    assert await asked("hotel.reader", "deliveryChannels/webhook", "PUT", 400) == 403
    assert await asked("hotel.reader", "deliveries", "GET", 400) == 403
    assert await world.database.value(refusals, PERSON["hotel.reader"], "channels") == before + 1
    assert await world.database.value(refusals, PERSON["hotel.reader"], "deliveries") >= 1


async def test_paper_is_sent_until_a_user_consents_to_digital_only(
    world: World, box: Callable[[str], Box], deployment: Endpoints
) -> None:
    """The consent is stored with user, instant and level; a document shows each way of sending."""
    hotel, jobs = box("hotel"), f"{deployment.api_url('notifier')}/printJobs"
    agent = bearer(deployment, PERSON["authority.agent"], "scope:dimona:agent")
    on_paper = "SELECT count(*) FROM notifier.print_jobs JOIN notifier.messages USING (message_id)"
    on_paper += " WHERE declaration_id = $1"
    before = await notify(world, "provider", engage(world, hotel))
    assert await world.database.value(on_paper, before) == 1
    wanted = {"isExclusivelyDigital": True}
    weak = await hotel.ask("hotel.all", "preferences", "PUT", wanted, level=350)
    assert weak.status == 401
    assert "insufficient_user_authentication" in weak.headers["www-authenticate"]
    assert (await hotel.ask("hotel.reader", "preferences", "PUT", wanted)).status == 403
    agreed = (await hotel.ask("hotel.all", "preferences", "PUT", wanted)).json()
    assert agreed["consent"]["agreedBy"] == PERSON["hotel.all"]
    assert agreed["consent"]["assuranceLevel"] == 400
    assert (await hotel.ask("hotel.reader", "preferences")).json() == agreed
    without = await notify(world, "provider", engage(world, hotel))
    assert await world.database.value(on_paper, without) == 0
    await hotel.ask("hotel.all", "preferences", "PUT", {"isExclusivelyDigital": False})
    again = await notify(world, "provider", engage(world, hotel))
    assert await world.database.value(on_paper, again) == 1
    (id_,) = ids(await hotel.overview("hotel.all", f"declarationId={before}"))
    await world.database.until(  # fifty letters are written in one tick, after all those of other tests
        "SELECT count(*) FROM notifier.print_jobs WHERE state = 'written' AND message_id::text = $1", id_,
        seconds=240,
    )  # fmt: skip
    file = Path(deployment.files) / "print" / hotel.enterprise_number / f"{id_}.html"
    assert str(before) in file.read_text()
    assert (await asyncio.to_thread(ask, f"{jobs}/{id_}/sending", "PUT", agent)).status == 204
    assert (await asyncio.to_thread(ask, f"{jobs}/{id_}/sending", "PUT", agent)).status == 404
    listed = (await asyncio.to_thread(ask, f"{jobs}?state=sent", "GET", agent)).json()
    assert id_ in {item["messageId"] for item in listed["items"]}
    nobody = bearer(deployment, PERSON["hotel.all"], "scope:dimona:agent")
    assert (await asyncio.to_thread(ask, jobs, "GET", nobody)).status == 403
