"""The directory of access, and the stored periods that a declaration names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.intake.reception.rules import Employer, KnownPeriod
from shared.domain.calendar import local_date, quarter
from shared.domain.identifiers import DimonaNumber, EmployerId, EnterpriseNumber
from shared.runtime.database import Connection, Transaction

_ORGANIZATIONS: Final = "SELECT client_id, organization FROM access.clients WHERE client_id = ANY($1::text[])"
_EMPLOYERS: Final = """
SELECT enterprise_number::text, employer_id, active_from, active_until, provincial_or_local,
       secured_channel_only, sub_entities, daily_registration
FROM access.employers WHERE enterprise_number = ANY($1::text[]) OR employer_id = ANY($2::bigint[])"""
_MANDATES: Final = """
SELECT mandatary::text, mandator::text FROM access.mandates
WHERE application_group = 'dimona' AND mandatary = ANY($1::text[]) AND mandator = ANY($2::text[])
  AND begin_quarter <= $3 AND (end_quarter IS NULL OR end_quarter >= $3)"""
#: No row as long as the register of enterprises is not loaded.
_USERS: Final = """
SELECT k.number, EXISTS (SELECT FROM access.enterprise e WHERE e.enterprise_number = k.number) AS known
FROM unnest($1::text[]) AS k (number)
WHERE (SELECT min(enterprise_number) FROM access.enterprise) IS NOT NULL"""
_REGISTER_LOADED: Final = "SELECT min(enterprise_number) IS NOT NULL FROM access.enterprise"
_PERIODS: Final = """
SELECT d.number, d.employer, d.employer_id, d.order_key, d.received_at, r.result = 'B' AS refused
FROM declarations d LEFT JOIN results r ON r.number = d.number AND r.final
WHERE d.number = ANY($1::bigint[]) AND d.kind = 'in' AND d.employer IS NOT NULL"""
#: A registration has the number of the declaration that created it, and the order key of its period's IN.
_DAYS: Final = """
SELECT d.number, d.employer, d.employer_id, d.order_key,
    d.declared::jsonb #> '{dimonaDailyRegistration,periodId}' AS period
FROM declarations d
WHERE d.number = ANY($1::bigint[]) AND d.kind = 'daily' AND d.order_key IS NOT NULL
  AND d.declared::jsonb #> '{dimonaDailyRegistration,periodId}' IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """The period that a declaration names, directly or by a daily registration, and its order key."""

    period: KnownPeriod
    order_key: str
    engaged_at: datetime | None  #: reception of its IN; None for a period found by a daily registration


async def load_organizations(tx: Transaction, clients: Iterable[str]) -> dict[str, str]:
    """Return the organization of each technical client; unknown clients are absent."""
    rows = await tx.connection.fetch(_ORGANIZATIONS, list(clients))
    return {row["client_id"]: row["organization"] for row in rows}


async def load_employers(
    tx: Transaction, enterprise_numbers: Iterable[str | None], employer_ids: Iterable[int | None]
) -> list[Employer]:
    """Return the employers of the directory with any of these numbers."""
    rows = await tx.connection.fetch(_EMPLOYERS, list(enterprise_numbers), list(employer_ids))
    return [
        Employer(
            EnterpriseNumber(row["enterprise_number"]), EmployerId(row["employer_id"]),
            row["active_from"], row["active_until"], row["provincial_or_local"], row["secured_channel_only"],
            None if row["sub_entities"] is None else frozenset(row["sub_entities"]),
            row["daily_registration"],
        )
        for row in rows
    ]  # fmt: skip


async def load_mandates(
    tx: Transaction, mandataries: Iterable[str], mandators: Iterable[str]
) -> set[tuple[str, str]]:
    """Return the pairs (mandatary, mandator) with a mandate in force in this quarter (decision D9)."""
    now = quarter(local_date(tx.now))
    rows = await tx.connection.fetch(_MANDATES, list(mandataries), list(mandators), now)
    return {(row["mandatary"], row["mandator"]) for row in rows}


async def load_users(tx: Transaction, enterprise_numbers: Iterable[str]) -> dict[str, bool]:
    """Return whether the register of enterprises has each number; nothing while it is not loaded."""
    rows = await tx.connection.fetch(_USERS, list(enterprise_numbers))
    return {row["number"]: row["known"] for row in rows}


async def is_register_loaded(connection: Connection) -> bool:
    """Return whether the register of enterprises has any row, so that users are looked up in it."""
    loaded: bool = await connection.fetchval(_REGISTER_LOADED)
    return loaded


async def load_periods(tx: Transaction, numbers: Iterable[int | None]) -> dict[int, NamedPeriod]:
    """Return the INs with these period numbers: their employer, and whether they were refused."""
    rows = await tx.connection.fetch(_PERIODS, list(numbers))
    return {
        row["number"]: NamedPeriod(
            KnownPeriod(
                DimonaNumber(row["number"]), EnterpriseNumber(row["employer"]),
                EmployerId(row["employer_id"]), bool(row["refused"]),
            ),
            row["order_key"] or "",
            row["received_at"],
        )
        for row in rows
    }  # fmt: skip


async def load_days(tx: Transaction, numbers: Iterable[int | None]) -> dict[int, NamedPeriod]:
    """Return the periods of these daily registrations, by registration; only admitted ones."""
    return {
        row["number"]: NamedPeriod(
            KnownPeriod(
                DimonaNumber(int(row["period"])),
                EnterpriseNumber(row["employer"]),
                EmployerId(row["employer_id"]),
                refused=False,
            ),
            row["order_key"],
            None,
        )
        for row in await tx.connection.fetch(_DAYS, list(numbers))
    }
