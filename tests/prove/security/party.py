"""An organization for the attacks, with persons, a technical client and tokens of the issuer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from joserfc.jwk import ECKey

from deploy.local.deployment import Endpoints
from tests.asgi import Answer
from tests.directory import Caller, make_person, managed, user
from tests.oauth import assertion, grant, parameters_of, post
from tests.portal import LEVEL, Portal
from tests.tokens import bearer, of_institution

EVERY_SCOPE: Final = tuple(
    f"scope:dimona:{name}"
    for name in (
        "declaration:declarant", "declaration:consult", "access", "mandates", "ebox", "contact", "agent",
        "person",
    )
)  # fmt: skip
AGENT: Final = "authority.officer"
FEED: Final = "events"  #: the contract for institutions, which have clients of their own
_RIGHTS: Final = ("declare", "consult", "ebox", "eboxManagement", "contest")
#: A token is valid for ten minutes.
_GOOD_FOR: Final = 300.0


@dataclass(slots=True)
class Party:
    """An organization that no other test uses, and those that act for it."""

    number: str
    principal: Caller  #: principal access manager
    clerk: Caller  #: declares, reads the e-Box, and contests
    client: Caller  #: technical client
    known: dict[str, str] = field(default_factory=dict)  #: by path parameter: ids of its resources

    def callers(self, service: str) -> tuple[Caller, ...]:
        """Return the callers that have rights at a service."""
        return {
            "access": (self.principal, self.clerk, self.client),
            "contact": (self.clerk, self.client),
            "feed": (),  # institutions have clients of their own
            "files": (self.client,),
            "identification": (),  # for agents only
            "intake": (self.client,),
            "notifier": (self.clerk, self.client),
            "personnel_file": (self.client, self.clerk),
        }[service]


def found(endpoints: Endpoints, representative: str = "bakery.representative") -> Party:
    """Register a new organization with its persons and a technical client."""
    number, principal = managed(endpoints, representative)
    users = f"/organizations/{number}/users"

    def appoint(by: Caller, *rights: str) -> Caller:
        given = [{"right": right} for right in rights]
        return Caller(endpoints, by.post(users, {"person": make_person(), "rights": given})["id"])

    clerk = appoint(appoint(principal, "userManagement"), *_RIGHTS)
    client = principal.post(f"/organizations/{number}/clients", {"queue": False})["id"]
    known = {"enterpriseNumber": number, "userId": clerk.subject, "clientId": client}
    return Party(
        number, with_every_scope(principal), with_every_scope(clerk),
        with_every_scope(Caller(endpoints, client, level=0)), known,
    )  # fmt: skip


def agent(endpoints: Endpoints) -> Caller:
    """Return an agent of the authority that may work on every kind of case."""
    return with_every_scope(user(endpoints, AGENT))


def with_every_scope(caller: Caller) -> Caller:
    """Return a caller with a token for all operations: its rights alone decide."""
    return replace(caller, scopes=EVERY_SCOPE)


def institution(endpoints: Endpoints) -> Mapping[str, str]:
    """Return the header of an institution, which reads the feed."""
    return of_institution(endpoints, next(iter(endpoints.data.institutions)))


class Tokens:
    """The authorization headers of callers, renewed before their tokens expire."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[float, Mapping[str, str]]] = {}

    def of(self, caller: Caller) -> Mapping[str, str]:
        """Return the header of a caller."""
        key = caller.subject, caller.level, caller.scopes
        until, headers = self._kept.get(key, (0.0, {}))
        if time.monotonic() > until:
            headers = self.issue(caller)
            self._kept[key] = time.monotonic() + _GOOD_FOR, headers
        return headers

    def issue(self, caller: Caller) -> Mapping[str, str]:
        """Return the header with a new token, signed as the token server would sign it."""
        return bearer(caller.endpoints, caller.subject, *caller.scopes, level=caller.level)


class RealTokens(Tokens):
    """Tokens from the token server: of the technical client by its key, of the agent by a login.

    The other persons of a party never log in, and have no password.
    """

    def __init__(self, party: Party) -> None:
        super().__init__()
        self._party, self._key = party, ECKey.generate_key("P-256")
        keys = f"/organizations/{party.number}/clients/{party.client.subject}/keys"
        party.principal.post(keys, {"jwk": self._key.as_dict(private=False)})
        # One login, because a code of the authenticator can be used once.
        self._portal = Portal(party.client.endpoints.document())
        self._ask()
        self._portal.password(AGENT)
        assert self._portal.totp(AGENT).status == 303

    def _ask(self) -> Answer:
        scope = " ".join(("openid", *EVERY_SCOPE))
        return self._portal.begin(acr_values=f"{LEVEL}400", scope=scope)

    def issue(self, caller: Caller) -> Mapping[str, str]:
        """Return the header with a new token."""
        endpoints = self._party.client.endpoints
        if caller.subject == self._party.client.subject:
            document = endpoints.document()
            signed = assertion(caller.subject, document["token_url"], self._key, "ES256")
            token = _redeemed(post(document["token_url"], grant(signed)))
        elif caller.subject == user(endpoints, AGENT).subject:
            token = _redeemed(self._portal.redeem(parameters_of(self._ask())["code"]))
        else:
            return super().issue(caller)
        return {"Authorization": f"Bearer {token}"}


def _redeemed(answer: Answer) -> str:
    assert answer.status == 200, answer.body
    token: str = answer.json()["access_token"]
    return token
