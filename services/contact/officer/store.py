"""SQL of the view of the officer: each schema answers through functions of its own (ADR 36)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.contact.officer.rules import BusyOrganization, BusyReader, Period
from services.contact.person.rules.looks import Look
from services.contact.person.store import PATIENCE
from shared.runtime.database import Transaction

#: The schemas with a function `looks_of_reader`.
RECORDERS: Final = ("personnel_file", "intake", "identification", "feed", "contact", "platform")
MOST: Final = 200  #: readers and organizations in one answer

_LOOKS: Final = " UNION ALL ".join(
    f"SELECT * FROM {schema}.looks_of_reader($1, $2, $3, $4)"  # noqa: S608 - our own schemas
    for schema in RECORDERS
)
_READERS: Final = "SELECT reader, day, workers, looks FROM personnel_file.busy_readers($1, $2, $3, $4)"
_ORGANIZATIONS: Final = """
SELECT organization, day, new_workers, quick_cancels, contradictions
FROM intake.busy_organizations($1, $2, $3, $4)"""


async def load_looks_of(
    tx: Transaction, reader: str, since: datetime, before: datetime, most: int
) -> list[Look]:
    """Return the looks of a reader in a period: of each record the newest, at least `most`.

    Args:
        tx: the transaction.
        reader: id of a user, a client or an institution, or the login of an operator.
        since: the first instant.
        before: the instant after the last one.
        most: the size of a page.
    """
    rows = await tx.connection.fetch(_LOOKS, reader, since, before, most, timeout=PATIENCE)
    return [
        Look(place, at, reader_, organization, operation, json.loads(subject))
        for place, at, reader_, organization, operation, subject in rows
    ]


async def load_busy_readers(tx: Transaction, period: Period, least: int) -> Sequence[BusyReader]:
    """Return the readers that saw at least so many different workers on a day, the most first."""
    rows = await tx.connection.fetch(_READERS, period.first, period.last, least, MOST, timeout=PATIENCE)
    return [BusyReader(*row) for row in rows]


async def load_busy_organizations(tx: Transaction, period: Period, least: int) -> Sequence[BusyOrganization]:
    """Return the organizations with at least so many quick CANCELs or contradictions on a day."""
    rows = await tx.connection.fetch(_ORGANIZATIONS, period.first, period.last, least, MOST, timeout=PATIENCE)
    return [BusyOrganization(*row) for row in rows]
