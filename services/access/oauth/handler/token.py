"""Issue of tokens for client credentials and authorization codes, and their revocation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from services.access.oauth.handler.ending import tokens_until
from services.access.oauth.handler.issue import LIFE, Signer, login_claims
from services.access.oauth.rules import scopes
from services.access.oauth.rules.assertion import TYPE, believed, claimed
from services.access.oauth.rules.authorization import proves
from services.access.oauth.rules.parameters import needed
from services.access.oauth.rules.refusal import Refusal
from services.access.oauth.store import clients, logins
from services.access.settings import AccessSettings
from shared.runtime.database import Pool
from shared.runtime.security_log import SecurityEvent, store_event

Parameters = Mapping[str, str]


class Tokens:
    """The issuer of the tokens of this deployment, which also revokes them."""

    def __init__(self, settings: AccessSettings, pool: Pool) -> None:
        self._pool, self._signer = pool, Signer(settings)
        self._audiences = (settings.token_url, *settings.assertion_audiences)

    async def for_client(self, parameters: Parameters) -> Mapping[str, Any]:
        """Return an access token for a client that has signed an assertion.

        The answer has exactly four keys, because a client counts them (client Q1). Raises Refusal for a wrong
        assertion, a blocked client, or a scope that the client may not have.
        """
        now = datetime.now(UTC)
        client_id = await self._client(parameters, now)
        await self._check_not_blocked(client_id)
        granted = await clients.scopes(self._pool, client_id, "client_credentials")
        async with self._recorded(client_id):
            allowed = scopes.for_client(parameters.get("scope"), granted)
        await store_event(self._pool, SecurityEvent("token", "issued", client_id, client_id))
        return _answer(self._signer.access_token(client_id, client_id, allowed, now), allowed)

    async def for_person(self, parameters: Parameters) -> Mapping[str, Any]:
        """Return an access token and an ID token for the authorization code of a login.

        Raises Refusal for a used or expired code, a code of another client, a blocked client, or a wrong
        `code_verifier` or `redirect_uri`.
        """
        now = datetime.now(UTC)
        signed = "client_assertion" in parameters
        client_id = await self._client(parameters, now) if signed else needed(parameters, "client_id")
        verifier, redirect_uri = needed(parameters, "code_verifier"), needed(parameters, "redirect_uri")
        code = await logins.redeem(self._pool, needed(parameters, "code"))
        async with self._recorded(client_id):
            if (
                code is None
                or code.expires_at <= now
                or (code.client_id, code.redirect_uri) != (client_id, redirect_uri)
                or not proves(verifier, code.challenge)
            ):
                raise Refusal("invalid_grant", "the code is not, or no longer, valid for this request")
        if not signed and await clients.confidential(self._pool, client_id):
            raise Refusal("invalid_client", "this client has keys: sign an assertion with one of them")
        await self._check_not_blocked(client_id)
        session = code.session
        await store_event(self._pool, SecurityEvent("token", "issued", session.user_id, client_id))
        access_token = self._signer.access_token(
            session.user_id, client_id, code.scopes, now, sid=session.login_id, **login_claims(session)
        )
        id_token = self._signer.id_token(client_id, code.nonce, session, now)
        return {**_answer(access_token, code.scopes), "id_token": id_token}

    async def revoke(self, parameters: Parameters, token: str) -> None:
        """Revoke an access token of the calling client. Ignore other clients' tokens and unreadable tokens.

        A client with keys must sign an assertion, otherwise Refusal is raised. A client without keys gives
        its client id only, because having the token proves its right.
        """
        now = datetime.now(UTC)
        if "client_assertion" in parameters:
            client_id = await self._client(parameters, now)
        else:
            client_id = needed(parameters, "client_id")
            if await clients.confidential(self._pool, client_id):
                raise Refusal("invalid_client", "this client has keys: sign an assertion with one of them")
        if (token_id := self._signer.token_id(token, client_id)) is not None:
            await logins.revoke(self._pool, token_id, tokens_until(now))
            await store_event(self._pool, SecurityEvent("revocation", "done", client_id, client_id))

    async def _check_not_blocked(self, client_id: str) -> None:
        """Raise Refusal if an operator blocks the client, and write the refusal to the security log."""
        if await clients.blocked(self._pool, client_id):
            await store_event(self._pool, SecurityEvent("token", "blocked", client_id, client_id))
            raise Refusal("invalid_client", "an operator has blocked this client")

    async def _client(self, parameters: Parameters, now: datetime) -> str:
        """Return the id of the client that signed the assertion.

        Raises Refusal if the assertion is missing or wrong, or was used before.
        """
        if needed(parameters, "client_assertion_type") != TYPE:
            raise Refusal("invalid_request", f"client_assertion_type is {TYPE}")
        signed = needed(parameters, "client_assertion")
        claim = claimed(signed)
        keys = await clients.valid_keys(self._pool, claim.client_id, now)
        async with self._recorded(claim.client_id):
            assertion = believed(signed, claim, keys, self._audiences, now)
            if parameters.get("client_id", assertion.client_id) != assertion.client_id:
                raise Refusal("invalid_client", "client_id is not the sub of the client assertion")
            if not await clients.use(self._pool, assertion):
                raise Refusal(
                    "invalid_client", "the client assertion was used before: give each a jti of its own"
                )
        return assertion.client_id

    @asynccontextmanager
    async def _recorded(self, client_id: str) -> AsyncIterator[None]:
        """Write a Refusal in the block to the security log, if a client has this id.

        A name that no client has is of the caller's making; it is only counted.
        """
        try:
            yield
        except Refusal as refusal:
            if await clients.exists(self._pool, client_id):
                await store_event(self._pool, SecurityEvent("token", refusal.code, client_id, client_id))
            raise


def _answer(access_token: str, allowed: Sequence[str]) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": LIFE,
        "scope": " ".join(allowed),
    }
