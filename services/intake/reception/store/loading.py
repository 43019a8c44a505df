"""Begin a batch: store its commands, and load all that the rules need, in one statement (decision D9)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from services.intake.reception.rules import Employer, KnownPeriod
from services.intake.reception.store import Key
from shared.domain.identifiers import DimonaNumber, EmployerId, EnterpriseNumber
from shared.runtime.database import Connection, Transaction

_BEGIN: Final = "SELECT * FROM begin_reception($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_REGISTER_LOADED: Final = "SELECT min(enterprise_number) IS NOT NULL FROM access.enterprise"


@dataclass(frozen=True, slots=True)
class Needs:
    """The numbers that the declarations of a batch name."""

    periods: Collection[int]
    days: Collection[int]  #: daily registrations
    enterprises: Collection[str]  #: enterprise numbers of employers
    employer_ids: Collection[int]
    users: Collection[str]  #: enterprise numbers of user undertakings


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """The period that a declaration names, directly or by a daily registration, and its order key."""

    period: KnownPeriod
    order_key: str
    engaged_at: datetime | None  #: reception of its IN; None for a period found by a daily registration


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier answer, and when it was given."""

    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Repeat:
    """An earlier command with the id of a new one, and the answers to the earlier command."""

    same_body: bool  #: whether it had the body of the new command
    number: int | None  #: None if the earlier command was rejected
    message_source: str
    received_at: datetime | None
    provisional: Answered | None
    final: Answered | None
    problem: tuple[UUID, str] | None  #: id and event of the problem reply to the body of the new command


@dataclass(frozen=True, slots=True)
class Loaded:
    """The stored facts that a batch needs."""

    fresh: Collection[int]  #: numbers of the commands that are new
    repeats: Mapping[int, Repeat]  #: by place in the batch
    organizations: Mapping[str, str]  #: by client; unknown clients are absent
    periods: Mapping[int, NamedPeriod]  #: by period id
    days: Mapping[int, NamedPeriod]  #: by daily registration; only admitted ones
    employers: Sequence[Employer]
    mandates: Collection[tuple[str, str]]  #: (mandatary, mandator), in force in this quarter
    by_number: Mapping[str, Employer]  #: the employers by enterprise number
    users: Mapping[str, bool]  #: whether the register of enterprises has a user; empty while it is not loaded


@dataclass(frozen=True, slots=True)
class Known:
    """A command as it is stored: its client, its key and the SHA-256 of its body."""

    client_id: str
    key: Key
    body_sha256: bytes


async def begin(
    tx: Transaction, commands: Sequence[Known], numbers: Sequence[int | None], needs: Needs
) -> Loaded:
    """Set the instant of a transaction, store the commands of a batch, and load the facts about them.

    Another transaction with an equal key waits for this one, and then finds that its command is a repeat.

    Args:
        tx: The transaction that receives the commands.
        commands: The commands.
        numbers: The Dimona number for each command if it is new; None for a key that came earlier in
            the batch. Numbers of repeats stay unused.
        needs: The numbers that the declarations name.
    """
    row = await tx.connection.fetchrow(
        _BEGIN,
        tx.begun_at,
        [command.client_id for command in commands],
        [command.key[0] for command in commands],
        [command.key[1] for command in commands],
        [command.body_sha256 for command in commands],
        numbers,
        list(needs.periods),
        list(needs.days),
        list(needs.enterprises),
        list(needs.employer_ids),
        list(needs.users),
    )
    assert row is not None, "the function returns one row"
    tx.begun_at = row["begun_at"]
    found = {name: json.loads(row[name]) if row[name] else [] for name in list(row.keys())[2:]}
    employers = [_employer(*employer) for employer in found["employers"]]
    return Loaded(
        frozenset(row["fresh"]),
        {place - 1: _repeat(*rest) for place, *rest in found["repeats"]},
        dict(found["organizations"]),
        {id_: _named(*rest) for id_, *rest in found["periods"]},
        {id_: _named(*rest) for id_, *rest in found["days"]},
        employers,
        {(mandatary, mandator) for mandatary, mandator in found["mandates"]},
        {employer.enterprise_number: employer for employer in employers},
        dict(found["users"]),
    )


async def is_register_loaded(connection: Connection) -> bool:
    """Return whether the register of enterprises has any row.

    Only a register with rows is used to check the numbers of user undertakings.
    """
    loaded: bool = await connection.fetchval(_REGISTER_LOADED)
    return loaded


def _repeat(
    same_body: bool, number: int | None, source: str | None, received_at: str | None, *answers: Any
) -> Repeat:
    s_answer, s_at, f_answer, f_at, event_id, event = answers
    return Repeat(
        same_body,
        number,
        source or "unknown",
        datetime.fromisoformat(received_at) if received_at else None,
        Answered(s_answer, datetime.fromisoformat(s_at)) if s_at else None,
        Answered(f_answer, datetime.fromisoformat(f_at)) if f_at else None,
        (UUID(event_id), event) if event_id else None,
    )


def _named(number: int, employer: str, employer_id: int, *rest: Any) -> NamedPeriod:
    refused, order_key, engaged_at = rest
    period = KnownPeriod(
        DimonaNumber(int(number)), EnterpriseNumber(employer), EmployerId(employer_id), refused
    )
    return NamedPeriod(period, order_key, datetime.fromisoformat(engaged_at) if engaged_at else None)


def _employer(
    enterprise_number: str, employer_id: int, active_from: str | None, active_until: str | None, *rest: Any
) -> Employer:
    provincial_or_local, secured_channel_only, sub_entities, registers_days = rest
    return Employer(
        EnterpriseNumber(enterprise_number),
        EmployerId(employer_id),
        date.fromisoformat(active_from) if active_from else None,
        date.fromisoformat(active_until) if active_until else None,
        provincial_or_local,
        secured_channel_only,
        None if sub_entities is None else frozenset(sub_entities),
        registers_days,
    )
