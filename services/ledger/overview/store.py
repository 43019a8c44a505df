"""SQL of `dimona status`: figures about the whole deployment. It reads no personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.ledger.rules import Promise, broken
from services.ledger.store import entries, now
from shared.runtime.database import Connection
from shared.topology import SERVICES

#: Open declarations that are examined one by one, the oldest first.
_MOST: Final = 1000
#: Each service has its own role; the name of a role is `dimona_` and the service.
_CONNECTED: Final = r"""
SELECT substr(usename, 8) AS service, count(*) AS connections
FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'dimona\_%' GROUP BY 1"""
_STATE: Final = """
SELECT NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::boolean AS writable,
    (SELECT count(*) FROM intake.open) AS open,
    (SELECT count(*) FROM identification.cases WHERE state = 'open') AS open_cases,
    (SELECT count(*) FROM identification.cases
     WHERE state = 'open' AND deadline < platform.now() - interval '1 minute') AS overdue_cases,
    feed.hidden_age() AS hidden_seconds,
    coalesce((
        SELECT max(feed.age_after(coalesce(p.xid, '0'), coalesce(p.id, 0)))
        FROM access.institution_authorizations a LEFT JOIN feed.positions p USING (institution_id)
        WHERE a.valid_from <= platform.now() AND (a.valid_to IS NULL OR a.valid_to > platform.now())
    ), 0) AS behind_seconds"""
_OLDEST_OPEN: Final = "SELECT number FROM intake.open ORDER BY received_at LIMIT $1"
_UNSENT: Final = " UNION ALL ".join(
    f"""SELECT '{service}' AS service,
    (SELECT extract(epoch FROM platform.now() - min(created_at))::float8 FROM {service}.outbox) AS oldest,
    (SELECT count(*) FROM {service}.deliveries) AS undelivered,
    (SELECT count(*) FROM {service}.set_aside) AS aside"""  # noqa: S608 - names of our own services
    for service in SERVICES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of the database at one instant; `rules.Reading` names their meanings."""

    connected: Mapping[str, int]
    writable: bool
    open: int
    late: int
    open_cases: int
    overdue_cases: int
    unsent: Mapping[str, float]
    undelivered: int
    set_aside: Mapping[str, int]
    hidden_seconds: float
    behind_seconds: float


async def load_figures(connection: Connection) -> Figures:
    """Return the figures of the database. Of the open declarations the first 1,000 are examined."""
    state = await connection.fetchrow(_STATE)
    assert state is not None
    unsent = await connection.fetch(_UNSENT)
    return Figures(
        connected={row["service"]: row["connections"] for row in await connection.fetch(_CONNECTED)},
        late=await _count_late(connection),
        unsent={row["service"]: row["oldest"] for row in unsent if row["oldest"] is not None},
        undelivered=sum(row["undelivered"] for row in unsent),
        set_aside={row["service"]: row["aside"] for row in unsent if row["aside"]},
        **dict(state),
    )


async def _count_late(connection: Connection) -> int:
    numbers: Sequence[int] = [row["number"] for row in await connection.fetch(_OLDEST_OPEN, _MOST)]
    instant = await now(connection)
    return sum(Promise.FINAL in broken(entry, instant) for entry in await entries(connection, numbers))
