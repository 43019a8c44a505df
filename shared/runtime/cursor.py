"""Cursors of feeds. Each row of a feed holds the number of the transaction that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

_CURSOR: Final = re.compile(r"([^_]+)_([0-9]{1,19})_([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed. Readers use its text unchanged. The epoch changes when a database is restored.

    A reader misses no row under one condition: the feed shows, in the order of (xid, id), only rows of
    transactions that are older than every running transaction. Rows that appear later then have a place
    after every cursor that was given out.
    """

    epoch: str
    xid: str = "0"
    id: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that was written as this text. Raise ValueError for text that is no cursor."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("not a cursor")
        return cls(found[1], found[2], int(found[3]))

    def __str__(self) -> str:
        return f"{self.epoch}_{self.xid}_{self.id}"
