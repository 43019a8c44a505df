"""Finals, waiting declarations and quota use as stored, and the locks of order keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from services.personnel_file.relation.rules import event_to_json
from services.personnel_file.relation.store import FEATURES, LOCK, Change
from services.personnel_file.settlement.rules.quota import UsageBook
from services.personnel_file.settlement.rules.quota_usage import PeriodUse, UsageTotals, period_use
from shared.domain.declaration import Span
from shared.messages import ChangeAdmitted, DeclarationDiscarded, IdentificationEnded, Result, to_json
from shared.runtime.database import Lock, Record, Transaction

SettleRequest = ChangeAdmitted | IdentificationEnded | DeclarationDiscarded
_KINDS: Final = {kind.TYPE: kind for kind in (ChangeAdmitted, IdentificationEnded, DeclarationDiscarded)}

#: First the shared lock on numbers in force: while a number is replaced, nothing is settled.
_LOCK_ORDER_KEYS: Final = f"""
SELECT pg_advisory_xact_lock_shared({Lock.NUMBERS}, 0) UNION ALL {LOCK}"""
_FINALS: Final = "SELECT declaration_id, result FROM settlements WHERE declaration_id = ANY($1::bigint[])"
_SUCCESSORS: Final = """
WITH RECURSIVE follows AS (
    SELECT w.declaration_id, w.message FROM waiting w WHERE w.previous = ANY($1::bigint[])
    UNION ALL
    SELECT w.declaration_id, w.message FROM waiting w JOIN follows f ON w.previous = f.declaration_id)
SELECT message FROM follows"""
_TAKE_SUCCESSORS: Final = """
WITH RECURSIVE follows AS (
    SELECT w.declaration_id, w.message, 1 AS place FROM waiting w WHERE w.previous = $1
    UNION ALL
    SELECT w.declaration_id, w.message, f.place + 1
    FROM waiting w JOIN follows f ON w.previous = f.declaration_id
), gone AS (DELETE FROM waiting WHERE declaration_id IN (SELECT declaration_id FROM follows))
SELECT declaration_id, message FROM follows ORDER BY place"""
_USE_OF_WORKERS: Final = """
SELECT ssin::text, features, start_date, end_date, end_hour, planned_hours, planned_days
FROM periods
WHERE ssin = ANY($1::bpchar[]) AND counted AND NOT canceled AND start_date <= $3 AND end_date >= $2"""
_USE_OF_ACCOUNTS: Final = """
SELECT quota_account, features, start_date, end_date, end_hour, planned_hours, planned_days,
       count(*) AS times
FROM periods
WHERE quota_account = ANY($1::text[]) AND NOT canceled AND start_date <= $3 AND end_date >= $2
GROUP BY quota_account, features, start_date, end_date, end_hour, planned_hours,
         planned_days"""
_SAVE_FINALS: Final = """
WITH appended AS (
    INSERT INTO history (employer, ssin, version, declaration_id, event, recorded_at)
    SELECT *, $4 FROM unnest($5::text[], $6::bpchar[], $7::int[], $8::bigint[], $9::text[]))
INSERT INTO settlements (declaration_id, result, period_id, settled_at)
SELECT *, $4 FROM unnest($1::bigint[], $2::text[], $3::bigint[])"""
_SAVE_DISCARDS: Final = """
INSERT INTO discards (declaration_id, discarded_by, discarded_at, reason)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[])"""
#: The first message of a declaration stays: its discard may wait too, or the other way round.
_SAVE_WAITING: Final = """
INSERT INTO waiting (declaration_id, previous, message, since)
SELECT *, $4 FROM unnest($1::bigint[], $2::bigint[], $3::text[]) ON CONFLICT (declaration_id) DO NOTHING"""
_DELETE_WAITING: Final = "DELETE FROM waiting WHERE declaration_id = ANY($1::bigint[])"


class DeclarationEnd(NamedTuple):
    """The end of a declaration."""

    declaration_id: int
    result: Result
    period_id: int | None


async def lock_order_keys(tx: Transaction, order_keys: Collection[str]) -> None:
    """Lock the chains under these order keys, and the numbers in force, until the commit."""
    await tx.connection.execute(_LOCK_ORDER_KEYS, [Lock.ORDER_KEYS] * len(order_keys), list(order_keys))


async def load_finals(tx: Transaction, declaration_ids: Iterable[int]) -> dict[int, str]:
    """Return the result of each of these declarations that is final."""
    rows = await tx.connection.fetch(_FINALS, list(declaration_ids))
    return {row["declaration_id"]: row["result"] for row in rows}


async def load_successors(tx: Transaction, declaration_ids: Collection[int]) -> list[SettleRequest]:
    """Return the requests that wait, directly or not, for one of these declarations.

    Raises:
        ValueError: This release cannot read one of them (pydantic's ValidationError included).
        KeyError: This release does not know the type of one of them.
    """
    rows = await tx.connection.fetch(_SUCCESSORS, list(declaration_ids))
    return [_request(row["message"]) for row in rows]


async def take_successors(tx: Transaction, declaration_id: int) -> list[tuple[int, str, str]]:
    """Delete the requests that wait, directly or not, for this one; return number, type and unread data."""
    rows = await tx.connection.fetch(_TAKE_SUCCESSORS, declaration_id)
    return [
        (row["declaration_id"], type_, data)
        for row in rows
        for type_, _, data in [row["message"].partition("\n")]
    ]


async def load_usage(
    tx: Transaction, ssins: Collection[str], accounts: Collection[str], first: date, last: date
) -> UsageBook:
    """Return the quota use of these workers and accounts between two days. They must be locked."""
    book = UsageBook()
    for row in await tx.connection.fetch(_USE_OF_WORKERS, list(ssins), first, last):
        if (use := _use(row)) is not None:
            book.workers.setdefault(row["ssin"], UsageTotals()).add(use)
    for row in await tx.connection.fetch(_USE_OF_ACCOUNTS, list(accounts), first, last) if accounts else ():
        if (use := _use(row)) is not None:
            book.accounts.setdefault(row["quota_account"], UsageTotals()).add(use, row["times"])
    return book


async def save_finals(tx: Transaction, finals: Sequence[DeclarationEnd], changes: Sequence[Change]) -> None:
    """Save the ends of declarations, and append the events of their changes to the history."""
    numbers, results, periods = (list(column) for column in zip(*finals, strict=True))
    await tx.connection.execute(
        _SAVE_FINALS,
        numbers,
        results,
        periods,
        tx.now,
        [change.key[0] for change in changes],
        [change.key[1] for change in changes],
        [change.version for change in changes],
        [change.declaration_id for change in changes],
        [event_to_json(change.event) for change in changes],
    )


async def save_discards(tx: Transaction, discards: Sequence[DeclarationDiscarded]) -> None:
    """Save for these finals which operator caused them, and the reason."""
    await tx.connection.execute(
        _SAVE_DISCARDS,
        [discard.declaration.number for discard in discards],
        [discard.discarded_by for discard in discards],
        [discard.discarded_at for discard in discards],
        [discard.reason for discard in discards],
    )


async def save_waiting(tx: Transaction, requests: Sequence[SettleRequest]) -> None:
    """Store requests that arrived before the declaration they follow is final."""
    await tx.connection.execute(
        _SAVE_WAITING,
        [request.declaration.number for request in requests],
        [request.declaration.previous for request in requests],
        [f"{request.TYPE}\n{to_json(request)}" for request in requests],
        tx.now,
    )


async def delete_waiting(tx: Transaction, declaration_ids: Collection[int]) -> None:
    """Delete requests that no longer wait."""
    await tx.connection.execute(_DELETE_WAITING, list(declaration_ids))


def _request(message: str) -> SettleRequest:
    type_, _, text = message.partition("\n")
    return _KINDS[type_].model_validate_json(text)


def _use(row: Record) -> PeriodUse | None:
    span = Span(row["start_date"], row["end_date"], None, row["end_hour"])
    return period_use(
        FEATURES.validate_json(row["features"]), span, row["planned_hours"], row["planned_days"]
    )
