"""`/mandates`: proposed by one side, validated by both, refused, revoked or made shorter by either."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from services.access.api.desk import Desk, RefusedError, checked, entitled, not_found
from services.access.api.shape import MandateId, MandateQuery, Number, collection, created, shown
from services.access.fields import (
    ApplicationGroup,
    EnterpriseNumber,
    MandataryKind,
    MandateStatus,
    Quarter,
    Row,
)
from services.access.rules import mandates as rules
from services.access.rules.appointing import appointable
from services.access.rules.finding import Finding
from services.access.rules.mandates import Act, Side
from services.access.store import mandates
from services.access.store.acting import Actor
from shared.domain.calendar import local_date, quarter, quarter_before
from shared.runtime.api import ProblemError
from shared.runtime.database import Transaction
from shared.runtime.step import Effect
from shared.runtime.tokens import Caller

Stored = Mapping[str, Any]
_OPERATION: Final[Mapping[Act, str]] = {
    Act.VALIDATE: "validateMandate",
    Act.REFUSE: "refuseMandate",
    Act.REVOKE: "revokeMandate",
    Act.SHORTEN: "shortenMandate",
}


class Proposal(Row):
    """A mandate for one group of applications; quarters are inclusive, without an end where none is given."""

    mandator: EnterpriseNumber
    mandatary: EnterpriseNumber
    application_group: ApplicationGroup
    begin_quarter: Quarter
    end_quarter: Quarter | None = None
    replaces: UUID | None = None  #: the mandate of the mandatary in whose place this one comes


class LastQuarter(Row):
    """The last quarter of a mandate."""

    end_quarter: Quarter


def add(routes: APIRouter, desk: Desk) -> None:
    """The operations on mandates."""
    _add_reading(routes, desk)
    proposer, validator = desk.caller("proposeMandate"), desk.caller("validateMandate")
    refuser, revoker = desk.caller("refuseMandate"), desk.caller("revokeMandate")
    shortener = desk.caller("shortenMandate")

    @routes.post("/mandates", name="proposeMandate")
    async def propose(body: Proposal, caller: Caller = proposer) -> JSONResponse:
        async def act(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
            return await _propose(tx, actor, body.model_dump()), ()

        parties = await _with_replaced(desk, (body.mandator, body.mandatary), body.replaces)
        row = await desk.change("proposeMandate", caller, parties, act)
        return created(f"/mandates/{row['id']}", row)

    @routes.post("/mandates/{mandateId}/validations", name="validateMandate")
    async def validate(mandate_id: MandateId, caller: Caller = validator) -> dict[str, Any]:
        return await _act(desk, Act.VALIDATE, caller, mandate_id, _validate)

    @routes.post("/mandates/{mandateId}/refusals", name="refuseMandate")
    async def refuse(mandate_id: MandateId, caller: Caller = refuser) -> dict[str, Any]:
        return await _act(desk, Act.REFUSE, caller, mandate_id, _ended(MandateStatus.REFUSED))

    @routes.post("/mandates/{mandateId}/revocations", name="revokeMandate")
    async def revoke(mandate_id: MandateId, caller: Caller = revoker) -> dict[str, Any]:
        return await _act(desk, Act.REVOKE, caller, mandate_id, _ended(MandateStatus.CLOSED))

    @routes.put("/mandates/{mandateId}/endQuarter", name="shortenMandate")
    async def shorten(mandate_id: MandateId, body: LastQuarter, caller: Caller = shortener) -> dict[str, Any]:
        async def shortened(tx: Transaction, row: Stored, _sides: Sequence[Side]) -> None:
            end, current = body.end_quarter, quarter(local_date(tx.now))
            checked(rules.shortened(row["begin_quarter"], row["end_quarter"], end, current))
            await mandates.shorten(tx, row["mandate_id"], end)

        return await _act(desk, Act.SHORTEN, caller, mandate_id, shortened)


def _add_reading(routes: APIRouter, desk: Desk) -> None:
    lister, reader = desk.caller("listMandates"), desk.caller("readMandate")

    @routes.get("/organizations/{enterpriseNumber}/mandates", name="listMandates")
    async def list_mandates(
        request: Request, number: Number, page: MandateQuery, caller: Caller = lister
    ) -> dict[str, Any]:
        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("listMandates", actor, number)
            rows = await mandates.of(
                tx.connection, number, page.after, page.page_size + 1, page.application_group
            )
            return collection(request, [_shown(tx, dict(row)) for row in rows], page)

        return await desk.read("listMandates", caller, [number], look)

    @routes.get("/mandates/{mandateId}", name="readMandate")
    async def read(mandate_id: MandateId, caller: Caller = reader) -> dict[str, Any]:
        parties = await _parties(desk, mandate_id)

        async def look(tx: Transaction, actor: Actor) -> dict[str, Any]:
            entitled("readMandate", actor, *parties, hidden=True)
            return _shown(tx, await _stored(tx, mandate_id))

        return await desk.read("readMandate", caller, parties, look)


async def _propose(tx: Transaction, actor: Actor, mandate: dict[str, Any]) -> dict[str, Any]:
    """Write a proposal; the sides for which the proposer may bind have validated it with that."""
    sides = _sides(actor, mandate, Act.PROPOSE)
    if not sides:
        raise RefusedError("A mandate is proposed by one of its two sides")
    current = quarter(local_date(tx.now))
    replaces = mandate["replaces"] is not None
    checked(
        rules.proposed(mandate["begin_quarter"], mandate["end_quarter"], replaces=replaces, current=current)
    )
    await _appointable(tx, mandate)
    if replaces:
        await _replaced(tx, mandate)
    if await mandates.overlaps(tx.connection, mandate, proposals=True):
        raise ProblemError(
            "conflict", "These parties have a mandate for these quarters, or a proposal of one"
        )
    mandate_id = await mandates.propose(tx, mandate, sides[0])
    if binding := _sides(actor, mandate, Act.VALIDATE):
        await _validate(tx, await _stored(tx, mandate_id), binding)
    return _shown(tx, await _stored(tx, mandate_id))


async def _appointable(tx: Transaction, mandate: Stored) -> None:
    """Raises ProblemError where the table does not let one appoint the other for this group."""
    parties = await mandates.parties(tx.connection, mandate["mandator"], mandate["mandatary"])
    if parties is None:
        checked([Finding("referenced_resource_not_found", ("mandator",), "This is no employer")])
        return
    kind = MandataryKind(parties["kind"]) if parties["kind"] is not None else None
    if kind is None or mandate["mandator"] == mandate["mandatary"]:
        checked([Finding("referenced_resource_not_found", ("mandatary",), "This one does not act for it")])
    group, provincial_or_local = mandate["application_group"], parties["provincial_or_local"]
    if not appointable(provincial_or_local=provincial_or_local, kind=kind, group=group):
        detail = "Such an employer does not appoint such a mandatary for this group of applications"
        checked([Finding("invalid_input", ("applicationGroup",), detail)])


async def _replaced(tx: Transaction, mandate: Stored) -> Stored:
    """The mandate in whose place another comes. Raises ProblemError where it is not one that may."""
    row = await mandates.read(tx.connection, mandate["replaces"])
    same = row is not None and all(row[key] == mandate[key] for key in ("mandator", "application_group"))
    if row is None or not same:
        detail = "This mandator has no such mandate for this group of applications"
        checked([Finding("referenced_resource_not_found", ("replaces",), detail)])
    assert row is not None
    if row["status"] not in rules.IN[Act.REVOKE]:
        raise ProblemError("conflict", "The mandate that is to be replaced is not in force")
    return dict(row)


async def _validate(tx: Transaction, row: Stored, sides: Sequence[Side]) -> None:
    """These sides agree; once both do, it is in force, and what it replaces ends where it begins."""
    validated = {side for side in Side if row[f"validated_by_{side}_at"] is not None} | set(sides)
    status = rules.status(validated)
    if status is MandateStatus.ACTIVE:
        if await mandates.overlaps(tx.connection, dict(row), row["mandate_id"], proposals=False):
            raise ProblemError("conflict", "These parties have another mandate for these quarters")
        await _take_over(tx, row)
    await mandates.validate(tx, row["mandate_id"], sides, status)


async def _take_over(tx: Transaction, row: Stored) -> None:
    if row["replaces"] is None:
        return
    if row["begin_quarter"] <= quarter(local_date(tx.now)):
        raise ProblemError("conflict", "Its first quarter has begun: propose it from the next one on")
    old, last = await _replaced(tx, row), quarter_before(row["begin_quarter"])
    if last < old["begin_quarter"]:
        await mandates.end(tx, old["mandate_id"], MandateStatus.CLOSED)
    elif old["end_quarter"] is None or old["end_quarter"] > last:
        await mandates.shorten(tx, old["mandate_id"], last)


def _ended(status: MandateStatus) -> Callable[[Transaction, Stored, Sequence[Side]], Awaitable[None]]:
    async def ended(tx: Transaction, row: Stored, _sides: Sequence[Side]) -> None:
        await mandates.end(tx, row["mandate_id"], status)

    return ended


async def _act(
    desk: Desk, act: Act, caller: Caller, mandate_id: UUID,
    do: Callable[[Transaction, Stored, Sequence[Side]], Awaitable[None]],
) -> dict[str, Any]:  # fmt: skip
    """Do something with a mandate: for a side of the caller's, and where it stands so that it can be done."""

    async def done(tx: Transaction, actor: Actor) -> tuple[dict[str, Any], Sequence[Effect]]:
        row = await _stored(tx, mandate_id)
        sides = _sides(actor, row, act)
        if not sides:
            party = any(actor.rights_in(number) for number in (row["mandator"], row["mandatary"]))
            raise RefusedError("The principal access manager of either side does this", hidden=not party)
        if MandateStatus(row["status"]) not in rules.IN[act]:
            raise ProblemError("conflict", f"The mandate is {_status(tx, row)}")
        await do(tx, row, sides)
        return _shown(tx, await _stored(tx, mandate_id)), ()

    parties = await _parties(desk, mandate_id)
    return await desk.change(_OPERATION[act], caller, parties, done)


def _sides(actor: Actor, row: Stored, act: Act) -> list[Side]:
    """The sides for which an actor may do this."""
    return [side for side in Side if actor.rights_in(row[side]) & rules.MAY[act]]


async def _parties(desk: Desk, mandate_id: UUID) -> list[str]:
    """Whom a mandate concerns: its two sides, and the mandatary whom it replaces."""
    async with desk.stage.pool.acquire() as connection:
        row = await mandates.read(connection, mandate_id)
    if row is None:
        raise not_found()
    return await _with_replaced(desk, (row["mandator"], row["mandatary"]), row["replaces"])


async def _with_replaced(desk: Desk, parties: Sequence[str], replaces: UUID | None) -> list[str]:
    if replaces is None:
        return list(parties)
    async with desk.stage.pool.acquire() as connection:
        old = await mandates.read(connection, replaces)
    return [*parties] if old is None else [*parties, old["mandatary"]]


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
