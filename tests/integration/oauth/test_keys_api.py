"""An access manager registers and ends keys of the clients of the organization, effective at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey, RSAKey

from deploy.local.deployment import Endpoints
from tests.certificates import AFTER, BEFORE, self_signed
from tests.directory import Caller, make_client, managed, refusals, rows, user
from tests.oauth import assertion, grant, post

pytestmark = pytest.mark.stack

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Holder:
    """A technical client with one key, and the access manager of its organization."""

    manager: Caller
    number: str
    client_id: str
    key: RSAKey

    @property
    def path(self) -> str:
        """Return the path of the client's keys."""
        return f"/organizations/{self.number}/clients/{self.client_id}/keys"


@pytest.fixture(scope="module")
def holder(served: Endpoints) -> Holder:
    number, manager = managed(served, "bakery.representative")
    return Holder(manager, number, *make_client(manager, number))


def works(document: dict[str, Any], client_id: str, key: Any, alg: str = "RS256") -> bool:
    url = document["token_url"]
    return post(url, grant(assertion(client_id, url, key, alg))).status == 200


async def test_a_manager_replaces_a_key(holder: Holder, document: dict[str, Any], served: Endpoints) -> None:
    """By certificate (client Q11) and by JWK; at most two; an ended key stays ended, in the history."""
    manager, client_id, path, first = holder.manager, holder.client_id, holder.path, holder.key
    (there,) = manager.get(path)["items"]
    assert there["id"] == first.thumbprint()
    second, third = rsa.generate_private_key(65537, 2048), ECKey.generate_key("P-256", private=True)
    added = manager.post(path, {"certificate": self_signed(second)})
    assert added["validUntil"].startswith(f"{AFTER:%Y-%m-%dT%H:%M}")
    assert works(document, client_id, RSAKey.import_key(second))
    assert works(document, client_id, first)
    jwk = {"jwk": third.as_dict(private=False)}
    assert manager.ask("POST", path, jwk).status == 409
    assert manager.ask("DELETE", f"{path}/{first.thumbprint()}").status == 204
    assert not works(document, client_id, first)
    assert manager.ask("POST", path, {"jwk": first.as_dict(private=False)}).status == 409
    manager.post(path, jwk)
    assert works(document, client_id, third, "ES256")
    assert [("revokedAt" in item) for item in manager.get(path)["items"]] == [True, False, False]
    found = await rows(
        served,
        """SELECT type, changed_by::text, after ->> 'key_id' AS key, after ? 'jwk' AS whole
        FROM access.history WHERE type LIKE 'clientKeys.%' AND changed_by::text = $1 ORDER BY id""",
        manager.subject,
    )
    assert [row["type"].rpartition(".")[2] for row in found] == ["added", "added", "changed", "added"]
    assert found[2]["key"] == first.thumbprint()
    assert not any(row["whole"] for row in found)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, None),
        ({"certificate": "hello", "jwk": {}}, None),
        ({"certificate": "hello"}, "certificate"),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, "jwk"),
        ({"jwk": ECKey.generate_key("P-256", private=True).as_dict(private=True)}, "jwk"),
        ({"jwk": RSAKey.generate_key(2048, private=False).as_dict(private=False),
          "validUntil": "2020-01-01T00:00:00Z"}, "validUntil"),
        ({"certificate": self_signed(ec.generate_private_key(ec.SECP256R1()), BEFORE, BEFORE + HOUR)},
         "certificate"),
        ({"certificate": "x" * 20_000}, "certificate"),
    ],
    ids=["nothing", "both", "no certificate", "a secret", "private", "past", "a past certificate", "a flood"],
)  # fmt: skip
def test_an_invalid_key_is_refused_with_its_field(
    holder: Holder, body: dict[str, Any], named: str | None
) -> None:
    answer = holder.manager.ask("POST", holder.path, body)
    assert answer.status == 400
    (issue,) = answer.json()["issues"]
    assert issue.get("name") == named


async def test_a_user_without_right_is_refused_and_audited(served: Endpoints, holder: Holder) -> None:
    given = {"jwk": ECKey.generate_key("P-256", private=False).as_dict(private=False)}
    another = user(served, "bakery.principal")
    assert another.ask("POST", holder.path, given).status == 403
    assert await refusals(served, another, "addClientKey") == [[holder.number]]
    assert another.ask("DELETE", f"{holder.path}/{'a' * 43}").status == 403
    hasty = Caller(served, holder.manager.subject, 350)
    assert hasty.ask("POST", holder.path, given).status == 401, "a level too low"
    assert Caller(served, holder.client_id, 0).ask("POST", holder.path, given).status == 403, (
        "the program itself"
    )


def test_a_client_of_another_organization_is_404(served: Endpoints, holder: Holder) -> None:
    foreign, bakery = served.data.client_of("bakery"), served.data.organizations["bakery"]
    for number, status in ((holder.number, 404), (bakery.enterprise_number, 403)):
        path = f"/organizations/{number}/clients/{foreign.client_id}/keys"
        assert holder.manager.ask("GET", path).status == status
