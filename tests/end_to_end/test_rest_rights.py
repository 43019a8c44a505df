"""Dimona REST v2 on the whole pipeline: rights to declare and read, audit rows and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.deployment import Endpoints
from tests.foreign.events import until
from tests.matters import plain
from tests.prove.observe import quiet
from tests.prove.world import World, cancel
from tests.rest import CONSULT, DECLARANT, UNKNOWN, Rest, call, kind_of, outcome
from tests.tokens import bearer
from tests.web import ask

pytestmark = [
    pytest.mark.stack,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.usefixtures("sound"),
]


async def test_a_refused_token_is_answered_with_its_reason(
    world: World, deployment: Endpoints, bakery: Rest
) -> None:
    """401 without a valid token, 403 without the scope; a person is no technical client."""
    document = world.engage(world.relation("bakery"))
    url = f"{bakery.url}/declarations"
    client = bakery.client_id

    def token(*scopes: str, **more: Any) -> dict[str, str]:
        return bearer(deployment, client, *scopes, level=more.pop("level", 0), **more)

    both = (DECLARANT, CONSULT)
    refused: list[tuple[Mapping[str, str], int, str]] = [
        ({}, 401, "noAccessToken"),
        ({"Authorization": "Basic Ym9i"}, 401, "noAccessToken"),
        ({"Authorization": "Bearer nonsense"}, 401, "invalidAccessToken"),
        (token(*both, exp=1_700_000_000), 401, "expiredAccessToken"),
        (token(*both, aud="urn:another"), 401, "invalidAccessToken"),
        (token("scope:dimona:contact"), 403, "missingScope"),
        (token(*both, level=400), 403, "missingPermission"),
    ]
    before = await world.database.value("SELECT count(*) FROM intake.declarations")
    for headers, status, kind in refused:
        for method, path in (("POST", url), ("GET", f"{url}/{UNKNOWN}")):
            answer = await asyncio.to_thread(call, path, method, headers, document)
            assert (answer.status, kind_of(answer)) == (status, kind), (method, kind)
            assert ("www-authenticate" in answer.headers) == (kind != "missingPermission")
    for scopes, method, path in (((CONSULT,), "POST", url), ((DECLARANT,), "GET", f"{url}/{UNKNOWN}")):
        answer = await asyncio.to_thread(call, path, method, token(*scopes), document)
        assert (answer.status, kind_of(answer)) == (403, "missingScope")
    assert await world.database.value("SELECT count(*) FROM intake.declarations") == before
    assert await bakery.ends(document) == ["A"], "nothing was wrong with it but the token"


async def test_an_unregistered_client_is_refused(world: World, deployment: Endpoints, bakery: Rest) -> None:
    """403, and audited."""
    token = bearer(deployment, "nobody", DECLARANT, CONSULT, level=0)
    document, url = world.engage(world.relation("bakery")), f"{bakery.url}/declarations"
    answer = await asyncio.to_thread(call, url, "POST", token, document)
    assert (answer.status, kind_of(answer)) == (403, "missingPermission")
    written = "SELECT count(*) FROM intake.denials WHERE client_id = 'nobody' AND reason = 'not_registered'"
    assert await world.database.value(written) == 1


def counted(deployment: Endpoints, metric: str, **labels: str) -> float:
    """Return the value of a metric of intake with these labels."""
    text = ask(f"{deployment.ops_url('intake')}/metrics").body.decode()
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith(f"{metric}{{") and all(f'{key}="{said}"' in name for key, said in labels.items()):
            return float(value)
    return 0.0


async def test_without_a_mandate_nothing_is_received(world: World, deployment: Endpoints) -> None:
    """403, no number or effect; caller, instant, employer and reason are stored (decision D4)."""
    nursery, stranger = Rest(world, "nursery"), world.relation("bakery")
    denied: Callable[[], float] = lambda: counted(  # noqa: E731
        deployment, "dimona_mandate_denials_total", reason="no_mandate"
    )
    tables = ("intake.declarations", "intake.results", "personnel_file.history")
    rows = " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608
    before, metric = await world.database.value(f"SELECT {rows}"), denied()
    answer = await nursery.post(world.engage(stranger))
    assert (answer.status, kind_of(answer)) == (403, "missingPermission")
    assert "location" not in answer.headers
    assert stranger.employer not in answer.body.decode()
    (row,) = await world.database.fetch(
        """SELECT d.*, platform.now() - d.denied_at < interval '1 minute' AS recent
        FROM intake.denials d WHERE client_id = $1 AND enterprise_number = $2
        ORDER BY seq DESC LIMIT 1""",
        nursery.client_id, stranger.employer,
    )  # fmt: skip
    assert (row["reason"], row["recent"]) == ("no_mandate", True)
    assert row["organization"] == deployment.data.client_of("nursery").organization
    assert denied() == metric + 1
    unknown = {**world.engage(stranger), "employer": {"enterpriseNumber": "0477472701"}}
    for_nobody = await nursery.post(unknown)
    assert (for_nobody.status, plain(for_nobody)) == (403, plain(answer)), "ADR 22: one answer to both"
    assert denied() == metric + 2
    assert await nursery.ends(world.engage(world.relation("nursery"))) == ["A"]
    assert await world.database.value(f"SELECT {rows}") == before + 3, "of the other alone"


async def test_a_declaration_of_another_client_is_404(world: World, bakery: Rest) -> None:
    """An unknown, an impossible and a foreign number have equal answers (client Q34)."""
    number = await bakery.declare(world.engage(world.relation("bakery")))
    await bakery.answer(number)
    stranger = Rest(world, "nursery")
    asked = (number, UNKNOWN, 1, "nothing", "%27", "00000000000000000000000000")
    answers = [await stranger.get(one) for one in asked]
    assert {answer.status for answer in answers} == {404}
    assert len({plain(answer) for answer in answers}) == 1
    assert outcome(await stranger.answer(await stranger.declare(cancel(number)))) == "B 00913-354"
    assert await bakery.ends(cancel(number)) == ["A"], "D4: that of a stranger changed nothing"


async def test_declarations_are_counted_by_channel(world: World, deployment: Endpoints, bakery: Rest) -> None:
    """Received, completed, and their duration."""
    labels = {"channel": "rest", "declaration_type": "in"}

    def figures() -> list[float]:
        return [
            counted(deployment, "dimona_declarations_received_total", **labels),
            counted(deployment, "dimona_declarations_completed_total", result="accepted", **labels),
            counted(deployment, "dimona_declaration_latency_seconds_count", channel="rest", stage="final"),
        ]

    await quiet(world)
    before = figures()
    assert await bakery.ends(world.engage(world.relation("bakery"))) == ["A"]
    # A poll may see the result before intake, which has just committed it, counts it.
    await until(lambda: figures() == [one + 1 for one in before], 30, "one more of each")


async def test_other_paths_and_methods_are_refused(bakery: Rest) -> None:
    """No trailing slash, no other method, no other path; version 1 is known, and not served."""
    base = urlsplit(bakery.url)._replace(path="").geturl()
    for method, path, status in (
        ("POST", "/REST/dimona/v2/declarations/", 404),
        ("GET", "/REST/dimona/v2/declarations", 405),
        ("GET", "/REST/dimona/v2/declarations/search", 405),
        ("GET", "/REST/dimona/v2/declarations/batches", 405),
        ("GET", "/REST/dimona/v2/periods/search", 405),
        ("GET", "/REST/dimona/v2/relations/search", 405),
        ("DELETE", f"/REST/dimona/v2/declarations/{UNKNOWN}", 405),
        ("GET", "/REST/dimona/v1/declarations/1", 501),
        ("GET", "/docs", 404),
    ):
        answer = await asyncio.to_thread(call, f"{base}{path}", method, bakery.headers)
        assert (path, answer.status) == (path, status)
        kind_of(answer)


@pytest.mark.parametrize("host", ["elsewhere.example", "[", "a b", "//", "x" * 300, "\xff"])
async def test_a_forged_host_header_does_not_fail(world: World, bakery: Rest, host: str) -> None:
    """The request is read, and the address in the answer ends with its number."""
    headers, base = {**bakery.headers, "Host": host}, f"{bakery.url}/declarations"
    answer = await asyncio.to_thread(call, f"{base}/{UNKNOWN}", "GET", headers)
    assert (answer.status, kind_of(answer)) == (404, "resourceNotFound")
    received = await asyncio.to_thread(call, base, "POST", headers, cancel(UNKNOWN))
    assert (received.status, received.body) == (201, b"")
    number = int(received.headers["location"].rpartition("/")[2])
    world["bakery"].posted.add(number)
    assert outcome(await bakery.answer(number)) == "B 00913-354"
