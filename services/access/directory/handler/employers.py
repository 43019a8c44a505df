"""Registration and change of employers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from services.access.directory.rules import employers as rules
from services.access.directory.store import employers, persons
from services.access.problems import check, conflict
from services.access.shape import shown
from shared.domain.calendar import local_date
from shared.domain.rights import Right
from shared.messages import EmployerNumberReplaced
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Transaction
from shared.runtime.step import Effect


async def register_employer(
    tx: Transaction, actor: Actor, employer: Mapping[str, Any], chosen: Sequence[str]
) -> dict[str, Any]:
    """Register an employer, with its e-Box and the caller as its legal representative.

    Args:
        tx: Transaction that holds the lock of the organization.
        actor: Caller.
        employer: Columns of the employer.
        chosen: Optional fields of the request, by their name in the API.

    Raises:
        RefusedError: The organization is known and the caller does not represent it, or the caller chose
            a field about which the authority decides.
        ProblemError: 409 for an employer or a number that is registered already.
    """
    number = employer["enterprise_number"]
    if actor.user_id is None or await persons.with_id(tx.connection, actor.user_id) is None:
        raise RefusedError("The directory does not know this person")
    if not rules.registrable(number):
        raise RefusedError("The authority itself cannot be registered")
    if await employers.read(tx.connection, number) is not None:
        raise conflict("This employer is registered already")
    rights = actor.rights_in(number)
    if await employers.is_there(tx.connection, number) and Right.REPRESENTATIVE not in rights:
        raise RefusedError("Only the legal representative of this organization registers it as an employer")
    if beyond := rules.beyond(rights | {Right.REPRESENTATIVE}, chosen):
        raise RefusedError(f"The authority decides about {', '.join(beyond)}")
    if not await employers.register(tx, employer, actor.user_id):
        raise conflict("Another employer has this NSSO or provisional number")
    return await read_employer(tx, number)


async def change_employer(
    tx: Transaction, actor: Actor, number: str, changes: Mapping[str, Any]
) -> tuple[dict[str, Any], Sequence[Effect]]:
    """Change columns of an employer, and announce a definitive number that replaces a provisional one."""
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
    """Return an employer as the API shows it. Raises ProblemError (404)."""
    row = await employers.read(tx.connection, number)
    if row is None:
        raise not_found()
    return shown(row)


def _renumbered(tx: Transaction, before: int, employer: Mapping[str, Any]) -> Sequence[Effect]:
    """Return the message to the personnel file about a definitive number (rule R43)."""
    if before == employer["employer_id"]:
        return ()
    replaced = EmployerNumberReplaced(
        enterprise_number=employer["enterprise_number"],
        provisional_id=before,
        employer_id=employer["employer_id"],
        effective_on=local_date(tx.now),
    )
    return (replaced,)
