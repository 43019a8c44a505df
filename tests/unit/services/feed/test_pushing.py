"""The length of the pieces in which an institution gets its events."""

from __future__ import annotations

from services.feed.disclosure.rules import Way
from services.feed.pushing.handler import MOST, Pushing


class Slow(Pushing):
    """Pushing to an institution with pieces of more than 40 rows that take too long."""

    def __init__(self) -> None:
        super().__init__(None, str, 60)  # type: ignore[arg-type] # nothing is read or written
        self.asked: list[int] = []

    async def _push(self, institution: str, most: int) -> bool:  # noqa: ARG002 - as in the class
        self.asked.append(most)
        if most > 40:
            raise TimeoutError
        return len(self.asked) < 6


async def test_a_piece_that_takes_too_long_is_halved_until_nothing_more_is_ready() -> None:
    """For this institution only; the next pieces are whole again."""
    pushing, whole = Slow(), MOST[Way.PUSH]
    while await pushing.attempt(Way.PUSH, "slow"):
        pass
    assert pushing.asked == [whole, whole // 2, whole // 4, whole // 8, whole // 8, whole // 8]
    for institution in ("slow", "other"):
        await pushing.attempt(Way.PUSH, institution)
        assert pushing.asked[-1] == whole
