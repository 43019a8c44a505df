"""Logout and the revocation of a token are effective at once in every service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from deploy.local.deployment import Endpoints
from services.access.oauth.api.ending import LOGOUT, REVOKE
from shared.runtime.database import connect
from tests.asgi import Answer
from tests.oauth import parameters_of, post
from tests.portal import Portal
from tests.web import ask

pytestmark = pytest.mark.stack

NAME = "hotel.all"


def labels(served: Endpoints, token: str) -> Answer:
    """Ask the notifier for the labels of an e-Box."""
    number = served.data.number_of(served.data.users[NAME])
    headers = {"Authorization": f"Bearer {token}"}
    return ask(f"{served.api_url('notifier')}/eboxes/{number}/labels", headers=headers)


def logged_in(portal: Portal) -> str:
    """Log in with a second factor; return the access token."""
    portal.begin(acr_values="urn:be:fedict:iam:fas:Level400")
    assert portal.password(NAME).status == 200
    done = portal.totp(NAME, 1)
    if done.status != 303:  # this time step was used by another test
        done = portal.totp(NAME, 0)
    assert done.status == 303
    token: str = portal.redeem(parameters_of(done)["code"]).json()["access_token"]
    return token


async def test_a_logout_ends_session_codes_and_tokens(portal: Portal, served: Endpoints) -> None:
    token = logged_in(portal)
    assert labels(served, token).status == 200
    portal.begin()
    unused = parameters_of(portal.begin())["code"]
    query = {"client_id": portal.client_id, "post_logout_redirect_uri": portal.redirect_uri, "state": "bye"}
    ended = portal.browser.get(LOGOUT, **query)
    assert (ended.status, ended.headers["location"]) == (303, f"{portal.redirect_uri}?state=bye")
    assert portal.redeem(unused).status == 400
    assert labels(served, token).status == 401
    assert portal.begin(prompt="none").headers["location"].count("login_required") == 1


def test_a_logout_redirects_to_registered_addresses_only(portal: Portal) -> None:
    """A browser without a login gets a page."""
    ended = portal.browser.get(
        LOGOUT, client_id=portal.client_id, post_logout_redirect_uri="https://evil.example/"
    )
    assert ended.status == 200
    assert "location" not in ended.headers


async def test_a_client_revokes_its_own_token_only(
    portal: Portal, another: Callable[[], Portal], served: Endpoints
) -> None:
    token = logged_in(another())
    url = f"{portal.issuer}{REVOKE}"
    assert post(url, {"token": token, "client_id": "another"}).status == 200
    assert post(url, {"token": "no token", "client_id": portal.client_id}).status == 200
    assert labels(served, token).status == 200
    assert post(url, {"token": token, "client_id": portal.client_id}).status == 200
    assert labels(served, token).status == 401


IN_CLEAR = "SELECT count(*) FROM access.factor WHERE kind = 'totp' AND secret NOT LIKE 'v1.%'"


async def test_secrets_of_authenticators_are_sealed(served: Endpoints) -> None:
    """A timer seals secrets that the directory file or a command stored in clear."""
    owner = await connect(served.postgres_dsn)
    try:
        for _ in range(100):
            if not await owner.fetchval(IN_CLEAR):
                break
            await asyncio.sleep(0.2)
        assert not await owner.fetchval(IN_CLEAR)
        assert await owner.fetchval("SELECT count(*) FROM access.factor WHERE kind = 'totp'")
    finally:
        await owner.close()
