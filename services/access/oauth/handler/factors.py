"""Check of passwords and codes; an unknown name and a wrong password take equal time."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from services.access.oauth.store import logins
from shared.runtime import metrics
from shared.runtime.api import ProblemError
from shared.runtime.database import Pool
from shared.runtime.sealing import Sealer
from shared.runtime.security_log import SecurityEvent, store_event

#: Most hashes computed at a time, because each takes 64 MiB and a core. Further hashes wait.
_AT_ONCE: Final = 4
#: Most hashes that wait. A further request gets 429 and does not count as an attempt.
_MOST_WAITING: Final = 16
#: Most passwords of one source that are checked or wait, so that one source cannot take all places.
_MOST_OF_ONE: Final = 10
_RETRY_SECONDS: Final = 5
_MOST_CHARACTERS: Final = 256
_STEP_SECONDS: Final = 30
#: The present code and its two neighbors: clocks differ, and typing takes time.
_STEPS: Final = (0, -1, 1)


@dataclass(frozen=True, slots=True)
class Source:
    """The origin of an attempt to log in.

    Attributes:
        address: Keyed hash of the network address (of IPv6: its first 64 bits).
        device: Value of the cookie of a remembered device, or empty.
    """

    address: bytes
    device: str = ""

    @classmethod
    def of(cls, key: bytes, host: str, device: str) -> Source:
        """Return the source for a host and a device.

        The address is hashed with the key, because an address can be guessed from a hash without a key.
        """
        try:
            address = ip_address(host)
        except ValueError:
            network = host
        else:
            prefix = 64 if address.version == 6 else 32
            network = str(ip_network((address, prefix), strict=False))
        return cls(hmac.digest(key, network.encode(), "sha256"), device)


class Factors:
    """A checker of the passwords and second factors of persons."""

    def __init__(self, pool: Pool, sealer: Sealer, names_key: bytes) -> None:
        self._sealer, self._names_key = sealer, names_key
        self._pool, self._hasher = pool, PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._inside: Counter[bytes] = Counter()
        self._dummy = self._hasher.hash("a password of no person")

    async def password(self, user_name: str, password: str, source: Source, now: datetime) -> str | None:
        """Return the user id for a name and a password.

        Return None for an unknown name, a wrong password, and while attempts are blocked. Raises ProblemError
        (429) if 10 passwords of this source, or 20 of all sources, are being checked or wait for their check.
        For a remembered device the second number is 36.
        """
        remembered = await logins.is_device(self._pool, source.device, now)
        origin = source.device.encode() if remembered else source.address
        most = _AT_ONCE + _MOST_WAITING + (_MOST_WAITING if remembered else 0)
        if self._inside.total() >= most or self._inside[origin] >= _MOST_OF_ONE:
            raise ProblemError(
                "tooManyRequests",
                "Too many logins at this moment. Retry after the number of seconds in Retry-After.",
                headers={"Retry-After": str(_RETRY_SECONDS)},
                retryAfterSec=_RETRY_SECONDS,
            )
        self._inside[origin] += 1
        try:
            return await self._password(user_name, password, source, now)
        finally:
            self._inside[origin] -= 1
            if not self._inside[origin]:
                del self._inside[origin]

    async def _password(self, user_name: str, password: str, source: Source, now: datetime) -> str | None:
        attempt = await logins.try_password(self._pool, _name(user_name), source.address, source.device, now)
        secret = attempt.secret if attempt is not None else self._dummy
        async with self._slots:
            matches = await asyncio.to_thread(self._matches, secret, password[:_MOST_CHARACTERS])
        right = attempt is not None and matches and len(password) <= _MOST_CHARACTERS
        subject = attempt.user_id if attempt is not None else self._pseudonym(user_name)
        await self._log("password", subject, source, right=right)
        if attempt is None or not right:
            return None
        await logins.right(self._pool, attempt.user_id, "password")
        await logins.forget_attempts(self._pool, attempt)
        return attempt.user_id

    def _matches(self, secret: str, password: str) -> bool:
        try:
            return self._hasher.verify(secret, password)
        except (Argon2Error, InvalidHashError, UnicodeError):
            return False

    async def totp(self, user_id: str, code: str, source: Source, now: datetime) -> bool:
        """Return whether a code of the person's authenticator is right and was not used before.

        Return False also while attempts with the authenticator are blocked.
        """
        attempt = await logins.try_totp(self._pool, user_id, now)
        step = None
        if attempt is not None:
            secret = self._sealer.open(attempt.secret, user_id)
            step = _step_of(secret, "".join(code.split()), now)
        right = step is not None and await logins.right(self._pool, user_id, "totp", step)
        await self._log("totp", user_id, source, right=right)
        return right

    async def _log(self, factor: logins.Kind, subject: str, source: Source, *, right: bool) -> None:
        outcome = "right" if right else "wrong"
        metrics.LOGIN_ATTEMPTS.labels(factor, outcome).inc()
        await store_event(self._pool, SecurityEvent(factor, outcome, subject, source=source.address))

    def _pseudonym(self, user_name: str) -> str:
        """Return a keyed hash to log instead of a typed name, which may be a password by mistake."""
        return f"name:{hmac.digest(self._names_key, user_name.encode(errors='replace'), 'sha256').hex()[:16]}"


def _name(user_name: str) -> str:
    """Return a typed name in lower case, or an empty text, which matches no person, for an invalid name."""
    name = user_name.strip().lower()
    return name if name.isascii() and name.isprintable() else ""


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step of a code (RFC 6238), or None for a wrong code."""
    authenticator, current = pyotp.TOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    for step in (current + off for off in _STEPS):
        expected = authenticator.generate_otp(step)
        if hmac.compare_digest(expected.encode(), code.encode(errors="replace")):
            return step
    return None
