"""A flood of passwords: some are checked, some wait, others get 429; one source leaves room for others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.access.oauth.handler.factors import Factors, Source
from services.access.oauth.store import logins
from shared.runtime.api import ProblemError
from shared.runtime.database import Pool
from shared.runtime.sealing import Sealer

KEY = bytes(32)


async def flood(factors: Factors, sources: Sequence[str]) -> list[ProblemError]:
    """Try a password from each of these sources at once; return the refusals for lack of a place."""
    tries = (
        factors.password("somebody", "guess", Source.of(KEY, host, ""), datetime.now(UTC)) for host in sources
    )
    answers = await asyncio.gather(*tries, return_exceptions=True)
    return [answer for answer in answers if isinstance(answer, ProblemError)]


@pytest.mark.parametrize(
    ("sources", "refused"),
    [
        pytest.param([f"192.0.2.{n}" for n in range(50)], 30, id="fifty sources"),
        pytest.param(["192.0.2.1"] * 50, 40, id="one source"),
        pytest.param([f"2001:db8::{n:x}" for n in range(50)], 40, id="one network of IPv6"),
        pytest.param(["192.0.2.1"] * 40 + ["192.0.2.2"] * 5, 30, id="another source finds a place"),
    ],
)
async def test_a_flood_is_refused_before_it_is_counted(
    monkeypatch: pytest.MonkeyPatch, sources: list[str], refused: int
) -> None:
    looked_up: list[str] = []

    async def nobody(_pool: Pool, user_name: str, *_rest: object) -> None:
        looked_up.append(user_name)

    monkeypatch.setattr(logins, "try_password", nobody)
    factors = Factors(Pool, Sealer.of(KEY), KEY)  # type: ignore[arg-type]  # the database is not asked

    async def unlogged(*_event: object) -> None:
        """Write no row."""

    monkeypatch.setattr("services.access.oauth.handler.factors.store_event", unlogged)
    monkeypatch.setattr(factors, "_matches", lambda _secret, _password: False)
    for _ in range(2):  # after the flood there is room again
        problems = await flood(factors, sources)
        assert len(problems) == refused
        assert (problems[0].body["status"], problems[0].headers["Retry-After"]) == (429, "5")
    assert len(looked_up) == 2 * (len(sources) - refused), "a refused request has not tried"
