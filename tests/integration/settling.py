"""Declarations for the step that settles, and the step itself, for tests with a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from deploy.local.demo.numbers import make_enterprise_number
from services.personnel_file.settlement.handler.settle import settle_declarations
from services.personnel_file.settlement.store import SettleRequest
from shared.domain.declared import Declaration
from shared.domain.identifiers import with_check
from shared.messages import (
    ChangeAdmitted,
    Channel,
    DeclarationSettled,
    EmployerNumbers,
    IdentificationEnded,
    Outcome,
    Person,
    ReceivedDeclaration,
    Sender,
)
from shared.runtime.database import Pool, Transaction

NOW = datetime(2026, 2, 20, 9, tzinfo=UTC)
FIRST = date(2026, 3, 1)
O17 = {"workerType": "O17", "jointCommissionNumber": "XXX"}
HORECA = {"workerType": "EXT", "jointCommissionNumber": "302"}
EMPLOYERS = [make_enterprise_number(700_000 + n) for n in range(8)]
_numbers, _workers = count(3 * 10**9), count(1)


def worker() -> str:
    """Return the number of a worker that no other test uses."""
    return f"{next(_workers):011}"


def received(document: dict[str, Any], employer: str, key: str) -> ReceivedDeclaration:
    return ReceivedDeclaration(
        number=with_check(next(_numbers)),
        declared=Declaration.model_validate(document),
        sender=Sender(
            client_id="c", organization=employer, channel=Channel.QUEUE, message_id="1", message_source="s"
        ),
        received_at=NOW,
        late_after=NOW,
        employer=EmployerNumbers(enterprise_number=employer, employer_id=1),
        order_key=key,
    )


def engage(
    employer: str, ssin: str, start: date, features: dict[str, Any], end: date | None = None, **more: Any
) -> IdentificationEnded:
    block = {"startDate": str(start), "endDate": str(end or start), "features": features, **more}
    person = Person(
        ssin=ssin, family_name="P", given_name="A", birth_date="2000-01-01", gender=1, nationality=150
    )
    key = f"{employer} {ssin}"
    return IdentificationEnded(declaration=received({"dimonaIn": block}, employer, key), worker=person)


def changed(in_: IdentificationEnded, kind: str, **block: Any) -> ChangeAdmitted:
    employer, key = in_.declaration.employer, in_.declaration.order_key
    assert employer is not None
    assert key is not None
    document = {kind: {"periodId": in_.declaration.number, **block}}
    return ChangeAdmitted(declaration=received(document, employer.enterprise_number, key))


async def settle(pool: Pool, *arrived: IdentificationEnded | ChangeAdmitted) -> list[Outcome]:
    """Settle one batch in a transaction of its own; return the outcomes."""
    async with pool.acquire() as connection, connection.transaction():
        asked: list[SettleRequest] = list(arrived)
        effects = await settle_declarations(Transaction(connection, NOW), asked)
    return [effect.outcome for effect in effects if isinstance(effect, DeclarationSettled)]


def results(outcomes: Sequence[Outcome]) -> str:
    return "".join(outcome.result for outcome in outcomes)
