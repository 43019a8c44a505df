"""Invalid input that once caused a 500, or was accepted against the contract."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from deploy.local.deployment import Endpoints
from shared.runtime.database import connect
from tests.directory import later, managed, number_of, registration, user
from tests.tokens import bearer
from tests.web import ask

pytestmark = pytest.mark.stack

REPRESENTATIVE = "bakery.representative"


@pytest.mark.parametrize("kty", [[], {}, None, 1, ["RSA"]])
def test_a_key_of_an_unknown_type_is_refused(served: Endpoints, kty: Any) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    client = principal.post(f"/organizations/{number}/clients", {"queue": False})["id"]
    path = f"/organizations/{number}/clients/{client}/keys"
    assert principal.ask("POST", path, {"jwk": {"kty": kty}}).status == 400


@pytest.mark.parametrize("value", [2**63, 2**64, 10**30])
def test_a_number_beyond_the_database_is_refused(served: Endpoints, value: int) -> None:
    person = served.data.users["hotel.all"]
    headers = bearer(served, person.user_id, "scope:dimona:ebox", level=400)
    number, base = served.data.number_of(person), served.api_url("notifier")
    for path in (
        f"/eboxes/{number}/events?lastSequenceNumber={value}",
        f"/eboxes/{number}/messages?declarationId={value}",
        f"/organizations/{number}/deliveries?after={value}",
    ):
        assert ask(f"{base}{path}", headers=headers).status == 400, path


def test_null_is_refused_where_the_contract_forbids_it(served: Endpoints) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    proposal = {
        "mandator": number,
        "mandatary": number_of(served, "provider"),
        "applicationGroup": "dimona",
        "beginQuarter": later(1),
    }
    bodies: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "/employers", registration(), "activeUntil"),
        ("POST", "/mandates", proposal, "endQuarter"),
        ("POST", "/mandates", proposal, "replaces"),
        ("PATCH", f"/employers/{number}", {}, "name"),
    ]
    for method, path, body, name in bodies:
        caller = user(served, REPRESENTATIVE) if path == "/employers" else principal
        answer = caller.ask(method, path, {**body, name: None})
        assert answer.status == 400, (path, name)
        assert [issue["name"] for issue in answer.json()["issues"]] == [name]
    agent = user(served, "authority.agent")
    assert agent.ask("PATCH", f"/employers/{number}", {"activeUntil": None}).status == 200


def test_a_forged_host_is_not_repeated(served: Endpoints) -> None:
    number, principal = managed(served, REPRESENTATIVE)
    for provider in ("provider", "secretariat"):
        proposed = {
            "mandator": number,
            "mandatary": number_of(served, provider),
            "applicationGroup": "dimona",
            "beginQuarter": later(1),
        }
        principal.post("/mandates", proposed)
    base = served.api_url("access")
    headers = bearer(served, principal.subject, *principal.scopes, level=400) | {"Host": "evil.example"}
    with closing(http.client.HTTPConnection(urlsplit(base).netloc, timeout=10)) as connection:
        connection.request("GET", f"/organizations/{number}/mandates?pageSize=1", headers=headers)
        page = json.loads(connection.getresponse().read())
    assert page["next"].startswith(f"{base}/organizations/{number}/mandates?")


async def test_security_definer_functions_set_their_search_path(served: Endpoints) -> None:
    owner = await connect(served.postgres_dsn)
    try:
        trusting = await owner.fetch(
            """SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
              AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%')"""
        )
    finally:
        await owner.close()
    assert trusting == []
