"""A flood of passwords: so many are checked, so many wait, the others are sent away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from services.access.oauth.handler.factors import Factors
from services.access.oauth.store import logins
from shared.runtime.api import ProblemError
from shared.runtime.database import Pool


async def test_who_would_wait_behind_too_many_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up: list[str] = []

    async def nobody(_pool: Pool, user_name: str, _now: datetime) -> None:
        looked_up.append(user_name)

    monkeypatch.setattr(logins, "try_password", nobody)
    factors = Factors(Pool)  # type: ignore[arg-type]  # nobody asks the database
    monkeypatch.setattr(factors, "_matches", lambda _secret, _password: False)

    async def flood() -> list[str | BaseException | None]:
        tries = (factors.password("somebody", "guess", datetime.now(UTC)) for _ in range(50))
        return await asyncio.gather(*tries, return_exceptions=True)

    for _ in range(2):  # after the flood there is room again
        told = [each for each in await flood() if isinstance(each, ProblemError)]
        assert len(told) == 30
        assert (told[0].body["status"], told[0].headers["Retry-After"]) == (429, "5")
    assert len(looked_up) == 40, "who is sent away has not tried"
