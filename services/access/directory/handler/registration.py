"""Registration of employers: at once where the register of enterprises confirms it, otherwise pending."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from services.access.directory.handler.employers import read_employer
from services.access.directory.rules import employers as rules
from services.access.directory.store import employers, persons, register
from services.access.fields import (
    Category,
    Day,
    EmployerId,
    EnterpriseNumber,
    Flag,
    Input,
    Language,
    SubEntities,
    Text,
)
from services.access.locks import lock
from services.access.problems import conflict
from services.access.shape import shown
from shared.domain.rights import AUTHORITY, Right
from shared.messages import EnterpriseRegistered
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Record, Transaction
from shared.runtime.logs import log
from shared.runtime.operator_log import store_changes
from shared.runtime.step import Effect

#: Most pending registrations of one person, so that a stranger cannot fill the list of the agents.
MOST_PENDING: Final = 5


class Registration(Input):
    """Body of the registration of an employer. Days are inclusive; `activeUntil` is absent while active."""

    enterprise_number: EnterpriseNumber
    employer_id: EmployerId
    name: Text
    language: Language
    category: Category
    active_from: Day
    active_until: Day | None = None
    provincial_or_local: Flag = False
    secured_channel_only: Flag = False
    sub_entities: SubEntities | None = None
    daily_registration: Flag = False


async def register_employer(
    tx: Transaction, actor: Actor, body: Registration, chosen: Sequence[str]
) -> tuple[dict[str, Any], bool]:
    """Register an employer, or store the registration as pending.

    It is registered at once if the register of enterprises or the directory names the caller as its legal
    representative, or if the caller is an agent of the authority. It gets an e-Box, and the caller becomes
    its legal representative.

    Args:
        tx: Transaction that holds the lock of the organization.
        actor: Caller.
        body: The registration.
        chosen: API names of the optional fields that the caller has set.

    Returns:
        The employer and True, or the pending registration and False.

    Raises:
        RefusedError: The directory does not know the caller, or knows the organization without the caller as
            its representative; or the organization is the authority; or only the authority may set a field.
        ProblemError: 409 for an employer or a number that is registered already, or if the caller has too
            many pending registrations.
    """
    number = body.enterprise_number
    if actor.user_id is None or await persons.number_of(tx.connection, actor.user_id) is None:
        raise RefusedError("The directory does not know this person")
    if not rules.registrable(number):
        raise RefusedError("The authority itself cannot be registered")
    if await employers.read(tx.connection, number) is not None:
        raise conflict("This employer is registered already")
    rights = actor.rights_in(number)
    confirmed = (
        bool(rights & {Right.REPRESENTATIVE, Right.AGENT})
        or await register.represents(tx, number, actor.user_id)
    )  # fmt: skip
    if not confirmed and await employers.is_there(tx.connection, number):
        raise RefusedError("Only the legal representative of this organization registers it as an employer")
    if beyond := rules.beyond(rights | {Right.REPRESENTATIVE}, chosen):
        raise RefusedError(f"The authority decides about {', '.join(beyond)}")
    if not confirmed:
        return await _store_pending(tx, actor.user_id, body), False
    await _store_employer(tx, body, actor.user_id)
    await register.refuse_others(tx, number, None)
    return await read_employer(tx, number), True


async def list_registrations(tx: Transaction, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` pending registrations as the API shows them, in the order of their ids.

    `after` is the id of the last registration on the page before; None for the first page.
    """
    return [_shown(row) for row in await register.pending(tx.connection, after, limit)]


async def list_own_registrations(tx: Transaction, actor: Actor) -> list[dict[str, Any]]:
    """Return the newest registrations of a person as the API shows them, also the decided ones."""
    if actor.user_id is None:
        return []
    return [_shown(row) for row in await register.of_registrant(tx.connection, actor.user_id)]


async def read_registration(tx: Transaction, actor: Actor, registration_id: UUID) -> dict[str, Any]:
    """Return a registration as the API shows it.

    Raises RefusedError unless the actor is the registrant or an agent, ProblemError (404) for an unknown id.
    """
    row = await register.read(tx.connection, registration_id)
    if row is None:
        raise not_found()
    if row["registrant"] != actor.user_id:
        actor.require(AUTHORITY)
    return _shown(row)


async def decide_registration(
    tx: Transaction, actor: Actor, registration_id: UUID, *, accepted: bool
) -> dict[str, Any]:
    """Accept or refuse a pending registration, as an agent other than the registrant.

    Raises:
        RefusedError: The agent is the registrant.
        ProblemError: 404 for an unknown registration; 409 for a decided one, or on acceptance if the employer
            or its number is registered already.
    """
    row = await register.read(tx.connection, registration_id)
    if row is None:
        raise not_found()
    if row["registrant"] == actor.user_id:
        raise RefusedError("Another agent decides about this registration")
    await lock(tx, [row["enterprise_number"]])
    row = await register.read(tx.connection, registration_id)
    if row is None or row["status"] != "pending":
        raise conflict("This registration is decided")
    await _decide(tx, row, "accepted" if accepted else "refused", actor.user_id)
    decided = await register.read(tx.connection, registration_id)
    assert decided is not None
    return _shown(decided)


async def store_enterprises(tx: Transaction, batch: Sequence[EnterpriseRegistered]) -> Sequence[Effect]:
    """Store changes of the register of enterprises, and accept pending registrations that they confirm."""
    numbers = sorted({message.enterprise.enterprise_number for message in batch})
    await lock(tx, numbers)
    await store_changes(tx.connection, batch)
    await register.put_enterprises(
        tx.connection,
        [{**message.enterprise.model_dump(mode="json"), "sequence": message.sequence} for message in batch],
    )
    for row in await register.pending_for(tx.connection, numbers):
        if await register.represents(tx, row["enterprise_number"], row["registrant"]):
            await _confirm(tx, row)
    return ()


async def _confirm(tx: Transaction, row: Record) -> None:
    """Accept a confirmed registration. It stays pending if the employer exists or its number is taken."""
    body = Registration.model_validate_json(row["requested"])
    known = await employers.read(tx.connection, body.enterprise_number)
    if known is not None or await employers.taken(tx.connection, body.employer_id, body.enterprise_number):
        log.warning("registration_not_confirmed", registration=str(row["id"]))
        return
    await _decide(tx, row, "accepted", None)


async def _decide(tx: Transaction, row: Record, status: str, agent: UUID | None) -> None:
    await register.decide(tx, row["id"], status, agent)
    if status == "accepted":
        await _store_employer(tx, Registration.model_validate_json(row["requested"]), row["registrant"])
        await register.refuse_others(tx, row["enterprise_number"], agent)


async def _store_employer(tx: Transaction, body: Registration, representative: UUID) -> None:
    if await employers.read(tx.connection, body.enterprise_number) is not None:
        raise conflict("This employer is registered already")
    if not await employers.register(tx, body.model_dump(), representative):
        raise conflict("Another employer has this NSSO or provisional number")


async def _store_pending(tx: Transaction, registrant: UUID, body: Registration) -> dict[str, Any]:
    if await register.waiting(tx.connection, registrant) >= MOST_PENDING:
        raise conflict("You have too many registrations that wait for a decision")
    requested = body.model_dump_json(by_alias=True, exclude_none=True)
    return _shown(await register.request(tx, body.enterprise_number, registrant, requested))


def _shown(row: Record) -> dict[str, Any]:
    return {**shown(row), "requested": json.loads(row["requested"])}
