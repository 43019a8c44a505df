"""Begin and end of affiliations to approved secretariats."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from services.access.fields import MandataryKind
from services.access.finding import Finding
from services.access.mandates.rules import affiliation as rules
from services.access.mandates.rules.affiliation import Span
from services.access.mandates.rules.appointing import affiliable
from services.access.mandates.store import affiliations, mandates
from services.access.problems import check
from services.access.shape import shown
from services.access.undone import undone
from shared.domain.calendar import local_date
from shared.runtime.authorization import Actor, not_found
from shared.runtime.database import Connection, Transaction

#: The properties of an affiliation that a preview has too.
_PREVIEWED: Final = ("employer", "employerName", "secretariat", "secretariatName", "validFrom")


async def list_affiliations(
    tx: Transaction, number: str, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return up to `limit` affiliations in which an organization is employer or secretariat.

    They are in the order of their ids. `after` is the id of the last affiliation on the page before; None for
    the first page.
    """
    return [shown(row) for row in await affiliations.of(tx.connection, number, after, limit)]


async def parties_of(connection: Connection, affiliation_id: UUID) -> list[str]:
    """Return the numbers of employer and secretariat. Raises ProblemError (404) for an unknown id."""
    row = await affiliations.read(connection, affiliation_id)
    if row is None:
        raise not_found()
    return [row["employer"], row["secretariat"]]


async def affiliate(
    tx: Transaction, employer: str, secretariat: str, valid_from: date | None, begin_quarter: str | None
) -> dict[str, Any]:
    """Affiliate an employer to an approved secretariat, from a day or from the first day of a quarter.

    An employer has one affiliation at a time. The affiliation of that day ends on the day before, and later
    affiliations are removed.

    Args:
        tx: Transaction that holds the locks of both organizations.
        employer: Enterprise number of the employer.
        secretariat: Enterprise number of the approved secretariat.
        valid_from: First day.
        begin_quarter: First quarter, in place of the first day.

    Raises:
        ProblemError: 400 for a wrong first day, or parties that cannot be affiliated; 404 for an unknown
            employer.
    """
    first = rules.begins(valid_from, begin_quarter, local_date(tx.now))
    if isinstance(first, list):
        check(first)
        raise AssertionError("the list of findings is not empty")
    parties = await mandates.parties(tx.connection, employer, secretariat)
    if parties is None:
        raise not_found()
    kind = MandataryKind(parties["kind"]) if parties["kind"] is not None else None
    if not affiliable(provincial_or_local=parties["provincial_or_local"], kind=kind):
        detail = "Only a private employer can be affiliated, and only to an approved secretariat"
        check([Finding("invalid_input", ("secretariat",), detail)])
    cut, undone = rules.superseded(await affiliations.spans(tx.connection, employer), first)
    affiliation_id = await affiliations.begin(tx, employer, secretariat, first, cut, undone)
    row = await affiliations.read(tx.connection, affiliation_id)
    assert row is not None
    return shown(row)


async def preview_affiliation(
    tx: Transaction, employer: str, secretariat: str, valid_from: date | None, begin_quarter: str | None
) -> dict[str, Any]:
    """Return the effect of an affiliation, and store nothing. Raise the errors of `affiliate`.

    The result has both sides with their names, the first day, `ended`: the affiliations of the employer that
    get an earlier last day, and `removed`: its planned affiliations that disappear.
    """
    before = await affiliations.of_employer(tx.connection, employer)
    async with undone(tx):
        row = await affiliate(tx, employer, secretariat, valid_from, begin_quarter)
        after = {each["id"]: each for each in await affiliations.of_employer(tx.connection, employer)}
    return {
        **{name: row[name] for name in _PREVIEWED},
        "ended": [
            shown(after[old["id"]])
            for old in before
            if old["id"] in after and after[old["id"]]["valid_until"] != old["valid_until"]
        ],
        "removed": [shown(old) for old in before if old["id"] not in after],
    }


async def end_affiliation(tx: Transaction, actor: Actor, affiliation_id: UUID, last: date) -> dict[str, Any]:
    """Set the last day of an affiliation, and return the affiliation.

    Raises:
        RefusedError: The actor may not do this. An actor without a right in either party gets 404.
        ProblemError: 404 for an unknown affiliation, 400 for a wrong day.
    """
    row = await affiliations.read(tx.connection, affiliation_id)
    if row is None:
        raise not_found()
    parties = [row["employer"], row["secretariat"]]
    actor.require(*parties, hidden=not any(actor.rights_in(number) for number in parties))
    check(rules.ends(Span(row["valid_from"], row["valid_until"]), last, local_date(tx.now)))
    await affiliations.end(tx, affiliation_id, last)
    return {**shown(row), "validUntil": last}
