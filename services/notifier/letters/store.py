"""Data of the directory about addressees: names, languages, secretariats and reply queues."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.notifier.letters.rules import EmployerKind, Party
from shared.domain.calendar import local_date
from shared.runtime.database import Transaction

_SECRETARIATS: Final = """
SELECT employer::text, secretariat::text FROM access.affiliations
WHERE employer = ANY($1::text[]) AND valid_from <= $2 AND (valid_until IS NULL OR valid_until >= $2)"""
#: The oldest client: the registration of another one must not take the notifications away from it.
_QUEUES: Final = """
SELECT DISTINCT ON (organization) organization::text, client_id FROM access.clients
WHERE queue AND organization = ANY($1::text[]) ORDER BY organization, registered_at, client_id"""
#: Looked up by key on every batch; only an employer has a kind.
_PARTIES: Final = """
SELECT enterprise_number::text AS number, name, language, provincial_or_local FROM access.organizations
WHERE enterprise_number = ANY($1::text[])"""
#: The language of letters to an enterprise that the directory does not know.
_UNKNOWN: Final = "en"


async def secretariats(tx: Transaction, employers: Iterable[str]) -> dict[str, str]:
    """Return the approved secretariat to which each employer is affiliated today, if any."""
    rows = await tx.connection.fetch(_SECRETARIATS, list(employers), local_date(tx.now))
    return {row["employer"]: row["secretariat"] for row in rows}


async def parties(tx: Transaction, numbers: Iterable[str]) -> dict[str, Party]:
    """Return each enterprise with these numbers, known to the directory or not."""
    requested = set(numbers)
    rows = await tx.connection.fetch(_PARTIES, list(requested))
    known = {
        row["number"]: Party(
            row["number"],
            row["name"],
            row["language"],
            EmployerKind.PROVINCIAL_OR_LOCAL if row["provincial_or_local"] else EmployerKind.PRIVATE,
        )
        for row in rows
    }
    unknown = requested - known.keys()
    return known | {number: Party(number, None, _UNKNOWN, EmployerKind.PRIVATE) for number in unknown}


async def queues(tx: Transaction, organizations: Iterable[str]) -> dict[str, str]:
    """Return the oldest client with a reply queue of each organization, if any."""
    rows = await tx.connection.fetch(_QUEUES, list(organizations))
    return {row["organization"]: row["client_id"] for row in rows}
