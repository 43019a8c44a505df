"""A place in a feed whose rows carry the number of the transaction that wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

_CURSOR: Final = re.compile(r"([^_]+)_([0-9]{1,19})_([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a feed; opaque to its readers. Epochs tell a restored database from the one before.

    What makes it safe is the reader's condition: only rows of transactions below the oldest one that
    still runs, in the order of (xid, id). A later commit then never slips in behind a cursor.
    """

    epoch: str
    xid: str = "0"
    id: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError when it is none of ours."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("not a cursor")
        return cls(found[1], found[2], int(found[3]))

    def __str__(self) -> str:
        return f"{self.epoch}_{self.xid}_{self.id}"
