"""Requests for a login, and the proofs that a person still has to give (OpenID Connect, RFC 9470). Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from services.access.oauth.rules import scopes
from services.access.oauth.rules.refusal import Refusal
from shared.domain.assurance import LEVELS

PASSWORD: Final = 200  #: the level of a login with a password alone
SECOND_FACTOR: Final = 400  #: the level of a login with a password and an authenticator (ADR 12)
#: Longest time from the password to the second factor, if the client requires a new login.
_ENTERING: Final = timedelta(minutes=3)

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  #: a SHA-256 in base64 for URLs
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
_MOST_CHARACTERS: Final = 2000  #: of a state or a nonce, which the answer repeats


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A login that a client requests."""

    scopes: tuple[str, ...]
    challenge: str
    nonce: str | None
    level: int  #: lowest level that the login must have
    max_age: timedelta | None
    anew: bool  #: whether the person has to log in again, even with a session
    silent: bool  #: whether no page may be shown to the person


@dataclass(frozen=True, slots=True)
class Session:
    """A login of a person in a browser."""

    user_id: str
    level: int
    authenticated_at: datetime
    login_id: str = ""  #: does not change when a second factor raises the level; empty before it is stored


class Need(Enum):
    """The proof that a person still has to give."""

    PASSWORD = auto()
    SECOND_FACTOR = auto()
    NOTHING = auto()


def redirect_uri(parameters: Mapping[str, str], registered: Collection[str]) -> str:
    """Return the redirect address of a login request.

    Raises Refusal for an unregistered address or a too long `state`. That Refusal is shown to the person and
    not sent to the address.
    """
    uri = parameters.get("redirect_uri")
    if uri is None or uri not in registered:
        raise Refusal("invalid_request", "client_id and redirect_uri are not registered together")
    if len(parameters.get("state", "")) > _MOST_CHARACTERS:
        raise Refusal("invalid_request", "state is too long")
    return uri


def read_request(parameters: Mapping[str, str], granted: Collection[str]) -> LoginRequest:
    """Return the requested login. Raises Refusal for a missing, wrong or unsupported parameter.

    `granted` are the scopes that a login through this client may have.
    """
    if "request" in parameters or "request_uri" in parameters:
        raise Refusal("request_not_supported", "give the parameters themselves")
    if parameters.get("response_type") != "code":
        raise Refusal("unsupported_response_type", "response_type is code")
    if parameters.get("response_mode", "query") != "query":
        raise Refusal("invalid_request", "response_mode is query")
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise Refusal("invalid_request", "code_challenge is there, of the method S256 (RFC 7636)")
    nonce = parameters.get("nonce")
    if nonce is not None and not (len(nonce) <= _MOST_CHARACTERS and nonce.isascii() and nonce.isprintable()):
        raise Refusal("invalid_request", "nonce is a text of ASCII characters, and not too long")
    prompts = set(parameters.get("prompt", "").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Refusal("invalid_request", "prompt is none, or some of login, consent, select_account")
    return LoginRequest(
        scopes=scopes.for_person(parameters.get("scope"), granted),
        challenge=challenge,
        nonce=nonce,
        level=_level(parameters.get("acr_values", "")),
        max_age=_max_age(parameters.get("max_age")),
        anew=bool(prompts & {"login", "select_account"}),
        silent="none" in prompts,
    )


def _level(acr_values: str) -> int:
    """Return the lowest known level in `acr_values`, or that of a password if it names no known level.

    Raises Refusal for a level that no login here reaches.
    """
    level = min((LEVELS[name] for name in acr_values.split() if name in LEVELS), default=PASSWORD)
    if level > SECOND_FACTOR:
        raise Refusal("unmet_authentication_requirements", "no login here reaches that level")
    return level


def _max_age(value: str | None) -> timedelta | None:
    if value is None:
        return None
    if not _SECONDS.fullmatch(value):
        raise Refusal("invalid_request", "max_age is a number of seconds")
    return timedelta(seconds=int(value))


def need(request: LoginRequest, session: Session | None, now: datetime, *, entering: bool = False) -> Need:
    """Return the proof that the person still has to give.

    Args:
        request: Requested login.
        session: Session of the browser, if any.
        now: Present instant.
        entering: Whether the person is just logging in, so that a recent password counts as new.
    """
    if session is None:
        return Need.PASSWORD
    age = now - session.authenticated_at
    fresh = not request.anew and (request.max_age is None or age <= request.max_age)
    if not fresh and not (entering and age <= _ENTERING):
        return Need.PASSWORD
    return Need.NOTHING if session.level >= request.level else Need.SECOND_FACTOR


def proves(verifier: str, challenge: str) -> bool:
    """Return whether the verifier belongs to the challenge of the login (RFC 7636 §4.6)."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
