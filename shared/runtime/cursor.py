"""Cursors of feeds. Each row of a feed holds the number of the transaction that wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

_CURSOR: Final = re.compile(r"([^_]+)_([0-9]{1,19})_([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed, opaque to its readers. The epoch changes when a database is restored.

    It is safe under one condition: the feed shows only rows of transactions older than the oldest one
    that still runs, in the order of (xid, id). A later commit then never appears behind a cursor.
    """

    epoch: str
    xid: str = "0"
    id: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor. Raise ValueError for any other text."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("not a cursor")
        return cls(found[1], found[2], int(found[3]))

    def __str__(self) -> str:
        return f"{self.epoch}_{self.xid}_{self.id}"
