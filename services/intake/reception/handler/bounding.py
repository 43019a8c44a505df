"""The daily limit on the new workers that an organization names, and the count of its quick CANCELs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.intake.probing import store as probing
from services.intake.probing.rules import WorkerBound, is_quick, worker_code
from services.intake.probing.store import Naming
from services.intake.reception.handler.lookup import Submission
from services.intake.reception.store import Stored
from shared.domain.calendar import local_date
from shared.domain.declared import Kind
from shared.runtime import metrics
from shared.runtime.database import Transaction


async def beyond_the_bound(
    tx: Transaction,
    secret: bytes,
    bound: WorkerBound,
    judged: Sequence[Stored],
    submissions: Mapping[int, Submission],
) -> set[int]:
    """Count the new workers and the quick CANCELs of a batch. Return the numbers of the INs beyond the limit.

    The limit is the number of new workers that all clients of an organization may name on one day. A CANCEL
    within a day of its IN is quick.

    Args:
        tx: the transaction that receives the declarations.
        secret: the key behind the codes of the workers.
        bound: how many new workers an organization may name on one day.
        judged: the declarations. Refused ones do not count, as they reveal nothing of the register.
        submissions: by number, the submission of each declaration.
    """
    admitted = {
        kind: [one for one in judged if not one.is_refused and one.declaration.declared.kind is kind]
        for kind in (Kind.IN, Kind.CANCEL)
    }
    namings = {one.number: _naming(one, secret, bound) for one in admitted[Kind.IN]}
    canceled = []
    for one in admitted[Kind.CANCEL]:
        named = submissions[one.number].named
        if named is not None and named.engaged_at is not None and is_quick(named.engaged_at, tx.now):
            canceled.append(one.declaration.sender.organization)
    if not namings and not canceled:
        return set()
    refused = await probing.count(tx, local_date(tx.now), list(namings.values()), canceled)
    found = {number for number, naming in namings.items() if naming.key in refused}
    metrics.WORKERS_DENIED.inc(len(found))
    return found


def _naming(stored: Stored, secret: bytes, bound: WorkerBound) -> Naming:
    declaration = stored.declaration
    organization = declaration.sender.organization
    code = worker_code(secret, declaration.declared.worker, stored.ssin)
    return Naming(organization, code, declaration.order_key or "", bound.most(organization))
