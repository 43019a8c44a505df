"""The walk over stored secrets that seals them with the current key (ADR 43)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.runtime import metrics
from shared.runtime.database import Transaction
from shared.runtime.logs import log
from shared.runtime.sealing import SealBrokenError, Sealer
from shared.runtime.step import Effect

RESEAL_SECONDS: Final = 15.0  #: between two pages
PAGE: Final = 500  #: rows


@dataclass(frozen=True, slots=True)
class SealedTable:
    """The statements of a table with sealed texts.

    `page` returns at most $2 rows after $1 in the order of the key: `key`, `owner` and the array `secrets`.
    `store` writes the array $2 into the row $1 if the row still has the array $3.
    """

    name: str
    first: str  #: before every key
    page: str
    store: str


class Resealing:
    """The handler of a timer: one page of a table in each tick, and after the last page the first.

    A text that does not open is left as it is and counted, because its owner has to set it anew.
    """

    def __init__(self, sealer: Sealer, table: SealedTable) -> None:
        self._sealer, self._table = sealer, table
        self._after, self._former = table.first, 0

    async def __call__(self, tx: Transaction) -> Sequence[Effect]:
        """Seal the texts of the next page that a former key opens; after the last page, set the metric."""
        rows = await tx.connection.fetch(self._table.page, self._after, PAGE)
        for row in rows:
            try:
                sealed = [self._sealer.renew(text, row["owner"]) for text in row["secrets"]]
            except SealBrokenError:
                self._former += 1
                log.warning("secret_not_resealed", table=self._table.name)
                continue
            if sealed != row["secrets"]:
                self._former += 1
                await tx.connection.execute(self._table.store, row["key"], sealed, row["secrets"])
        if len(rows) == PAGE:
            self._after = rows[-1]["key"]
        else:
            metrics.SEALED_BEFORE.labels(self._table.name).set(self._former)
            self._after, self._former = self._table.first, 0
        return ()
