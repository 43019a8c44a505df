"""The portal of the demo and the browser of a person, for a login on a running deployment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import pyotp

from shared.runtime.database import connect
from tests.asgi import Answer
from tests.oauth import Browser, Proof, parameters_of, post

AUTHORIZE = "/REST/oauth/v5/authorize"
LEVEL = "urn:be:fedict:iam:fas:Level"


@dataclass
class Portal:
    """The portal's side of a login, and the browser of the person."""

    document: dict[str, Any]
    proof: Proof = field(default_factory=Proof)

    def __post_init__(self) -> None:
        self.client_id, self.redirect_uri, self.issuer = (
            self.document["login"][name] for name in ("client_id", "redirect_uri", "issuer")
        )
        self.browser = Browser(self.issuer)

    def asked(self, **changed: str | None) -> dict[str, str]:
        """Return the parameters of the portal's request; None leaves a parameter out."""
        said = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect_uri,
            "scope": "openid scope:dimona:ebox", "state": "where-I-was", "nonce": "n-1",
            "code_challenge": self.proof.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in (said | changed).items() if value is not None}

    def begin(self, **changed: str | None) -> Answer:
        """Send the person to log in."""
        return self.browser.get(AUTHORIZE, **self.asked(**changed))

    def password(self, name: str, **typed: str) -> Answer:
        """Enter name and password."""
        user = self.document["users"][name]
        return self.browser.submit(**({"user_name": user["user_name"], "password": user["password"]} | typed))

    def totp(self, name: str, offset: int = 0) -> Answer:
        """Enter the code of the authenticator, of now or of a neighboring step."""
        return self.browser.submit(code=self.code(name, offset))

    def code(self, name: str, offset: int = 0) -> str:
        """Return the code that the authenticator shows."""
        return pyotp.TOTP(self.document["users"][name]["totp_secret"]).at(int(time.time()) + 30 * offset)

    def redeem(self, code: str, **changed: str | None) -> Answer:
        """Redeem a code for the portal."""
        said = {
            "grant_type": "authorization_code", "client_id": self.client_id, "code": code,
            "redirect_uri": self.redirect_uri, "code_verifier": self.proof.verifier,
        }  # fmt: skip
        parameters = {name: value for name, value in (said | changed).items() if value is not None}
        return post(self.document["token_url"], parameters)

    def logged_in(self, name: str, **changed: str | None) -> dict[str, Any]:
        """Log a person in with a password and return the tokens."""
        self.begin(**changed)
        done = self.password(name)
        assert done.status == 303, done.body
        answer = self.redeem(parameters_of(done)["code"])
        assert answer.status == 200, answer.body
        tokens: dict[str, Any] = answer.json()
        return tokens


async def forget_attempts(dsn: str) -> None:
    """Let each person use the present code again, and log in from each address.

    Another test may have used the code in these 30 seconds, or guessed passwords from the same address.
    """
    owner = await connect(dsn)
    try:
        await owner.execute("UPDATE access.factor SET last_step = 0, blocked_until = NULL, attempts = 0")
        await owner.execute("DELETE FROM access.attempt")
    finally:
        await owner.close()
