"""Logout, and the time for which a revocation is stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.access.oauth.handler.issue import LIFE
from services.access.oauth.store import logins
from shared.runtime.database import Pool
from shared.runtime.security_log import SecurityEvent, store_event
from shared.runtime.tokens import LEEWAY


def tokens_until(now: datetime) -> datetime:
    """Return the instant at which every token issued until now has expired, for all services."""
    return now + timedelta(seconds=LIFE + LEEWAY + 60)


async def end_login(pool: Pool, key: str, now: datetime) -> None:
    """End the session of a browser with the cookie `key`, and revoke its codes and access tokens.

    An empty or unknown cookie has no effect.
    """
    if key:
        user_id = await logins.close_session(pool, key, tokens_until(now))
        if user_id is not None:
            await store_event(pool, SecurityEvent("logout", "done", user_id))
