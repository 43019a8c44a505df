"""SQL of sessions. The table has no id and no token in clear."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict
from typing import Final

from services.portal.session.rules import IDLE, LONGEST, Session, read
from shared.runtime.database import Pool
from shared.runtime.sealing import SealBrokenError, Sealer

_ADD: Final = "INSERT INTO session (id_sha256, sealed) VALUES ($1, $2)"
_USE: Final = """
UPDATE session SET used_at = clock_timestamp()
WHERE id_sha256 = $1 AND used_at > clock_timestamp() - $2::interval
    AND began_at > clock_timestamp() - $3::interval
RETURNING sealed"""
_CHANGE: Final = "UPDATE session SET sealed = $2 WHERE id_sha256 = $1"
#: The begin stays, so that no login of a living session makes it longer.
_MOVE: Final = "UPDATE session SET id_sha256 = $2, sealed = $3 WHERE id_sha256 = $1"
_END: Final = "DELETE FROM session WHERE id_sha256 = $1"
#: A session that ended by its age is not used any more, so it is found here half an hour later.
_PURGE: Final = "DELETE FROM session WHERE used_at <= clock_timestamp() - $1::interval"
_COUNT: Final = "SELECT count(*) FROM session"


def new_id() -> str:
    """Return a new id for a cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """The sessions of all browsers, in the database of the portal."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool, self._sealer = pool, sealer

    async def add(self, id_: str, session: Session) -> None:
        """Store the session of a new login."""
        await self._pool.execute(_ADD, _digest(id_), self._sealed(id_, session))

    async def use(self, id_: str) -> Session | None:
        """Return a session and note that it is used; None if it has ended or never existed."""
        sealed = await self._pool.fetchval(_USE, _digest(id_), IDLE, LONGEST)
        if sealed is None:
            return None
        try:
            return read(json.loads(self._sealer.open(sealed, _owner(id_))))
        except SealBrokenError:  # of another key of the deployment
            return None

    async def change(self, id_: str, session: Session) -> None:
        """Replace the content of a session."""
        await self._pool.execute(_CHANGE, _digest(id_), self._sealed(id_, session))

    async def move(self, id_: str, new: str, session: Session) -> None:
        """Replace the id and the content of a session; the former id has no session then."""
        await self._pool.execute(_MOVE, _digest(id_), _digest(new), self._sealed(new, session))

    async def end(self, id_: str) -> None:
        """End a session."""
        await self._pool.execute(_END, _digest(id_))

    async def purge(self) -> int:
        """Delete the sessions that have ended by time. Return the number of the others."""
        await self._pool.execute(_PURGE, IDLE)
        left: int = await self._pool.fetchval(_COUNT)
        return left

    def _sealed(self, id_: str, session: Session) -> str:
        return self._sealer.seal(json.dumps(asdict(session)), _owner(id_))


def _digest(id_: str) -> bytes:
    return hashlib.sha256(id_.encode()).digest()


def _owner(id_: str) -> str:
    return _digest(id_).hex()
