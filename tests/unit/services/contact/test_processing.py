"""The register of processing over HTTP follows the contract."""

from __future__ import annotations

from shared.runtime.processing import load_register
from tests.asgi import call
from tests.contracts.answers import faults
from tests.contracts.openapi import faces

CONTACT = faces()["contact"]


async def test_the_register_is_answered_without_a_token_as_its_contract_says() -> None:
    answer = await call(CONTACT, "GET", "/processing")
    assert answer.status == 200
    assert faults("contact", "GET", "/processing", answer) == []
    named = {(each["schema"], each["table"]) for each in answer.json()["tables"]}
    assert named == {(table.schema, table.name) for table in load_register()}


async def test_a_client_with_this_version_gets_no_body() -> None:
    tag = (await call(CONTACT, "GET", "/processing")).headers["etag"]
    answer = await call(CONTACT, "GET", "/processing", headers={"If-None-Match": tag})
    assert (answer.status, answer.body) == (304, b"")
    other = await call(CONTACT, "GET", "/processing", headers={"If-None-Match": '"0"'})
    assert other.status == 200
