"""Reading and change of employers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from services.access.directory.rules import employers as rules
from services.access.directory.store import employers
from services.access.problems import check, conflict
from services.access.shape import shown
from shared.domain.calendar import local_date
from shared.messages import EmployerNumberReplaced
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Transaction
from shared.runtime.step import Effect


async def change_employer(
    tx: Transaction, actor: Actor, number: str, changes: Mapping[str, Any]
) -> tuple[dict[str, Any], Sequence[Effect]]:
    """Change fields of an employer.

    Returns:
        The employer as the API shows it, and the message to publish if its number changed.

    Raises:
        RefusedError: The actor has no right to change one of the fields.
        ProblemError: 404 for an unknown employer, 400 for wrong values, 409 for the number of another
            employer.
    """
    before = await employers.read(tx.connection, number)
    if before is None:
        raise not_found()
    if beyond := rules.beyond(actor.rights_in(number), [to_camel(name) for name in changes]):
        raise RefusedError(f"The authority decides about {', '.join(beyond)}")
    after = {**before, **changes}
    check(rules.renumbered(before["employer_id"], after["employer_id"]))
    check(rules.dates(after["active_from"], after["active_until"]))
    if await employers.taken(tx.connection, after["employer_id"], number):
        raise conflict("Another employer has this NSSO number")
    await employers.change(tx, after)
    return await read_employer(tx, number), _renumbered(tx, before["employer_id"], after)


async def read_employer(tx: Transaction, number: str) -> dict[str, Any]:
    """Return an employer as the API shows it. Raises ProblemError (404) if there is no such employer."""
    row = await employers.read(tx.connection, number)
    if row is None:
        raise not_found()
    return shown(row)


def _renumbered(tx: Transaction, before: int, employer: Mapping[str, Any]) -> Sequence[Effect]:
    """Return the message about a new definitive number (rule R43), or no message for an unchanged number.

    `before` is the earlier number of the employer.
    """
    if before == employer["employer_id"]:
        return ()
    replaced = EmployerNumberReplaced(
        enterprise_number=employer["enterprise_number"],
        provisional_id=before,
        employer_id=employer["employer_id"],
        effective_on=local_date(tx.now),
    )
    return (replaced,)
