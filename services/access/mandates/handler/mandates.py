"""Proposal, validation, refusal, revocation and shortening of mandates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.access.fields import MandataryKind, MandateStatus
from services.access.finding import Finding
from services.access.mandates.rules import mandates as rules
from services.access.mandates.rules.appointing import appointable
from services.access.mandates.rules.mandates import Act, Side
from services.access.mandates.store import mandates
from services.access.problems import check, conflict
from services.access.shape import shown
from services.access.undone import undone
from shared.domain.calendar import first_day, last_day, local_date, quarter, quarter_before
from shared.runtime.authorization import Actor, RefusedError, not_found
from shared.runtime.database import Connection, Transaction

Stored = Mapping[str, Any]
#: The properties of a mandate that a preview has too.
_PREVIEWED: Final = (
    "mandator", "mandatorName", "mandatary", "mandataryName", "applicationGroup", "beginQuarter",
    "endQuarter", "status",
)  # fmt: skip


async def list_mandates(
    tx: Transaction, number: str, after: UUID | None, limit: int, group: str | None
) -> list[dict[str, Any]]:
    """Return up to `limit` mandates of an organization, in the order of their ids.

    `after` is the id of the last mandate on the page before; None for the first page. `group` is a group of
    applications; None means all groups.
    """
    return [_shown(tx, dict(row)) for row in await mandates.of(tx.connection, number, after, limit, group)]


async def read_mandate(tx: Transaction, mandate_id: UUID) -> dict[str, Any]:
    """Return a mandate as the API shows it. Raises ProblemError (404) for an unknown id."""
    return _shown(tx, await _stored(tx, mandate_id))


async def parties_of(connection: Connection, mandate_id: UUID) -> list[str]:
    """Return the enterprise numbers of both sides of a mandate, and of the mandatary that it replaces.

    Raises ProblemError (404) for an unknown mandate.
    """
    row = await mandates.read(connection, mandate_id)
    if row is None:
        raise not_found()
    return await with_replaced(connection, (row["mandator"], row["mandatary"]), row["replaces"])


async def with_replaced(connection: Connection, parties: Sequence[str], replaces: UUID | None) -> list[str]:
    """Return these enterprise numbers, and the number of the mandatary in the mandate `replaces`.

    If `replaces` is None or an unknown id, no number is added.
    """
    old = await mandates.read(connection, replaces) if replaces is not None else None
    return [*parties] if old is None else [*parties, old["mandatary"]]


async def propose_mandate(tx: Transaction, actor: Actor, mandate: dict[str, Any]) -> dict[str, Any]:
    """Store a proposed mandate and return it, validated for the sides for which the actor may validate.

    Raises:
        RefusedError: The actor has no right to propose for either side.
        ProblemError: 400 for wrong quarters or parties, or an unknown mandate to replace; 409 for an
            overlapping mandate, or a mandate to replace that is not in force.
    """
    sides = _sides(actor, mandate, Act.PROPOSE)
    if not sides:
        raise RefusedError(actor.operation.text)
    current = quarter(local_date(tx.now))
    replaces = mandate["replaces"] is not None
    check(
        rules.proposed(mandate["begin_quarter"], mandate["end_quarter"], replaces=replaces, current=current)
    )
    await _check_appointable(tx, mandate)
    if replaces:
        await _replaced(tx, mandate)
    if await mandates.overlaps(tx.connection, mandate, proposals=True):
        raise conflict("These parties have a mandate for these quarters, or a proposal of one")
    mandate_id = await mandates.propose(tx, mandate, sides[0])
    if binding := _sides(actor, mandate, Act.VALIDATE):
        await _validate(tx, await _stored(tx, mandate_id), binding)
    return await read_mandate(tx, mandate_id)


async def preview_mandate(tx: Transaction, actor: Actor, mandate: dict[str, Any]) -> dict[str, Any]:
    """Return the effect of a proposed mandate, and store nothing. Raise the errors of `propose_mandate`.

    The result has both sides with their names, the quarters with their first and last day, the state after
    the proposal, and `replaced`: the mandate that ends when both sides have validated this one.
    """
    async with undone(tx):
        row = await propose_mandate(tx, actor, mandate)
    preview: dict[str, Any] = {name: row[name] for name in _PREVIEWED if name in row}
    preview["firstDay"] = first_day(row["beginQuarter"])
    if "endQuarter" in row:
        preview["lastDay"] = last_day(row["endQuarter"])
    if mandate["replaces"] is not None:
        old = await _stored(tx, mandate["replaces"])
        preview["replaced"] = {
            "mandatary": old["mandatary"],
            "mandataryName": old["mandatary_name"],
            "lastDay": first_day(row["beginQuarter"]) - timedelta(days=1),
        }
    return preview


async def act_on_mandate(
    tx: Transaction, actor: Actor, act: Act, mandate_id: UUID, end_quarter: str | None = None
) -> dict[str, Any]:
    """Validate, refuse, revoke or shorten a mandate for the sides of the actor, and return it.

    Args:
        tx: Transaction that holds the locks of both sides.
        actor: Caller.
        act: The act.
        mandate_id: Id of the mandate.
        end_quarter: New last quarter, for SHORTEN.

    Raises:
        RefusedError: The actor has no right to the act for either side.
        ProblemError: 404 for an unknown mandate; 400 for a wrong last quarter; 409 if the status of the
            mandate, another mandate or a begun first quarter does not allow the act.
    """
    row = await _stored(tx, mandate_id)
    sides = _sides(actor, row, act)
    if not sides:
        is_party = any(actor.rights_in(row[side]) for side in Side)
        raise RefusedError(actor.operation.text, hidden=not is_party)
    if MandateStatus(row["status"]) not in rules.STATUSES_ALLOWING[act]:
        raise conflict(f"The mandate is {_status(tx, row)}")
    if act is Act.VALIDATE:
        await _validate(tx, row, sides)
    elif act is Act.SHORTEN:
        await _shorten(tx, row, end_quarter or "")
    else:
        status = MandateStatus.REFUSED if act is Act.REFUSE else MandateStatus.CLOSED
        await mandates.end(tx, mandate_id, status)
    return await read_mandate(tx, mandate_id)


async def _shorten(tx: Transaction, row: Stored, end_quarter: str) -> None:
    current = quarter(local_date(tx.now))
    check(rules.shortened(row["begin_quarter"], row["end_quarter"], end_quarter, current))
    await mandates.shorten(tx, row["mandate_id"], end_quarter)


async def _check_appointable(tx: Transaction, mandate: Stored) -> None:
    """Raise ProblemError (400) if the mandator may not appoint the mandatary for the group (decision D34)."""
    parties = await mandates.parties(tx.connection, mandate["mandator"], mandate["mandatary"])
    if parties is None:
        check(
            [Finding("referenced_resource_not_found", ("mandator",), "This organization is not an employer")]
        )
        return
    kind = MandataryKind(parties["kind"]) if parties["kind"] is not None else None
    if kind is None or mandate["mandator"] == mandate["mandatary"]:
        detail = "This organization is no mandatary that may act for the mandator"
        check([Finding("referenced_resource_not_found", ("mandatary",), detail)])
    group, provincial_or_local = mandate["application_group"], parties["provincial_or_local"]
    if not appointable(provincial_or_local=provincial_or_local, kind=kind, group=group):
        detail = "Such an employer does not appoint such a mandatary for this group of applications"
        check([Finding("invalid_input", ("applicationGroup",), detail)])


async def _replaced(tx: Transaction, mandate: Stored) -> Stored:
    """Return the mandate that `mandate` replaces.

    Raises ProblemError: 400 if the mandator of `mandate` has no mandate with that id for the group of
    applications, 409 if the mandate to replace is not in force.
    """
    row = await mandates.read(tx.connection, mandate["replaces"])
    matches = row is not None and all(row[key] == mandate[key] for key in ("mandator", "application_group"))
    if row is None or not matches:
        detail = "This mandator has no such mandate for this group of applications"
        check([Finding("referenced_resource_not_found", ("replaces",), detail)])
    assert row is not None
    if row["status"] not in rules.STATUSES_ALLOWING[Act.REVOKE]:
        raise conflict("The mandate that is to be replaced is not in force")
    return dict(row)


async def _validate(tx: Transaction, row: Stored, sides: Sequence[Side]) -> None:
    """Store the validation of a mandate by these sides.

    When both sides have validated the mandate, it is in force, and the mandate that it replaces ends. Raises
    ProblemError (409) if another mandate overlaps, or if the mandate to replace can no longer be replaced.
    """
    validated = {side for side in Side if row[f"validated_by_{side}_at"] is not None} | set(sides)
    status = rules.status(validated)
    if status is MandateStatus.ACTIVE:
        if await mandates.overlaps(tx.connection, dict(row), row["mandate_id"], proposals=False):
            raise conflict("These parties have another mandate for these quarters")
        await _end_replaced(tx, row)
    await mandates.validate(tx, row["mandate_id"], sides, status)


async def _end_replaced(tx: Transaction, row: Stored) -> None:
    """End the mandate that `row` replaces, if any, with the quarter before `row` begins.

    Raises ProblemError (409) if the first quarter of `row` has begun, or if the replaced mandate is not in
    force.
    """
    if row["replaces"] is None:
        return
    if row["begin_quarter"] <= quarter(local_date(tx.now)):
        raise conflict("Its first quarter has begun: propose it from the next one on")
    old, last = await _replaced(tx, row), quarter_before(row["begin_quarter"])
    if last < old["begin_quarter"]:
        await mandates.end(tx, old["mandate_id"], MandateStatus.CLOSED)
    elif old["end_quarter"] is None or old["end_quarter"] > last:
        await mandates.shorten(tx, old["mandate_id"], last)


def _sides(actor: Actor, row: Stored, act: Act) -> list[Side]:
    """Return the sides of a mandate for which the actor may do this act."""
    return [side for side in Side if actor.rights_in(row[side]) & rules.RIGHTS_FOR[act]]


async def _stored(tx: Transaction, mandate_id: UUID) -> Stored:
    row = await mandates.read(tx.connection, mandate_id)
    if row is None:
        raise not_found()
    return dict(row)


def _status(tx: Transaction, row: Stored) -> str:
    current = quarter(local_date(tx.now))
    return rules.STATUS_NAMES[rules.shown(MandateStatus(row["status"]), row["end_quarter"], current)]


def _shown(tx: Transaction, row: Stored) -> dict[str, Any]:
    return shown({**row, "status": _status(tx, row)}, "mandate_id")
